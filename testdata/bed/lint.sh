#!/bin/bash
# Every linter, all of their findings, and a status that tells whether there were any.
cd "$(dirname "$0")/../.." || exit
status=0
fail() { status=1; echo "lint: $*" >&2; }

go vet ./... || fail "go vet found something"
go tool staticcheck ./... || fail "staticcheck found something"
unformatted=$(git ls-files -co --exclude-standard '*.go' | xargs -r ls -d 2>/dev/null | xargs -r go tool gofumpt -l) ||
	fail "gofumpt: $unformatted"
[ -z "$unformatted" ] || fail "not formatted (go tool gofumpt -w FILES): $unformatted"

# Vulnerability data live on the network, and only the finding of one is a failure.
said=$(go tool govulncheck ./... 2>&1) || case $said in
	*"Your code is affected by"*) fail "$said" ;;
	*) echo "lint: govulncheck could not run, so known vulnerabilities were not looked for: $(tail -n 1 <<<"$said")" >&2 ;;
esac
exit $status
