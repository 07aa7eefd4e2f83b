# `make demo` and `make test` need Python 3.11 or later and make, nothing else; the rest comes from the package index.

PYTHON ?= python3
DEMO ?= demo
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Small fits are slower with many BLAS threads.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint style format types slow postgres mail browser model spark wheel clean

help:  ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(INSTALLED)  ## Watch a marketing team at work on a fictional company
	@if [ -e "$(DEMO)" ] && ! grep -qxsF "$(abspath $(DEMO))" $(VENV)/.demos; then \
		echo "There is a $(DEMO) already that \`make demo\` did not write. Move it away, or: make demo DEMO=elsewhere"; \
		exit 1; fi
	@rm -rf -- "$(DEMO)"
	@echo "$(abspath $(DEMO))" >> $(VENV)/.demos
	$(BIN)/kizuna demo "$(DEMO)"

test: $(INSTALLED_DEV)  ## Run the tests
	$(BIN)/pytest -m "not slow and not postgres and not mail and not browser and not model and not spark" --numprocesses auto --dist loadfile

slow: $(INSTALLED_DEV)  ## Run the tests that need minutes
	$(BIN)/pytest -m "slow and not postgres and not mail and not browser and not model and not spark" --numprocesses auto --dist loadfile

postgres: $(INSTALLED_DEV)  ## Run the tests against the PostgreSQL that TEST_POSTGRES_URL names
	$(BIN)/pytest -m postgres -rs

mail: $(INSTALLED_DEV)  ## Run the tests against real Postfix and Dovecot servers
	$(BIN)/pytest -m mail -rs

browser: $(INSTALLED_DEV)  ## Run the tests of the pages in headless Chromium
	$(BIN)/pytest -m browser -rs

model: $(INSTALLED_DEV)  ## Run the tests against a real small language model
	$(BIN)/pytest -m model -rs

spark: $(INSTALLED_DEV)  ## Run the tests of the features on Spark
	$(BIN)/pytest -m spark -rs

lint: style types  ## Check style, formatting and types

style: $(INSTALLED_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(INSTALLED_DEV)  ## Format the code and put imports in order
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .

# Type checkers don't follow an editable install: a link beside the code shows it to them as the package `kizuna`.
types: $(INSTALLED_DEV) .types/kizuna  ## Check the types
	$(BIN)/mypy -p kizuna

.types/kizuna:
	@mkdir -p .types && ln -sfn .. .types/kizuna

wheel: $(INSTALLED_DEV)  ## Build the wheel into dist/
	@rm -rf build dist
	$(BIN)/python -m build --wheel --outdir dist .
	@rm -rf build

clean:  ## Remove what was built; the virtual environment stays
	rm -rf build dist *.egg-info .types .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Kizuna needs Python 3.11 or later; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "$(PYTHON) can't make virtual environments; on Debian: apt install python3-venv"; exit 1; }

$(INSTALLED): pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) ..."
	@$(PIP) install --editable .
	@touch $@

$(INSTALLED_DEV): pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV), with what developing needs ..."
	@$(PIP) install --editable '.[dev,postgres]'
	@touch $(INSTALLED) $@
