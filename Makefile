# What people type. Everything made lands in .build/.
#
#   make run        build, make the examples, sign the example policy for development, run the firewall over the capture
#   make test       build and run every test; says at the end what could not be tested here, and why
#   make build      the commands, optimised
#   make service    the service (ringfenced), optimised; the first time it builds an HTTP server's packages too
#   make examples   the example programs (C) into .build/examples
#   make loc        lines of the trusted computing base, by module, with its marks of `unsafe`
#   make capture    make Tests/Captures/mixed.pcap again (root)
#   make bench      every figure, measured and judged, as a table and in .build/bench/results.json
#   make bench-isolation   the same programs in every tier, in this process and in the kernel: a table and a plot (root)
#   make bench-operations  maps and helpers in cells, beside the kernel's: a table and a plot (root)
#   make bench-link   packets through a program between two interfaces, beside the kernel's generic XDP: a table and a plot (root)
#   make bench-supervise  what supervision costs a system call, in each tier and not at all
#   make bench-verifier SAMPLES=folder   the verifier over every object there, beside the kernel's (root)
#   make bench-policy   a decision and the loading of a policy, for 16, 128 and 512 rules
#   make policy-properties CASES=n  the properties of decisions, over n random policies each
#   make fuzz-policy EXECUTIONS=n   mutated envelopes, policies, roots, statements and states, to the readers that face foreign bytes
#   make test-threads RELOADS=n     policies that are reloaded while threads decide, under the thread sanitizer
#   make soak SOAK_SECONDS=n        links at full rate whose cells are killed at random, for an hour (root)
#   make test-offline               the tests of the policy layer without a network, and killed if one asks for a socket (root)
#   make survey SAMPLES=dir         what of a collection of objects loads, is proven and runs an event, and why the others do not
#   make format     put every Swift file into the house's form;  make lint  says which are not
#   make deps       install the Debian packages that are missing
#   make clean      remove everything made, the development key too

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.DELETE_ON_ERROR:

SWIFT ?= swift
# An import that the manifest does not declare is an arrow that the house does not have.
SWIFT_FLAGS ?= --explicit-target-dependency-import-check error
PACKAGES := libelf-dev libseccomp-dev libcap-dev libbpf-dev pkg-config
PRODUCTS := ringfence ringfence-jail ringfence-child ringfence-conformance
DEVELOPMENT := .build/dev
# The manifest has the benchmarks' targets only when it is told to.
BENCH_FACTS = RINGFENCE_LLVM="$(dir $(CLANG))" RINGFENCE_COMMIT="$$(git describe --always --dirty 2>/dev/null)" \
	RINGFENCE_COMPILER="$$($(SWIFT) --version 2>/dev/null | head -n 1)"
BENCH = env RINGFENCE_BENCHMARKS=1 $(BENCH_FACTS) $(SWIFT)

# The toolchain's own clang, which knows the BPF target; the compiler says where it lives even behind a version manager.
CLANG ?= $(shell swiftc -print-target-info 2>/dev/null | sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1/bin/clang|p')
# asm/types.h is in the machine's own folder on Debian.
BPF_FLAGS ?= -target bpf -O2 -g -Wall -Wextra -Wno-unused-parameter -ffile-prefix-map=$(CURDIR)=. -I/usr/include/$(shell uname -m)-linux-gnu

PROGRAMS := $(wildcard Images/programs/*.bpf.c Images/programs/hostile/*.bpf.c)
OBJECTS := $(PROGRAMS:Images/programs/%.c=.build/examples/%.o)
SWIFT_SOURCES := Package.swift Sources Tests $(wildcard Benchmarks)

# One line that says what comes next; SwiftPM shows its own progress after it.
say = @printf '\n%s\n' "==> $(1)"

.PHONY: run test build service examples loc capture bench bench-isolation bench-operations bench-link bench-supervise bench-verifier bench-policy fuzz-policy test-threads soak test-offline format lint deps clean toolchain policy-properties survey

run: build examples $(DEVELOPMENT)/policy.dsse
	$(call say,Running .build/examples/firewall.bpf.o over Tests/Captures/mixed.pcap in tier interp-guest)
	@.build/release/ringfence run .build/examples/firewall.bpf.o \
		--pcap Tests/Captures/mixed.pcap \
		--policy $(DEVELOPMENT)/policy.dsse --trust $(DEVELOPMENT)/dev.pub \
		--tier interp-guest

test: deps toolchain examples
	$(call say,Building the tests)
	@$(SWIFT) build --build-tests $(SWIFT_FLAGS)
	$(call say,Running the tests)
	@$(SWIFT) test --disable-xctest $(SWIFT_FLAGS) 2>&1 | Tests/summary.sh

build: deps toolchain
	$(call say,Building $(PRODUCTS))
	@for product in $(PRODUCTS); do $(SWIFT) build -c release --product $$product $(SWIFT_FLAGS); done

service: build
	$(call say,Building ringfenced)
	@$(SWIFT) build -c release --product ringfenced $(SWIFT_FLAGS)

examples: deps $(OBJECTS)

# `deps` is no file, so it is asked for first but makes nothing out of date.
.build/examples/%.o: Images/programs/%.c Images/programs/packet.h | deps toolchain
	@mkdir -p $(@D)
	@echo "clang -target bpf $<"
	@$(CLANG) $(BPF_FLAGS) -c $< -o $@

$(DEVELOPMENT)/dev.key: | build
	$(call say,Making a development key in $(DEVELOPMENT): it is for this checkout only)
	@mkdir -p -m 700 $(@D)
	@.build/release/ringfence key new --out $(@:.key=) --comment "development"

$(DEVELOPMENT)/policy.dsse: Policies/example.toml $(DEVELOPMENT)/dev.key | build
	$(call say,Signing Policies/example.toml with the development key)
	@.build/release/ringfence policy sign $< --key $(DEVELOPMENT)/dev.key --out $@

loc:
	@printf '%-34s %7s %7s\n' module lines unsafe
	@for module in Sources/Host/* Sources/Shared/*; do \
		lines=$$(find $$module -name '*.swift' -o -name '*.c' -o -name '*.h' | xargs cat | grep -cvE '^[[:space:]]*(//.*)?$$' || true); \
		marks=$$(find $$module -name '*.swift' | xargs -r cat | grep -cE '(^|[^A-Za-z_.`"/])unsafe ' || true); \
		printf '%-34s %7s %7s\n' $$module $$lines $$marks; done

capture:
	$(call say,Making Tests/Captures/mixed.pcap between two network namespaces)
	@$(if $(filter 0,$(shell id -u)),,sudo) Tests/Captures/make-capture.sh

# Benchmarks look at processes, pin them and read their memory: root sees all of it, others get the rest.
bench: build examples $(DEVELOPMENT)/policy.dsse
	$(call say,Building the benchmarks)
	@$(BENCH) build -c release --product figures-report $(SWIFT_FLAGS)
	$(call say,Measuring: some minutes on a quiet machine and more on a busy one)
	@rm -rf .build/bench/figures && mkdir -p .build/bench
	@$(BENCH) package benchmark --target Figures --no-progress --grouping benchmark >.build/bench/benchmark.txt 2>&1 \
		|| { tail -n 20 .build/bench/benchmark.txt >&2; exit 2; }
	@$(BENCH_FACTS) .build/release/figures-report

# Where there is no KVM, or the kernel answers root only, the table says so in these places' lines.
bench-isolation: build examples
	$(call say,Building the benchmark of isolation)
	@$(BENCH) build -c release --product figures-isolation $(SWIFT_FLAGS)
	$(call say,Measuring: three minutes)
	@$(BENCH_FACTS) .build/release/figures-isolation

# As above; all that is measured is one object, which the kernel gets as well.
bench-operations: build .build/bench/operations.bpf.o .build/bench/operations-long.bpf.o
	$(call say,Building the benchmark of operations)
	@$(BENCH) build -c release --product figures-operations $(SWIFT_FLAGS)
	$(call say,Measuring: five minutes)
	@$(BENCH_FACTS) .build/release/figures-operations

.build/bench/%.o: Benchmarks/Programs/%.c | deps toolchain
	@mkdir -p $(@D)
	@echo "clang -target bpf $<"
	@$(CLANG) $(BPF_FLAGS) -c $< -o $@

# Events that are long enough for what wakes a sleeping host to be nothing beside them.
.build/bench/%-long.bpf.o: Benchmarks/Programs/%.bpf.c | deps toolchain
	@mkdir -p $(@D)
	@echo "clang -target bpf -DROUNDS=4096 $<"
	@$(CLANG) $(BPF_FLAGS) -DROUNDS=4096 -c $< -o $@

# Interfaces, packet sockets and the kernel's XDP are for root.
bench-link: build examples .build/bench/link.dsse
	$(call say,Building the benchmark of links)
	@$(BENCH) build -c release --product figures-link $(SWIFT_FLAGS)
	$(call say,Measuring: one minute)
	@$(BENCH_FACTS) .build/release/figures-link

bench-supervise: build examples .build/bench/supervise.dsse .build/bench/supervised-caller
	$(call say,Building the benchmark of supervision)
	@$(BENCH) build -c release --product figures-supervise $(SWIFT_FLAGS)
	$(call say,Measuring: some seconds)
	@$(BENCH_FACTS) .build/release/figures-supervise

.build/bench/supervised-caller: Tests/Support/supervised/caller.c
	@mkdir -p $(@D)
	@cc -O2 -static -pthread -o $@ $<

# The link's policy, for programs on sockets.
.build/bench/supervise.dsse: .build/bench/link.dsse
	@sed -e 's/\["xdp"\]/["cgroup_sock_addr"]/' -e 's/{ xdp = "closed" }/{ cgroup_sock_addr = "closed" }/' $(<:.dsse=.toml) > $(@:.dsse=.toml)
	@.build/release/ringfence policy sign $(@:.dsse=.toml) --key $(DEVELOPMENT)/dev.key --out $@ --accept L101 >/dev/null

# The example policy with every tier.
.build/bench/link.dsse: Policies/example.toml $(DEVELOPMENT)/dev.key | build
	@mkdir -p $(@D)
	@sed -e '0,/tier *= *"interp-guest"/s//tier = "jit-child"/' -e 's/guest_codegen *= *false/guest_codegen = true/' -e '/^# Self-tests/,$$d' $< > $(@:.dsse=.toml)
	@.build/release/ringfence policy sign $(@:.dsse=.toml) --key $(DEVELOPMENT)/dev.key --out $@ --accept L101 >/dev/null

# Without root the kernel does not answer, and the table has our half only.
bench-verifier: deps toolchain
	@[ -n "$(SAMPLES)" ] || { echo "error: say where objects are: make bench-verifier SAMPLES=/path/to/folder" >&2; exit 2; }
	$(call say,Building the benchmark of the verifier)
	@$(BENCH) build -c release --product figures-verification $(SWIFT_FLAGS)
	@$(BENCH_FACTS) RINGFENCE_SAMPLES="$(SAMPLES)" .build/release/figures-verification

# The same seed makes the same inputs. A run of 100,000,000 takes its time; what it prints is out line by line.
EXECUTIONS ?= 10000000
SEED ?= 1
policy-properties: CASES ?= 1000000
policy-properties: deps toolchain
	@RINGFENCE_POLICY_CASES=$(CASES) $(SWIFT) test -c release --disable-xctest --filter EvaluatorPropertyTests $(SWIFT_FLAGS)

# A line of JSON for each number of rules; ends with 1 where a decision allocates.
bench-policy: deps toolchain
	$(call say,Building the timing of policies)
	@$(SWIFT) build -c release --product policy-timing $(SWIFT_FLAGS)
	@.build/release/policy-timing 20000

fuzz-policy: deps toolchain
	$(call say,Building the fuzzer of policies)
	@$(SWIFT) build -c release --product policy-fuzz $(SWIFT_FLAGS)
	@SWIFT_BACKTRACE=enable=no .build/release/policy-fuzz --executions $(EXECUTIONS) --seed $(SEED)

# The one program that races: everything under the sanitizer would be hours.
RELOADS ?= 1000
test-threads: deps toolchain
	$(call say,Building the race of reloads with the thread sanitizer)
	@$(SWIFT) build -c release --sanitize=thread --scratch-path .build/threads --product policy-reload $(SWIFT_FLAGS)
	@race=$$(mktemp -d); trap 'rm -rf "$$race"' EXIT; \
		TSAN_OPTIONS=halt_on_error=1:exitcode=66 .build/threads/release/policy-reload "$$race" $(RELOADS) 8

SOAK_SECONDS ?= 3600
soak: deps toolchain
	@RINGFENCE_SOAK_SECONDS=$(SOAK_SECONDS) $(SWIFT) test --disable-xctest --filter SoakTests $(SWIFT_FLAGS)

survey: build
	$(call say,Building the survey)
	@test -d "$(SAMPLES)" || { echo "say where the objects are: make survey SAMPLES=dir"; exit 2; }
	@$(SWIFT) build -c release --product object-survey $(SWIFT_FLAGS)
	@.build/release/object-survey "$(SAMPLES)" .build/release/ringfence .build/survey.jsonl

# One test talks to an agent at a socket, as somebody does who keeps a key there.
test-offline: deps toolchain examples
	$(call say,Building the tests)
	@$(SWIFT) build --build-tests $(SWIFT_FLAGS)
	@.build/debug/no-network .build/debug/ringfencePackageTests.xctest --testing-library swift-testing \
		--filter 'Policy[A-Za-z]*Tests\.' --skip 'agent'

format: toolchain
	@$(SWIFT) format format --in-place --recursive --parallel $(SWIFT_SOURCES)

lint: toolchain
	@$(SWIFT) format lint --strict --recursive --parallel $(SWIFT_SOURCES)

deps:
	@missing=(); for package in $(PACKAGES); do \
		dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing+=($$package); \
	done; \
	if [ $${#missing[@]} -eq 0 ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
		echo "error: this is not Debian; install what it calls $${missing[*]}, then: make PACKAGES=" >&2; exit 2; \
	fi; \
	as_root=(); [ "$$(id -u)" -eq 0 ] || as_root=(sudo); \
	printf '\n==> Installing %s\n' "$${missing[*]}"; \
	"$${as_root[@]}" apt-get update -q; \
	"$${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$${missing[@]}"

toolchain:
	@command -v $(SWIFT) >/dev/null || { echo "error: swift is not on the PATH; get Swift 6.3 from https://www.swift.org/install" >&2; exit 2; }
	@[ -x "$(CLANG)" ] || { echo "error: no clang beside the Swift compiler ($(CLANG)); say where with: make CLANG=/path/to/clang" >&2; exit 2; }

clean:
	rm -rf .build
