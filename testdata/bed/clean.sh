#!/bin/bash
# Takes away the beds of this checkout, the images made for them, and .cache. What another checkout uses stays.
. "$(dirname "$0")/lib.sh"
if docker info >/dev/null 2>&1; then
	for dir in .cache/bed*/; do
		dir=${dir%/}
		[ ! -d "$dir" ] || BED=${dir#.cache/bed} BED_NET='' testdata/bed/down.sh
	done
	for image in apimctl-bed-db apimctl-bed-node apimctl-bed-lb apimctl-bed-host apimctl-base; do
		docker image inspect "$image" >/dev/null 2>&1 || continue
		docker rmi "$image" >/dev/null 2>&1 || { say "image $image is in use: it and those below it stay"; break; }
	done
else
	say "no Docker engine answers: beds and images, if there are any, stay"
fi
rm -rf .cache
