# All set-up is in two commands: `make demo` and `make test`.
SHELL := /bin/bash
SWIFT ?= swift
BUILD := $(SWIFT) build -c release
BIN := .build/release
PREFIX ?= /usr/local
# Where public data sets lie; tests and benchmarks that need one are skipped without it.
POISE_DATA ?= $(abspath ../shared/data)
export POISE_DATA

# Debian's packages: the libraries that are linked, and gnuplot, which draws plots.
PACKAGES := libsqlite3-dev libopenblas-dev libreadline-dev libcmark-gfm-dev \
  libcmark-gfm-extensions-dev libssl-dev libstemmer-dev gnuplot-nox

.PHONY: help deps build quiet demo test lint bench replay install clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

deps: ## install the Debian packages that are missing; silent and offline where none is
	@scripts/install-dependencies $(PACKAGES)

build: deps ## build poise and poise-bench
	@$(BUILD) --product poise
	@$(BUILD) --product poise-bench

quiet: deps
	@$(BUILD) --quiet --product poise
	@$(BUILD) --quiet --product poise-bench

demo: deps ## build, and run a copy of the first notebook in an empty store before your eyes
	@$(BUILD) --product poise
	@scripts/demo $(BIN)/poise

test: deps lint ## run every test
	@$(BUILD) --build-tests
	@$(SWIFT) test -c release --skip-build

lint: ## check the style
	@$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

bench: quiet ## print the speed figures, one JSON line each
	@scripts/bench $(BIN)/poise-bench $(BIN)/poise

replay: quiet ## recompute all notebooks in a scratch store and compare
	@scripts/replay $(BIN)/poise

install: quiet ## copy poise to PREFIX/bin
	@install -D -m 755 $(BIN)/poise $(DESTDIR)$(PREFIX)/bin/poise

clean: ## remove what was built
	@rm -rf .build
