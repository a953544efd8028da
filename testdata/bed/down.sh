#!/bin/bash
# Takes a bed away: containers, network, volumes, and .cache/bed$BED with its keys. Nothing there is no error.
. "$(dirname "$0")/lib.sh"
need_engine
said=$(compose down -v -t 1 --remove-orphans 2>&1) || die "$said"
rm -rf "$BED_DIR" "$BED_DIR.lock"
