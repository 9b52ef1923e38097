# The thin front of the tools. The two to know: `make demo` and `make test`.
.PHONY: demo build test test-all sim fuzz chaos bench lint doctor

demo: build          ## orders flow from a Kafka into an Iceberg table; options go in ARGS
	build/release/bin/frazil demo $(ARGS)

build:               ## build/release/bin/frazil
	tools/setup build
	tools/test --run build

test:                ## what must hold at each change
	tools/test

test-all:            ## test, and the rest
	tools/test setup checks build bench unit fuzz simulation integration chaos readers librdkafka optimised threads instructions lint long

SEEDS ?= 1000
sim:                 ## simulated worlds 1 to SEEDS, and every mutant (sim/README.md); options go in ARGS
	tools/setup test
	cmake --preset release
	ninja -C build/release frazil_sim
	build/release/bin/frazil_sim --seeds 1..$(SEEDS) $(ARGS)
	build/release/bin/frazil_sim --seeds 1..30 --twice
	build/release/bin/frazil_sim --mutants --seeds 1..800

SECONDS ?= 600
chaos:               ## the program with everything failing around it for SECONDS, as SEED says (else drawn)
	tools/setup test
	cmake --preset release
	ninja -C build/release frazil sqlite_faults
	test/chaos/run --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

SECONDS ?= 60
fuzz:                ## every fuzz target for SECONDS (fuzz/README.md); NAME=json for one
	tools/setup test
	cmake --preset asan-ubsan
	ninja -C build/asan-ubsan fuzz_targets
	fuzz/run --seconds $(SECONDS) $(NAME)

bench:               ## events per CPU-second, memory, beside DuckDB, and with PEERS=1 Kafka Connect; options go in ARGS
	tools/setup $(if $(PEERS),peers,test)
	.deps/readers/bin/python bench/run $(if $(PEERS),--peers) $(ARGS)

lint:                ## style of what differs from the last commit; ARGS=--all for everything, ARGS=--fix to format
	tools/setup lint
	tools/lint $(ARGS)

doctor:              ## what is there, what is missing, the fix
	tools/doctor
