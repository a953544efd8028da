#!/bin/bash
# Runs every test: those that need nothing under the race detector, while those of nginx run once more in a container that has one, and three beds
# come up beside them; then, on those beds side by side, the tests named TestBed..., which find theirs by APIMCTL_BED. What these do is mostly
# waiting. A bed of many nodes takes all of the machine that there is, so it comes up and is tested once they are done. Beds are bare at the start
# and gone at the end.
# No engine: says so and runs the rest; with CI=true that is a failure.
. "$(dirname "$0")/lib.sh"
mkdir -p .cache
status=0
declare -A beds=( # what runs where: about as long on each
	[1]='^TestBed(Canary|Certificates|Hardening|)$'
	[2]='^TestBed(Cipher|Databases|RotatesUnderLoad|Troubles)$'
	[3]='^TestBed(Interrupted|Load)$'
	[4]='^TestBedMany$'
)
beside=(1 2 3) last=4
declare -A kind=([4]=many) # of bed, where up.sh makes several
declare -A jobs=()

finish() {
	local code=$?
	[ $code = 0 ] || status=$code
	for bed in nginx "${!beds[@]}"; do
		[ -z "${jobs[$bed]:-}" ] || kill "${jobs[$bed]}" 2>/dev/null
	done
	for bed in "${!beds[@]}"; do
		[ -z "${engine:-}" ] || (unset BED_NET && BED=$bed testdata/bed/down.sh) >/dev/null 2>&1 || status=1
	done
	exit $status
}
trap finish EXIT
trap 'status=130; exit' INT TERM

# raise BED... brings beds up, one after another: side by side they take longer, beside the race detector.
raise() {
	local bed
	unset BED_NET # each has its own
	for bed; do
		export BED=$bed
		if ! { testdata/bed/down.sh && testdata/bed/up.sh "${kind[$bed]:-}"; } >".cache/test$bed.log" 2>&1; then
			say "does not come up:"
			tail -c 5000 ".cache/test$bed.log" >&2
			return 1
		fi
	done
}

# tested BED runs its tests.
tested() {
	APIMCTL_BED=$PWD/.cache/bed$1
	export APIMCTL_BED
	cd cmd/apimctl && ../../.cache/apimctl.test -test.v -test.count=1 -test.timeout 40m -test.run "${beds[$1]}"
}

# served runs the tests of nginx where there is one, and no network. Elsewhere those that need one are skipped; here that is a failure.
served() {
	export CGO_ENABLED=0
	go test -c -o .cache/ ./tasks ./render
	tar -c -C .cache tasks.test render.test -C ../render testdata |
		docker run --rm -i --network none -e APIMCTL_NGINX=required -w /srv apimctl-bed-lb sh -ec 'tar -x
			./tasks.test -test.v -test.run ^TestNginx -test.parallel 8 || failed=1
			./render.test -test.v -test.run ^TestNginx || failed=1
			[ -z "${failed:-}" ]'
}

# judge JOB NAME prints how it went: where it failed, all that it had to say.
judge() {
	if wait "${jobs[$1]}"; then
		grep -E '^ *(---|ok|PASS|FAIL)' ".cache/test$1.log" || true
	else
		status=1
		say "$2 failed:"
		tail -c 20000 ".cache/test$1.log"
	fi
	jobs[$1]=
}

# judge_beds BED... runs the tests of beds, side by side, and prints how each went.
judge_beds() {
	local bed
	for bed; do
		(tested "$bed") >".cache/test$bed.log" 2>&1 &
		jobs[$bed]=$!
	done
	for bed; do
		judge "$bed" "bed $bed"
	done
}

testdata/standin/build.sh .cache/dist
if docker info >/dev/null 2>&1; then
	engine=yes
	testdata/bed/images.sh || exit
	go test -c -o .cache/apimctl.test ./cmd/apimctl || exit
	(served) >.cache/testnginx.log 2>&1 &
	jobs[nginx]=$!
	raise "${beside[@]}" &
	up=$!
elif [ "${CI:-}" = true ]; then
	say "no Docker engine answers, and CI=true wants the tests in containers: starting one is CI's part"
	status=1
else
	say "no Docker engine answers: the tests in containers are left out; the others run"
fi

go test -race -timeout 20m -skip '^TestBed' ./... || status=1

if [ -n "${jobs[nginx]:-}" ]; then
	judge nginx nginx
fi

if [ -n "${up:-}" ] && ! wait "$up"; then
	up=
	status=1
fi
if [ -n "${up:-}" ]; then
	judge_beds "${beside[@]}"
	if (raise "$last"); then judge_beds "$last"; else status=1; fi
fi
