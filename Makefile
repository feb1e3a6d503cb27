# The two commands of the README are "make demo" and "make test"; each first makes sure of what the machine needs (.ci/prepare).
#
#   make demo [BASE_PORT=18080] [VAR=dir] [RESET=1]    everything on this machine, stopped with Ctrl-C
#   make test                                          every check and every test; what .ci/run runs

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := build
.PHONY: demo test bench generate build lint clean

BASE_PORT ?= 8080
VAR ?= var
RESET ?=
GO_TAGS ?= nomsgpack

# The official contracts and families are read where they lie, never copied; the tests that need them say so where they are absent.
CONTRACTS_DIR ?= $(wildcard ../shared/contracts)
FAMILIES_DIR ?= $(wildcard ../shared/data/api-particulier)

override VAR := $(abspath $(VAR))
override CONTRACTS_DIR := $(abspath $(CONTRACTS_DIR))
override FAMILIES_DIR := $(abspath $(FAMILIES_DIR))
export BASE_PORT VAR RESET CONTRACTS_DIR FAMILIES_DIR

# A clone owned by somebody else is refused by git, hence by the version stamp.
export GOFLAGS := $(filter-out -buildvcs=false,$(GOFLAGS)) -buildvcs=false

# The programs are built without a C compiler; only the race detector needs one.
BUILD := CGO_ENABLED=0 go build -tags $(GO_TAGS)
TOOL := go tool -modfile=.ci/tools/go.mod

NODE_MODULES := static/node_modules/.package-lock.json
DSFR := static/dsfr/dsfr.css

# The program takes make's place, so that Ctrl-C and signals reach it and nothing else. A server of the user's own replaces ours.
demo:
	@.ci/prepare node $(if $(DATABASE_URL),,postgres)
	@$(MAKE) --no-print-directory generate
	@$(BUILD) -o bin/demo ./cmd/demo
	@exec bin/demo

test:
	@.ci/prepare postgres compiler node chromium
	@$(MAKE) --no-print-directory generate lint
	CHROME="$$(.ci/chrome)" CGO_ENABLED=1 go test -race -tags $(GO_TAGS),failpoints -timeout 20m ./...

# The program as it is deployed, under load beside the simulators; its settings (BENCH_…) are in internal/e2e/bench/doc.go.
bench: generate
	@.ci/prepare postgres
	$(BUILD) -o bin/portal ./cmd/portal
	@$(BUILD) -o bin/bench ./internal/e2e/bench
	@exec bin/bench

generate: $(DSFR)

build: generate
	$(BUILD) -o bin/portal ./cmd/portal
	$(BUILD) -o bin/demo ./cmd/demo

lint:
	@unformatted=$$(find . -name '*.go' -not -path '*/node_modules/*' -print0 | xargs -0 gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "gofmt :"; echo "$$unformatted"; exit 1; fi
	go vet -tags $(GO_TAGS) ./...
	go vet -tags $(GO_TAGS),failpoints ./...
	$(TOOL) staticcheck -tags $(GO_TAGS),failpoints ./...
	@.ci/vulnerabilities -tags $(GO_TAGS)

clean:
	rm -rf bin static/node_modules
	find static/dsfr -mindepth 1 -not -name .keep -delete

$(NODE_MODULES): static/package.json static/package-lock.json static/.npmrc
	@.ci/prepare node
	npm --prefix static ci --no-audit --no-fund --loglevel=error

$(DSFR): $(NODE_MODULES) static/app.css static/pro.css $(wildcard static/internal/build/*.go)
	CGO_ENABLED=0 go generate ./static
