#!/bin/bash
# Builds the bed's images: apimctl-bed-host, -lb, -node and -db. A second run finds them in the builder's cache.
. "$(dirname "$0")/lib.sh"
need_engine
base=$(testdata/bed/base.sh)
for target in host lb node db; do
	log=$(docker build --build-arg "BASE=$base" --target "$target" -t "apimctl-bed-$target" testdata/bed 2>&1) ||
		die "image $target: $(tail -n 30 <<<"$log")"
	say "image apimctl-bed-$target is there"
done
