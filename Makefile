# Two commands: `make demo` and `make test`. Each sets up everything it needs in .venv, from the package registry only.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check bench pictures clean
.DEFAULT_GOAL := demo

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "collector needs Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

demo: $(STAMP) ## a whole field campaign on this computer, ending in demo-out/
	@$(BIN)/collector demo

test: $(STAMP) ## all tests, PostgreSQL included, on up to four processors, a file on one of them
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: $(STAMP) ## format, lint, types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: $(STAMP) ## measure speed and memory; never part of the tests
	@$(BIN)/python -m pip install --quiet --group bench
	@$(BIN)/python -m tests.bench

pictures: $(STAMP) ## pictures of every sheet in docs/workbook/; needs LibreOffice and poppler-utils
	@$(BIN)/python -m tests.pictures

clean:
	rm -rf $(VENV) demo-out
