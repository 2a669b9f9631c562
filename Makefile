# Each target does all its own set-up; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo test check format clean

help:
	@echo 'make demo    a lobby of simulated guests goes through the Pimpinan procedure (about 2 minutes)'
	@echo 'make test    all tests (installs mosquitto from Debian where it may)'
	@echo 'make check   ruff and mypy --strict'
	@echo 'make format  let ruff format the code'
	@echo 'make clean   remove the virtual environment and caches'

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Gardu needs Python 3.11 or newer; say which with: make PYTHON=python3.12 ...'; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo 'On Debian: apt install python3-venv'; exit 1; }
	@echo 'Installing Gardu and its tools into $(VENV) ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(STAMP)
	@rm -rf demo-output
	@$(BIN)/gardu sim --procedure pimpinan --guests 8 --seed 2017 --speed 40 --data demo-output

test: $(STAMP)
	@sh tests/install-mosquitto.sh
	@$(BIN)/python -m pytest

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis demo-output
