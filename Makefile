# Everything a working day needs, on a machine that has only Python 3.11+ and make.

VENV := .venv
BIN  := $(VENV)/bin
PIP  := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# A virtual environment whose Python was upgraded away is made anew.
$(shell [ -x $(BIN)/python ] || rm -rf $(VENV))

# The first Python that is new enough; `make PYTHON=/path/to/python3.12 …` chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)

.PHONY: help venv lint format test soak demo bench clean
.DELETE_ON_ERROR:

help:  ## Show this list
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

venv: $(VENV)/.dev  ## Make .venv with all that developing needs

lint: $(VENV)/.dev  ## Check style, types and the layers of the house
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "next: make format" >&2; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports > $(VENV)/lint-imports.txt || { cat $(VENV)/lint-imports.txt; exit 1; }

format: $(VENV)/.dev  ## Let the formatter have its way
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

test: lint  ## Lint, then run every test but the soak tests
	@$(BIN)/pytest -q -n 2 --dist worksteal -m "not soak"

soak: $(VENV)/.dev  ## Run the soak tests: kills and faults by the thousand
	@$(BIN)/pytest -q -m soak --timeout 0

demo: $(VENV)/.runtime  ## Play the quickstart against a local Glacier, with the runtime packages alone
	@$(BIN)/python demo/quickstart.py

bench: $(VENV)/.dev  ## Measure what the project promises of time and memory
	@for script in benchmarks/*.py; do $(BIN)/python "$$script" || exit 1; done

clean:  ## Remove what make and the tools have made
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { \
		echo "error: Python 3.11 or newer was not found" >&2; \
		echo "next: install it, or name it: make venv PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "error: $(PYTHON) is not Python 3.11 or newer" >&2; \
		echo "next: name one that is: make venv PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "error: $(PYTHON) comes without the venv and ensurepip modules" >&2; \
		echo "next: install them; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	@$(PIP) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@$(PIP) -e '.[dev]'
	@touch $(VENV)/.runtime $@
