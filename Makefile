# vmsim: everything a user types. Each target does its own set-up: uv (installed beside the project when it is
# missing), the virtual environment .venv, and, where apt is there and may be used, the Debian packages for the tests.

SHELL := /bin/bash
PYTHON ?= python3
UV := $(shell command -v uv || echo $(CURDIR)/.tools/bin/uv)
export PATH := $(dir $(UV)):$(PATH)
RUN := $(UV) run --no-sync
PYTEST := $(RUN) pytest

.PHONY: boot test test-full test-kvm bench bench-kvm docs lint setup packages guests clean

boot: setup
	@$(RUN) vmsim run systems/debian.yaml

test: setup packages lint guests
	$(PYTEST) -m "not slow"

test-full: setup packages lint guests
	$(PYTEST)

# The engine for /dev/kvm, on this machine or in an emulated ARM server; fails where it can have neither.
test-kvm: setup packages guests
	$(PYTEST) -m "armserver and not slow" --arm-server=required -ra

bench: setup packages
	@$(RUN) python tools/bench.py

bench-kvm: setup packages
	@$(RUN) python tools/bench_kvm.py

docs: setup
	$(PYTEST) vmsim_core/tests tests -k "docs or documented"

lint: setup
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) lint-imports

setup: .venv/.ready

.venv/.ready: pyproject.toml vmsim_core/pyproject.toml $(wildcard plugins/*/pyproject.toml) \
              $(wildcard vmsim_core/setup.py plugins/*/setup.py) \
              $(wildcard vmsim_core/src/*/*.p?[xd] vmsim_core/src/*/*/*.p?[xd] plugins/*/src/*/*.p?[xd] plugins/arch_arm/src/*/*/*.p*) | $(UV)
	@echo "setting up .venv (compiles the simulator; about a minute the first time)"
	$(UV) sync --quiet
	@touch $@

# Without touching the system's Python: a virtual environment of its own, or a private folder where Debian's Python
# comes without venv.
$(CURDIR)/.tools/bin/uv:
	@echo "installing uv into .tools"
	@$(PYTHON) -m venv .tools >/dev/null 2>&1 && .tools/bin/pip --quiet install uv \
	  || { rm -rf .tools; $(PYTHON) -m pip --quiet install --target .tools uv; } \
	  || { echo "uv is missing and cannot be installed: install python3-venv or python3-pip, or uv itself" >&2; exit 1; }

packages:
	@tools/packages.sh

# Before the tests: building a kernel takes longer than a test may. What cannot be had here is skipped there.
guests:
	@for name in busybox busybox-stress hello debian-armmp realview realview-devices; do \
	  $(RUN) vmsim guest get $$name >/dev/null || true; done

clean:
	rm -rf .venv dist build .tools
