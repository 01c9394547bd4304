# make demo: the graph of data/, built and served.  make test: every check that CI runs.
.DEFAULT_GOAL := help
.PHONY: help setup tools demo test lint types unit doctest browser comunica bench soak lock clean

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 5000

help:
	@echo "make demo    build the graph of data/ and serve it at http://127.0.0.1:$(PORT)"
	@echo "make test    lint, types, tests, doctests, packaging"
	@echo "make bench   the benchmarks, one after the other"
	@echo "make soak    kills importing, writing and copying processes, hundreds of times"
	@echo "make lock    resolve the dependencies anew into requirements*.lock"

# Exactly the versions of requirements.lock, then this checkout, editable. setuptools warns that
# graph/ and others may be imported by their short names: ruff forbids it, so it need not.
setup: $(VENV)/ready
$(VENV)/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "scholargraph needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What tests and benchmarks want beside it.
tools: $(VENV)/tools
$(VENV)/tools: requirements-dev.lock $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@

demo: setup
	$(BIN)/scholargraph demo --port $(PORT)

test: lint types doctest unit

lint: tools
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

# What installs is what is checked: the package, not the folder.
types: tools
	rm -rf .types build
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --target .types .
	MYPYPATH=.types $(BIN)/mypy --strict -p scholargraph

unit: tools browser comunica
	$(BIN)/pytest

# Modules that only training needs are left out, found by what they import: PyTorch or onnx.
doctest: tools
	$(BIN)/pytest -p no:cacheprovider --doctest-modules \
	  $$(grep -lE '^import (torch|onnx)$$' extract/*.py | sed 's/^/--ignore=/') \
	  --pyargs scholargraph.graph scholargraph.extract scholargraph.web

# Browser tests want Debian's chromium and one RDF tool that is not ours; without the right to
# install them the tests that need them skip, saying so.
browser:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && ! { command -v chromium && command -v rapper; } > /dev/null; then \
	  echo "installing chromium and raptor2-utils"; \
	  apt-get update -qq > /dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -yqq chromium raptor2-utils > /dev/null; \
	fi

# Comunica, a SPARQL client of JavaScript, likewise.
comunica: tests/comunica/node_modules/ready
tests/comunica/node_modules/ready: tests/comunica/package-lock.json
	@if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && ! command -v npm > /dev/null; then \
	  echo "installing nodejs and npm"; \
	  apt-get update -qq > /dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends nodejs npm > /dev/null; \
	fi
	@if command -v npm > /dev/null; then npm ci --silent --prefix tests/comunica && touch $@; fi

# As many kills as you have patience for; `make test` does a few.
soak: tools
	SCHOLARGRAPH_KILLS=$${SCHOLARGRAPH_KILLS:-200} $(BIN)/pytest -s tests/test_soak.py tests/test_kills.py

# scale.py wants a corpus, and those that are folders peers or data: they say which.
bench: tools
	for script in $(filter-out benchmarks/scale.py,$(wildcard benchmarks/*.py)); do $(BIN)/python $$script; done
	$(BIN)/python benchmarks/sparql --work .bench --json .bench/sparql.json

# The same versions in both: the second is resolved within the first.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header --generate-hashes
lock: tools
	$(BIN)/$(LOCK) --group build pyproject.toml -o requirements.lock
	$(BIN)/$(LOCK) -c requirements.lock --extra validate --group dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) .types build dist *.egg-info demo.db
