# Each target does its own set-up; `make` without a target lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

BENCH := .venv-bench

.PHONY: help demo day lobby office picture office-picture test test-slow test-needs hardware-test bench bench-office soak soak-office deb deb-test lock sbom fuzz virtual-pi virtual-pi-quick check format clean

help:
	@echo 'make demo    a lobby of simulated guests goes through the Pimpinan procedure (about 2 minutes)'
	@echo 'make lobby   play the lobby yourself, in a browser (LESSON=reception: a guided shift)'
	@echo 'make day     a working day of two lobbies, 200 guests, and its report (about 2 minutes)'
	@echo 'make office  the central office with two simulated checkpoints, and its page in a browser'
	@echo 'make test    the quick tests (about 4 minutes; installs mosquitto from Debian where it may)'
	@echo 'make test-slow  the others: whole processes, kills, power cuts, browsers (about 12 minutes)'
	@echo 'make hardware-test CONFIG=FILE   on a Pi: the equipment, with a technician at the terminal'
	@echo 'make bench   what Gardu costs, against floors and peers measured in the same run (about 15 minutes)'
	@echo 'make bench-office  what a record costs the central office, against a bare loop (about 3 minutes)'
	@echo 'make soak    faults again and again, one table of losses (ROUNDS=1000: about 25 minutes)'
	@echo '             and the long forms of tests; DAYS=20: office days with drawn faults instead (about a minute a day)'
	@echo 'make soak-office  the central office under ten times the peak of 1,000 checkpoints (ARGS="--seconds 60"; about 14 minutes)'
	@echo 'make deb     the Debian package, into dist/ (SUITE=trixie ARCH=arm64 SUFFIX=+2; ALL=1: all four)'
	@echo 'make deb-test  installs, upgrades, interrupts and removes it in a Debian root (needs root, mmdebstrap)'
	@echo 'make lock    the newest versions of all libraries and tools, into the lock files; their licences'
	@echo 'make sbom    what Gardu is made of, as CycloneDX, into dist/'
	@echo 'make fuzz    hostile bytes for every reader (FUZZ_SECONDS=60 for each; TARGET=name: one)'
	@echo 'make virtual-pi  the Debian package in a virtual machine, under systemd (root; ROUNDS=100: a night)'
	@echo 'make virtual-pi-quick  the most telling tests of it'
	@echo 'make check   ruff, mypy --strict, and the import contracts of pyproject.toml'
	@echo 'make format  let ruff format the code'
	@echo 'make clean   remove the virtual environment and caches'

$(STAMP): pyproject.toml requirements.lock packaging/build-requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Gardu needs Python 3.11 or newer; say which with: make PYTHON=python3.12 ...'; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo 'On Debian: apt install python3-venv'; exit 1; }
	@echo 'Installing Gardu and its tools into $(VENV) ...'
	@sh packaging/install-locked.sh $(BIN)/python
	@touch $@

demo: $(STAMP)
	@rm -rf demo-output
	@$(BIN)/gardu sim --procedure pimpinan --guests 8 --seed 2017 --speed 40 --data demo-output

day: $(STAMP)
	@rm -rf day-output
	@$(BIN)/gardu sim day --seed $(or $(SEED),42) --data day-output

lobby: $(STAMP)
	@$(BIN)/gardu sim --page $(if $(LESSON),--lesson $(LESSON)) $(if $(CONFIG),--config '$(CONFIG)')

office: $(STAMP)
	@sh tests/install-mosquitto.sh
	@$(BIN)/gardu office demo

# Needs Debian's chromium.
picture: $(STAMP)
	@$(BIN)/python -m tests.sim.page.picture docs/lobby.png

office-picture: $(STAMP)
	@$(BIN)/python -m tests.office.board.picture docs/office-page.png

test-needs: $(STAMP)
	@sh tests/install-mosquitto.sh
	@sh tests/install-postgresql.sh
	@sh tests/install-fuse.sh
	@sh tests/install-pango.sh
	@sh tests/install-chromium.sh
	@sh tests/install-sandbox.sh
	@sh tests/install-prometheus.sh

test: test-needs
	@$(BIN)/python -m pytest -n 3 --dist worksteal -m 'not slow'

test-slow: test-needs
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m slow

# No time-out, because a person answers. Stop the daemon first: it occupies the equipment.
hardware-test: $(STAMP)
	@test -n '$(CONFIG)' || { echo 'Say which config: make hardware-test CONFIG=/etc/gardu/gardu.toml'; exit 2; }
	@GARDU_HARDWARE='$(abspath $(CONFIG))' $(BIN)/python -m pytest tests/hardware -v --timeout 0

# A separate environment, because mqtt-io's dependencies may conflict with ours. If it cannot be
# installed, the table has no rows of it.
$(BENCH)/.installed: pyproject.toml
	@$(PYTHON) -m venv $(BENCH)
	@echo 'Installing mqtt-io into $(BENCH) ...'
	@{ $(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check mqtt-io==2.7.0 gpiozero msgspec \
	  && $(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable . \
	  && touch $@; } || echo 'mqtt-io cannot be installed here: its rows are left out'

bench: $(STAMP) $(BENCH)/.installed
	@sh tests/install-mosquitto.sh
	@$(BIN)/python -m bench

bench-office: $(STAMP)
	@sh tests/install-mosquitto.sh
	@sh tests/install-postgresql.sh
	@$(BIN)/python -m bench --only office

soak: $(STAMP)
	@sh tests/install-mosquitto.sh
	@$(BIN)/python -m soak $(if $(DAYS),--days $(DAYS),--rounds $(or $(ROUNDS),1000)) $(if $(SEED),--seed $(SEED))
	@$(if $(DAYS),,GARDU_SOAK=1 $(BIN)/python -m pytest -n 2 -m 'longer or slow' --timeout 3600)

soak-office: $(STAMP)
	@sh tests/install-mosquitto.sh
	@sh tests/install-postgresql.sh
	@$(BIN)/python -m bench.office_load $(ARGS)

deb: $(STAMP)
	@PYTHONPATH=packaging/deb $(BIN)/python -m gardu_deb.build $(if $(ALL),--all) $(if $(SUITE),--suite $(SUITE)) \
	  $(if $(ARCH),--architecture $(ARCH)) $(if $(SUFFIX),--suffix=$(SUFFIX))

deb-test: $(STAMP)
	@GARDU_DEBIAN_ROOT=1 $(BIN)/python -m pytest -n 0 -v tests/packaging/test_package.py tests/packaging/test_lifecycle.py

# One file for all extras and tools, and the part of it that the Debian package contains; both for all
# Pythons and architectures. Read the change, then try it: make test, make deb.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --strip-extras --custom-compile-command 'make lock'
lock: $(STAMP)
	@$(LOCK) --upgrade --all-extras --output-file requirements.lock pyproject.toml
	@$(LOCK) --constraint requirements.lock --no-annotate --extra pi --extra stills --extra video \
	  --extra invitations --extra sealing --extra report --extra desk --output-file packaging/requirements.lock pyproject.toml
	@printf 'hatchling>=1.25\neditables>=0.5\n' | $(LOCK) --upgrade --output-file packaging/build-requirements.lock -
	@PYTHONPATH=packaging/deb $(BIN)/python -m gardu_deb.licences

sbom: $(STAMP)
	@sh packaging/sbom.sh $(BIN)

# What a target finds is written to tests/fuzz/found, with the bytes that show it.
fuzz: $(STAMP)
	@$(BIN)/python -m tests.fuzz --seconds $(or $(FUZZ_SECONDS),60) $(TARGET)

# Needs root, and installs QEMU from Debian where it may (docs/virtual-pi.md).
virtual-pi: $(STAMP)
	@$(BIN)/python -m virtual_pi

virtual-pi-quick: $(STAMP)
	@$(BIN)/python -m virtual_pi --quick

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .venv-* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis demo-output day-output
