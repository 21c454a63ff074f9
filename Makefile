# make run      certify six meters on a simulated bench
# make test     install what tests need, build, lint, run all tests
# make lint     style only
# make sanitize RealtimeSanitizer over the sampling loop, and references counted in a release build of it
# make bench    ratios and figures
# make soak     ten minutes of sampling at 1 MS/s with all processors busy
# make install  PREFIX=/usr/local

PREFIX ?= /usr/local
SWIFT ?= swift
RELEASE = .build/release
# Releases use fused multiply-add in wide registers where this machine has them; elsewhere, and with plain «swift build», they do without.
WIDE = $(shell [ "$$(uname -m)" = x86_64 ] && grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo && \
	echo -Xswiftc -Xcc -Xswiftc -mavx2 -Xswiftc -Xcc -Xswiftc -mfma)
LAST = SystemTests|ConformanceTests
RUN_TESTS = Scripts/run-tests $(SWIFT) test --skip-build --disable-xctest --parallel

.PHONY: run test lint sanitize bench soak install build dependencies

dependencies:
	@Scripts/install-dependencies

build: dependencies
	$(SWIFT) build -c release $(WIDE) --product meterbench
	$(SWIFT) build -c release $(WIDE) --product meterbench-guard

run: build
	Scripts/demonstrate $(RELEASE)/meterbench

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Benchmarks Package.swift

# Whole programs in real time and wires with short time-outs come after the rest, which would take the processor from them.
test: dependencies
	@Scripts/install-test-peers
	@$(MAKE) --no-print-directory lint
	$(SWIFT) build --build-tests --explicit-target-dependency-import-check error
	$(RUN_TESTS) --skip '$(LAST)' --experimental-maximum-parallelization-width 24
	$(RUN_TESTS) --filter '$(LAST)' --experimental-maximum-parallelization-width 4

# `make test` does the same where there is a release build.
sanitize: build
	@Scripts/install-test-peers
	$(SWIFT) build --build-tests
	$(RUN_TESTS) --filter 'RealTimeTests|RetainTests'

bench: dependencies
	@Scripts/install-bench-peers
	$(SWIFT) build -c release $(WIDE)
	$(RELEASE)/meterbench-figures

# Named apart from the rest, as it takes ten minutes.
soak: dependencies
	$(SWIFT) build -c release $(WIDE)
	$(RELEASE)/meterbench-figures sampling-soak

install: build
	install -D -m 755 $(RELEASE)/meterbench $(DESTDIR)$(PREFIX)/bin/meterbench
	install -D -m 755 $(RELEASE)/meterbench-guard $(DESTDIR)$(PREFIX)/bin/meterbench-guard
	mkdir -p $(DESTDIR)$(PREFIX)/share/meterbench
	cp -R Procedures Fixtures $(DESTDIR)$(PREFIX)/share/meterbench/
