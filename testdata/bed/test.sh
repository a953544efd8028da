#!/bin/bash
# Runs every test: those that need nothing under the race detector, while a bed comes up beside them; then, against
# that bed, the tests named TestBed..., which find it by APIMCTL_BED. The bed is one of its own (BED=1 unless set),
# bare at the start, and gone at the end. No engine: says so and runs the rest; with CI=true that is a failure.
BED=${BED:-1}
. "$(dirname "$0")/lib.sh"
log=.cache/up$BED.log
mkdir -p .cache
status=0

finish() {
	[ -z "${up:-}" ] || { kill -0 "$up" 2>/dev/null && kill "$up"; wait "$up" 2>/dev/null || true; }
	[ -z "${engine:-}" ] || testdata/bed/down.sh || status=1
	exit $status
}
trap finish EXIT
trap 'status=130; exit' INT TERM

testdata/standin/build.sh .cache/dist
if docker info >/dev/null 2>&1; then
	engine=yes
	testdata/bed/down.sh
	testdata/bed/up.sh >"$log" 2>&1 &
	up=$!
elif [ "${CI:-}" = true ]; then
	say "no Docker engine answers, and CI=true wants the tests in containers: starting one is CI's part"
	status=1
else
	say "no Docker engine answers: the tests in containers are left out; the others run"
fi

go test -race -skip '^TestBed' ./... || status=1

if [ -n "${engine:-}" ]; then
	mapfile -t packages < <(grep -rl --include='*_test.go' --exclude-dir=.cache '^func TestBed' . | xargs -r -n 1 dirname | sort -u)
	if wait "$up"; then
		up=
		tail -n 3 "$log"
		if [ ${#packages[@]} = 0 ]; then
			say "no test is named TestBed..."
		else
			APIMCTL_BED=$BED_DIR go test -count=1 -p 1 -timeout 20m -v -run '^TestBed' "${packages[@]}" || status=1
		fi
	else
		up=
		status=1
		say "the bed did not come up:"
		cat "$log" >&2
	fi
fi
