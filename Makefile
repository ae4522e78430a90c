# Needs CPython 3.13, a C compiler and a network for pip.  `make demo` and `make test` are what a new user runs.

SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin/python
SOURCES := $(wildcard src/tiercel/runtime/*.[ch] src/tiercel/*.py src/tiercel/*/*.py src/tiercel/*/*/*.py)

.PHONY: demo test bench bench-pyperformance fuzz soak test-cpython test-packages lint asan valgrind install pure clean

demo: install
	$(BIN) bench/run.py main --rounds 1 --seconds 4

test: install
	$(BIN) -m pytest

bench: install
	$(BIN) -m pip install -q cython
	-$(BIN) -m pip install -q numba 'llvmlite>=0.50,<0.51'
	$(BIN) bench/run.py --write

# pyperformance's programs, and what they need, from the registry.
SUITE_NEEDS := pyperformance pyaes==1.6.1 tomli==2.0.1 html5lib==1.1 mako==1.1.4 chameleon==4.6.0 docutils==0.18.1 sqlglot==4.6.0
bench-pyperformance: install
	$(BIN) -m pip install -q $(SUITE_NEEDS)
	$(BIN) bench/suite.py --write

FUZZ_SECONDS ?= 600
fuzz: install
	$(BIN) -m tests.fuzz.run --seconds $(FUZZ_SECONDS)

soak: install
	$(BIN) -m pytest tests/runtime/test_soak.py --soak-rounds 1000000

# SHARE=ci: the part that continuous integration runs.  MODE=storm, again or hot; RESUME=1: what has not been run yet.
SHARE ?=
MODE ?= everything
RESUME ?=
test-cpython: install
	$(BIN) tests/compat/run_cpython_tests.py --mode $(MODE) $(if $(RESUME),--resume) $(if $(SHARE),--share $(SHARE),--write)

test-packages: install
	$(BIN) tests/compat/run_package_tests.py $(if $(SHARE),--share $(SHARE),--write)

lint: install
	$(BIN) -m ruff check .
	$(BIN) -m mypy
	$(VENV)/bin/lint-imports

# The runtime's own tests with a build that checks every access, and under valgrind.
asan: install
	TIERCEL_PURE=1 CFLAGS="-fsanitize=address -fno-omit-frame-pointer -g -O1" $(BIN) setup.py -q build --build-base build/asan --build-lib build/asan/lib
	LD_PRELOAD="$$($(CC) -print-file-name=libasan.so)" ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 PYTHONMALLOC=malloc \
		PYTHONPATH=build/asan/lib $(BIN) -m pytest tests/runtime

valgrind: install
	PYTHONMALLOC=malloc valgrind --quiet --error-exitcode=99 --trace-children=no \
		--suppressions=tests/runtime/valgrind.supp $(BIN) -m pytest tests/runtime

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml setup.py $(SOURCES)
	@test -n "$(PYTHON)" || { echo "No CPython 3.13 found; set PYTHON=/path/to/python3.13"; exit 1; }
	@test -x $(BIN) || "$(PYTHON)" -m venv $(VENV)
	$(BIN) -m pip install -q --disable-pip-version-check -e '.[test]'
	$(BIN) -c 'import tiercel._runtime, tiercel__mypyc'
	$(BIN) -m compileall -q src
	@touch $@

# The compiler as the Python that it is written in, for working on it; `make install` after an edit translates it again.
pure:
	find src -name '*.so' ! -name '_runtime*' -delete
	test -x $(BIN) || "$(PYTHON)" -m venv $(VENV)
	TIERCEL_PURE=1 $(BIN) -m pip install -q --disable-pip-version-check -e '.[test]'
	@touch $(VENV)/installed

clean:
	rm -rf $(VENV) build src/*.egg-info
	find src -name '*.so' -delete
