# make demo shows apimctl at work; make test runs every test. Both need Go and a Docker engine, and install or name
# what else they lack. BED=2 and so on keeps a bed of one's own beside others.
SHELL := /bin/bash
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BED ?=
export BED
bed_dir := .cache/bed$(BED)

.PHONY: build dist bed bed-down demo test test-fast lint bench clean

build:
	go build -ldflags '-X main.version=$(VERSION)' -o apimctl ./cmd/apimctl

# The stand-in's two distributions, for the bed and the tests.
dist:
	testdata/standin/build.sh .cache/dist

bed: dist
	testdata/bed/up.sh

bed-down:
	testdata/bed/down.sh

# Bare machines to a running deployment, its status, and a second run that has nothing to do.
demo: build bed
	set -a; . $(bed_dir)/env; set +a; \
	set -ex; \
	./apimctl apply -i $(bed_dir)/inventory.yaml --yes; \
	./apimctl status -i $(bed_dir)/inventory.yaml; \
	./apimctl apply -i $(bed_dir)/inventory.yaml --yes

test:
	testdata/bed/test.sh

test-fast:
	go test -skip '^TestBed' ./...

lint:
	testdata/bed/lint.sh

bench:
	go test -run '^$$' -bench . ./...

clean:
	testdata/bed/clean.sh
	rm -f apimctl
