#!/bin/bash
# Prints the name of the image that the bed's images start from: BASE (debian:bookworm-slim unless set) where
# it is on this machine or can be pulled, else apimctl-base, made here from this machine's own apt sources.
# No mirror's name is written down: sources and settings are derived, and kept under .cache/ alone.
. "$(dirname "$0")/lib.sh"
base=${BASE:-debian:bookworm-slim}
cache=$PWD/.cache/base

have() { docker image inspect "$1" >/dev/null 2>&1; }

# derive SUITE: writes sources.list and acquire.conf as apt has them here.
derive() {
	apt-get indextargets --no-release-info --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 'Target-Of: deb' |
		awk -v c="$1" '$3 == c || index($3, c "-") == 1' | sort -u >"$cache/sources.list"
	apt-config dump | grep -E '^Acquire::(http|https|ftp)::|^Acquire::(Check-Valid-Until|Check-Date|Retries) ' \
		>"$cache/acquire.conf" || true
	[ -s "$cache/sources.list" ] || die "$base cannot be pulled, and apt has no sources for $1 here"
}

make_base() {
	local suite work
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	[ "$suite" = bookworm ] || die "$base cannot be pulled, and only Debian 12 can make it: docker load it, or set BASE"
	mkdir -p "$cache"
	need mmdebstrap mmdebstrap
	derive "$suite"
	work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)")
	trap "rm -rf '$work'" EXIT
	say "making apimctl-base from this machine's apt sources"
	TMPDIR=$work mmdebstrap --quiet --variant=minbase --include=ca-certificates --aptopt="$cache/acquire.conf" \
		--customize-hook="cp '$cache/acquire.conf' \"\$1/etc/apt/apt.conf.d/99acquire\"" \
		"$suite" "$work/base.tar" "$cache/sources.list" >&2
	docker import "$work/base.tar" apimctl-base >/dev/null
}

need_engine
if have "$base"; then
	echo "$base"
elif have apimctl-base; then
	echo apimctl-base
elif timeout 120 docker pull -q "$base" >/dev/null 2>&1; then
	echo "$base"
else
	make_base
	echo apimctl-base
fi
