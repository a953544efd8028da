#!/bin/bash
# Runs every test: those that need nothing under the race detector; beside them, on beds of their own, the tests named TestBed...,
# which find theirs by APIMCTL_BED. Three beds stand side by side, bare at the start and gone at the end; what they do is mostly waiting.
# No engine: says so and runs the rest; with CI=true that is a failure.
. "$(dirname "$0")/lib.sh"
mkdir -p .cache
status=0
declare -A beds=([1]='^TestBed$' [2]='^TestBedTroubles$' [3]='^TestBed(Certificates|RotatesCA)$') # what runs where
declare -A jobs=()

finish() {
	for bed in "${!beds[@]}"; do
		[ -z "${jobs[$bed]:-}" ] || kill "${jobs[$bed]}" 2>/dev/null
		[ -z "${engine:-}" ] || (unset BED_NET && BED=$bed testdata/bed/down.sh) >/dev/null 2>&1 || status=1
	done
	exit $status
}
trap finish EXIT
trap 'status=130; exit' INT TERM

# on_bed BED PATTERN brings a bed up and runs the tests on it. Everything is printed by the caller, when it has ended.
on_bed() {
	export BED=$1
	unset BED_NET # each has its own
	testdata/bed/down.sh && testdata/bed/up.sh || return
	cd cmd/apimctl && APIMCTL_BED=$PWD/../../.cache/bed$BED ../../.cache/apimctl.test -test.v -test.count=1 -test.timeout 40m -test.run "$2"
}

testdata/standin/build.sh .cache/dist
if docker info >/dev/null 2>&1; then
	engine=yes
	testdata/bed/images.sh || exit
	go test -c -o .cache/apimctl.test ./cmd/apimctl || exit
	for bed in "${!beds[@]}"; do
		on_bed "$bed" "${beds[$bed]}" >".cache/test$bed.log" 2>&1 &
		jobs[$bed]=$!
	done
elif [ "${CI:-}" = true ]; then
	say "no Docker engine answers, and CI=true wants the tests in containers: starting one is CI's part"
	status=1
else
	say "no Docker engine answers: the tests in containers are left out; the others run"
fi

go test -race -timeout 20m -skip '^TestBed' ./... || status=1

for bed in "${!jobs[@]}"; do
	wait "${jobs[$bed]}" || status=1
	jobs[$bed]=
	say "on bed $bed:"
	grep -vE '^(=== |Creating|Removing|Stopping)' ".cache/test$bed.log" | tail -c 20000
done
