# What the bed's scripts share; to be sourced, with bash. BED ("", 1, 2 ... 250) tells beds on one machine apart.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

BED=${BED:-}
BED_NET=${BED_NET:-10.90.${BED:-0}}
BED_DIR=$PWD/.cache/bed$BED
project=apimctl-bed$BED
containers=docker-compose.test.yml
export BED BED_NET

say() { echo "bed$BED: $*" >&2; }
die() { say "$*"; exit 1; }

# need PROGRAM PACKAGE: the program is there, installed where this is root on a machine with apt.
need() {
	command -v "$1" >/dev/null && return
	command -v apt-get >/dev/null || die "needs $1: install it"
	[ "$(id -u)" = 0 ] || die "needs $1: sudo apt-get install $2"
	say "installing $2"
	local apt=(apt-get -qq -o DPkg::Lock::Timeout=600)
	"${apt[@]}" update >&2
	DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y --no-install-recommends "$2" >&2
}

need_engine() {
	docker info >/dev/null 2>&1 || die "no Docker engine answers: start one, or see that this user may use it (docker info)"
}

# compose ARG...: the plug-in where it answers, else the older program. On a cgroup v2 host systemd needs one setting
# more, which the older program refuses to read.
compose() {
	local cmd files=(-f "$containers")
	if docker compose version >/dev/null 2>&1; then
		cmd=(docker compose)
	elif command -v docker-compose >/dev/null; then
		cmd=(docker-compose)
	else
		die "neither docker compose nor docker-compose is here: install the docker-compose package"
	fi
	[ "$containers" != docker-compose.test.yml ] || [ "$(docker info --format '{{.CgroupVersion}}')" != 2 ] ||
		files+=(-f testdata/bed/compose.cgroup2.yml)
	"${cmd[@]}" -p "$project" "${files[@]}" "$@"
}
