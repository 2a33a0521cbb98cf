# SPDX-License-Identifier: Apache-2.0
# The front door. Each target calls the dev program (tests/dev), which says in one line what is missing.
DEV = @tests/dev/run
DESTDIR =
PREFIX = /usr

.PHONY: help build install check test demo bench bench-machine fuzz test-machine clean
help: ; @sed -n 's/^## //p' Makefile

## make build          the programs, static, in target/dist
build: ; $(DEV) build

## make install        into $(DESTDIR)$(PREFIX): programs, helpers, manual pages, completions, systemd unit
install: ; $(DEV) install "$(DESTDIR)" "$(PREFIX)"

## make check          format, clippy, house rules, licences, fast tests: under a minute once built
check: ; $(DEV) check

## make test           everything that CI runs: unit, house, oracle, integration, public suites, test machine (root)
test: ; $(DEV) test

## make demo           the main job on this machine, each command before its output (root)
demo: ; $(DEV) demo

## make bench          the floor, ctrun, crun and runc in one interleaved run, with the bars (root)
bench: ; $(DEV) bench

## make bench-machine  ctrun beside crun with cgroups on, in the test machine (root)
bench-machine: ; $(DEV) bench machine

## make fuzz           ten minutes for each fuzz target of tests/fuzz (installs cargo-fuzz below target/)
fuzz: ; $(DEV) fuzz

## make test-machine   builds the test machine once and boots it under QEMU; prints how to reach it (root)
test-machine: ; $(DEV) machine up

clean: ; @cargo clean
