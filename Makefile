# Everything needs only Python 3.11 or newer and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
SKIPPED_WITHOUT := $(addprefix tests/test_,engine_jax.py mixed_precision.py compat_sklearn.py programs.py) # JAX, scikit-learn
SHARED := -n auto --maxprocesses 4 # tests are shared out among as many processes as there are cores, up to these

.PHONY: help train test slow damage notebooks judges sanitize lint docs bench clean

help:
	@echo "make train    train a network on handwritten digits"
	@echo "make test     the quick tests"
	@echo "make slow     the slow tests: real handwritten digits, random networks"
	@echo "make damage   200 kills and 10,000 damaged files of each format"
	@echo "make notebooks  every notebook, with its figures in build/notebooks"
	@echo "make judges   the numbers against PyTorch, JAX, Keras and scikit-learn"
	@echo "make sanitize the native kernels under the address and undefined-behaviour sanitizers"
	@echo "make lint     style, types and the order of the floors"
	@echo "make docs     the manual, in site/"
	@echo "make bench    the benchmarks, against every peer that is installed"
	@echo "make clean    remove what the others made"

train: $(VENV)/.plots
	@$(BIN)/pellucid train

test: $(VENV)/.test
	$(BIN)/python -m pytest $(SHARED) --ignore=tests/judges -m "not slow"

slow: $(VENV)/.test
	$(BIN)/python -m pytest --ignore=tests/judges -m slow

damage: $(VENV)/.test
	PELLUCID_KILLS=200 PELLUCID_MUTATIONS=10000 $(BIN)/python -m pytest --durations=0 -k "kill or mutat or damage or bit_flip" \
	  tests/test_formats.py tests/test_damage.py tests/test_resume.py tests/test_safetensors.py

notebooks: $(VENV)/.plots
	scripts/notebooks $(BIN)/pellucid

judges: $(VENV)/.judges
	$(BIN)/python -m pytest $(SHARED) tests/judges $(SKIPPED_WITHOUT)

sanitize: $(VENV)/.made
	scripts/sanitize $(BIN)/python

lint: $(VENV)/.check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src
	$(BIN)/lint-imports

docs: $(VENV)/.docs
	$(BIN)/mkdocs build --strict

bench: $(VENV)/.plots
	$(BIN)/pellucid bench

clean:
	rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment itself: an empty one, made anew whenever pyproject.toml changes.
$(VENV)/.made: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Pellucid needs Python 3.11 or newer, but '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo missing)."; \
	  echo "Say which one to use: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear $(VENV) || { \
	  echo "'$(PYTHON) -m venv' failed. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@touch $@

# The package with its native core, built again when a source of the core changes.
NATIVE := CMakeLists.txt $(wildcard src/pellucid/native/*.cpp src/pellucid/native/*.h)
$(VENV)/.installed: $(VENV)/.made $(NATIVE)
	@echo "Installing Pellucid and building its native core, if there is a compiler; about a minute ..."
	@$(PIP) --editable .
	@touch $@

# One file for each extra that is installed; the package is there already, so only what the extra names is fetched.
$(VENV)/.judges: $(VENV)/.made | $(VENV)/.installed
	@echo "Installing the judges (PyTorch, JAX, Keras, scikit-learn, ...), some 1.5 GB; this takes minutes ..."
	@$(PIP) torch==2.13.0
	@$(PIP) 'pellucid[judges]'
	@touch $@

$(VENV)/.plots $(VENV)/.test $(VENV)/.check $(VENV)/.docs: $(VENV)/.%: $(VENV)/.made | $(VENV)/.installed
	@echo "Installing what '$*' needs ..."
	@$(PIP) 'pellucid[$*]'
	@touch $@
