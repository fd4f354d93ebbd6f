# Needs Python 3.11, 3.12 or 3.13 and make; everything else goes into .venv.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
WORKERS ?= 2
PORT ?=
ARGS ?=

# An environment is made again when the checkout has moved or its interpreter has gone, and filled again when
# the lock, the package list or the build has changed: each stamp's name is a checksum of what it depends on.
checksum = $(shell { pwd; cat /dev/null $(1); ls -d plugins/*/ console_scripts/*/; } 2>/dev/null | cksum | cut -d ' ' -f 1)
MADE := $(VENV)/.made-$(shell pwd | cksum | cut -d ' ' -f 1)
RUN := $(VENV)/.run-$(call checksum,setup.py pyproject.toml requirements/run.lock)
DEV := $(VENV)/.dev-$(call checksum,setup.py pyproject.toml requirements/dev.lock)

ifneq ($(shell $(BIN)/python -c 'print("runs")' 2>/dev/null),runs)
.PHONY: $(MADE)
endif

PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# A lock is whole, so pip resolves nothing: it would look past the pin of a package that another one asks for
# with an extra, and refuse the newer release that it finds.
fill = $(PIP) install --quiet --no-deps --require-hashes -r $(1) && \
	PYTHONWARNINGS=ignore $(PIP) install --quiet --no-deps --no-build-isolation -e . && $(PIP) check >/dev/null

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^## /{ print "\n" substr($$0, 4) } /^[a-z-]+:.*## /{ printf "  make %-14s %s\n", $$1, $$2 }' Makefile

## Use

.PHONY: run
run: $(RUN) ## Start the whole hub with demo data: database, queue, sign-in, web and worker (PORT=, ARGS=)
	$(BIN)/advisoryhub up $(if $(PORT),--port $(PORT)) $(ARGS)

## Test

.PHONY: test
test: $(DEV) ## The whole suite but the browser's, on WORKERS=2 processes (ARGS= goes to pytest)
	$(BIN)/python -m pytest -n $(WORKERS) -m "not browser" $(ARGS)

.PHONY: test-fast
test-fast: $(DEV) ## The unit tests and the house rules
	$(BIN)/python -m pytest -n $(WORKERS) -m "not browser" tests/unit tests/house $(ARGS)

.PHONY: test-browser
test-browser: $(DEV) ## The tests that drive Chromium, which must be installed
	$(BIN)/python -m pytest -m browser $(ARGS)

.PHONY: invariants
invariants: $(DEV) ## Each rule of the specification with the tests that prove it, the gaps, and those tests
	$(BIN)/python -m tests.support.invariants
	$(BIN)/python -m pytest -n $(WORKERS) -m "invariant and not browser" $(ARGS)

# The total above counts statements and the tests as well; this is what is promised of the product.
branches = import json, sys; t = json.load(sys.stdin)["totals"]; n = 100 * t["covered_branches"] / t["num_branches"]; \
	print(f"branches of the product: {n:.1f} %"); sys.exit(n < 95)

.PHONY: coverage
coverage: $(DEV) ## The suite with its branch coverage, at least 95 %
	$(BIN)/python -m pytest -n $(WORKERS) -m "not browser" --cov --cov-report=term-missing:skip-covered $(ARGS)
	@$(BIN)/coverage json --quiet --include "advisoryhub_core/*,plugins/*,console_scripts/*" -o - | $(BIN)/python -c '$(branches)'

## Check

.PHONY: lint
lint: $(DEV) ## ruff: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(DEV) ## mypy, strict
	$(BIN)/python -m mypy

.PHONY: imports
imports: $(DEV) ## Who may import whom
	$(BIN)/lint-imports

.PHONY: lock-check
lock-check: $(DEV) ## That the locks hold what setup.py asks for
	@$(BIN)/python -m pytest -qq --noconftest tests/house/test_locks.py
	@echo "requirements/*.lock meet setup.py"

.PHONY: audit
audit: $(DEV) ## bandit, and known vulnerabilities of what is locked (asks an advisory service)
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml advisoryhub_core plugins console_scripts alembic
	$(BIN)/pip-audit --disable-pip --require-hashes --requirement requirements/dev.lock

.PHONY: sure
sure: lint types imports lock-check test smoke ## All that CI checks but the browser

## Build

.PHONY: wheel
wheel: $(DEV) ## dist/advisoryhub-*.whl, with everything the product needs in it
	rm -rf build dist
	$(PIP) wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	$(BIN)/python tests/outside/wheel_contents.py dist/advisoryhub-*.whl

.PHONY: smoke
smoke: wheel ## Install the wheel elsewhere and start the product from it in an empty folder
	$(BIN)/python tests/outside/wheel_smoke.py dist/advisoryhub-*.whl requirements/run.lock

# Pins stay as they are where they still fit; UPGRADE=1 takes the newest. PIP_INDEX_URL is honoured.
compile = $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	$(if $(PIP_INDEX_URL),--default-index "$(PIP_INDEX_URL)") $(if $(UPGRADE),--upgrade) setup.py

.PHONY: lock
lock: $(DEV) ## Write requirements/*.lock again from setup.py (UPGRADE=1 for the newest versions)
	$(compile) --all-extras --output-file requirements/dev.lock
	$(compile) --extra embedded --constraint requirements/dev.lock --output-file requirements/run.lock
	$(compile) --constraint requirements/dev.lock --output-file requirements/prod.lock

.PHONY: clean
clean: ## Remove the environment and everything built; ./var with its data stays
	rm -rf $(VENV) build dist *.egg-info .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache .hypothesis

$(MADE):
	@for python in $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python); do \
		if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
			echo "Making the environment in $(VENV) with $$python: a minute or two, once."; \
			"$$python" -m venv --clear $(VENV) && touch $@; exit; \
		fi; \
	done; \
	echo "No Python 3.11, 3.12 or 3.13 found. Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1

$(RUN): $(MADE)
	@$(call fill,requirements/run.lock)
	@touch $@

$(DEV): $(MADE)
	@$(call fill,requirements/dev.lock)
	@touch $@
