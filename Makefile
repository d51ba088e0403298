# make demo   the whole way through the house on a generated town
# make test   every check a change must pass (under 15 minutes)
# make accept the long checks; stopped ones go on where they were
.DELETE_ON_ERROR:
.SHELLFLAGS := -eu -o pipefail -c
SHELL := bash

VENV   := .venv
PYTHON := $(VENV)/bin/python
PIP    := $(PYTHON) -m pip --disable-pip-version-check --quiet

.PHONY: demo test lint types imports unit accept readme clean

demo: $(VENV)/.run
	$(VENV)/bin/carecircle demo --out demo-out

test: lint types imports unit

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(VENV)/.dev
	$(VENV)/bin/mypy

imports: $(VENV)/.dev
	$(VENV)/bin/lint-imports

unit: $(VENV)/.dev
	$(VENV)/bin/pytest -m "not accept" -n 2 --dist worksteal

accept: $(VENV)/.dev
	$(VENV)/bin/pytest -m accept --resume

readme: $(VENV)/.run
	$(PYTHON) tests/readme_commands.py README.md README.zh.md

$(VENV)/bin/python:
	python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "carecircle needs python3 >= 3.11")'
	python3 -m venv $(VENV)

# The project itself goes in last and without its dependencies: the lock holds them all.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --no-deps -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	$(PIP) install --no-deps -r requirements-dev.lock
	touch $@

clean:
	rm -rf $(VENV) build dist demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis .accept
