#!/bin/bash
# Takes away every bed, the images made for them, and .cache.
. "$(dirname "$0")/lib.sh"
if docker info >/dev/null 2>&1; then
	mapfile -t containers < <(docker ps -aq --filter name=^/apimctl-bed)
	[ ${#containers[@]} = 0 ] || docker rm -fv "${containers[@]}" >/dev/null
	mapfile -t networks < <(docker network ls -q --filter name=^apimctl-bed)
	[ ${#networks[@]} = 0 ] || docker network rm "${networks[@]}" >/dev/null
	for image in apimctl-bed-db apimctl-bed-node apimctl-bed-lb apimctl-bed-host apimctl-base; do
		! docker image inspect "$image" >/dev/null 2>&1 || docker rmi "$image" >/dev/null
	done
else
	say "no Docker engine answers: beds and images, if there are any, stay"
fi
rm -rf .cache
