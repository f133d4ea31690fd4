# Two commands: `make report` and `make test`.  `make help` lists the rest.
PYTHON  ?= python3
PROFILE ?= quick
BIN     := .venv/bin
UV      := uv==0.13.9

.PHONY: help env report verify test test-other lint lab bench lock clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile

env: .venv/ready  ## create .venv with every package at its locked version

# The stamp is written last, so a half-made environment is finished by the next call.
.venv/ready: requirements.lock pyproject.toml bundle/jupyter/jupyter_config.py
	@$(PYTHON) -c 'import sys; v=sys.version_info[:2]; sys.exit(None if (3,11)<=v<(3,14) else "Python 3.11 to 3.13 is needed, this is %d.%d; name another with: make PYTHON=python3.12" % v)'
	@echo "Creating .venv (about 6 GB with the CUDA build of torch on Linux; a minute once downloaded)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { rm -rf .venv && $(PYTHON) -m venv .venv; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	$(BIN)/uv pip sync --python $(BIN)/python --require-hashes --compile-bytecode --quiet requirements.lock
	$(BIN)/uv pip install --python $(BIN)/python --no-deps --no-build-isolation --quiet -e .
	@mkdir -p .venv/etc/jupyter && cp bundle/jupyter/jupyter_config.py .venv/etc/jupyter/
	@touch $@

report: env  ## train, execute the notebooks, make PDF and page (PROFILE=quick | committed)
	@$(BIN)/python -m bundle.commands.report profiles/$(PROFILE).yaml

verify: env  ## derive the committed results again and compare, five minutes of training (HOW=all: every run)
	@$(BIN)/python -m bundle.commands.verify $(if $(filter all,$(HOW)),--minutes inf)

test: env  ## run every test
	$(BIN)/python -m pytest

# What is committed must not depend on the processor: held to what every x86-64 has, and without a C compiler.
OTHER := ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 MKL_ENABLE_INSTRUCTIONS=SSE4_2 CELLS_COMPILER=
NO_ARITHMETIC := tests/lib/test_mnist.py tests/bundle/study tests/bundle/commands/test_ending.py tests/test_environment.py
NO_ARITHMETIC += $(addprefix tests/bundle/,notebook/test_parameters.py render/test_npm.py render/test_page_browser.py)

test-other: env  ## run the tests that compute as another processor would, without AVX and a compiler
	$(OTHER) $(BIN)/python -m pytest $(NO_ARITHMETIC:%=--ignore=%)

lint: env  ## ruff
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

bench: env  ## time cells, study and GAN against their goals: results/bench-*.json
	$(BIN)/python -m benchmarks.lstm
	$(BIN)/python -m benchmarks.study
	$(BIN)/python -m benchmarks.gan

lab: env  ## open JupyterLab on the three notebooks
	$(BIN)/jupyter lab

lock:  ## pin the newest versions of what pyproject.toml names
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --group dev --upgrade pyproject.toml -o requirements.lock

clean:  ## remove build/ (the environment and MNIST stay)
	rm -rf build
