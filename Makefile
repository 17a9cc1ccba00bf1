# SPDX-License-Identifier: EUPL-1.2
# Two commands for a newcomer: `make demo` and `make test`. Everything is installed into .venv and node_modules.
PYTHON ?= python3
PORT ?= 8000
DATA ?= data
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
ASSETS := src/stadtkern/web/assets/manifest.json
# Where images set this, each process would compile all modules anew: half a second of a processor per start.
export PYTHONDONTWRITEBYTECODE :=
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test check format screenshots bench conformance assets clean lock
help: ## Show what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

demo: $(STAMPS)/runtime $(ASSETS) ## Start the demo city on http://localhost:8000 (PORT=, DATA=)
	@exec $(BIN)/stadtkern serve --demo --port $(PORT) --data $(DATA)

test: check ## Everything that must pass
	$(BIN)/pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

check: $(STAMPS)/test $(ASSETS) ## Format, lint, types, floors, sizes, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.check

format: $(STAMPS)/test ## Bring the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMPS)/test $(ASSETS) ## Measure what must be fast (BENCH="names", BENCH_ROWS=100000000)
	$(BIN)/python -m bench $(BENCH)

conformance: $(STAMPS)/test ## Judge any SensorThings service by the standard (STA_BASE_URL=http://host/path/v1.1)
	$(BIN)/pytest conformance --tb=short

screenshots: $(STAMPS)/test ## Pictures of every page of a running installation (PORT=, SESSION=, into screenshots/)
	$(BIN)/python -m tools.screenshots http://localhost:$(PORT) screenshots $(if $(SESSION),--session $(SESSION))

assets: $(ASSETS) ## Build what the browser loads

clean: ## Remove everything that was built (not the data)
	rm -rf $(VENV) node_modules src/stadtkern/web/assets bench-results conformance-report

lock: ## Pin the newest dependencies again (needs uv)
	@for set in runtime build test; do \
	  uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	    --no-header --quiet --upgrade requirements/$$set.in -o requirements/$$set.txt; done

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Stadtkern needs Python 3.11 or newer ($(PYTHON) is older). Name another one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv is missing. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Creating the Python environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(STAMPS)/runtime: requirements/runtime.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo "Installing the Python packages (some 100 MB at the first time) …"
	@$(PIP) install --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/test: requirements/test.txt $(STAMPS)/runtime
	@echo "Installing what the tests need …"
	@$(PIP) install --require-hashes -r requirements/test.txt
	@touch $@

$(ASSETS): package-lock.json tools/assets.mjs tools/lean.mjs tools/assets.py $(shell find src/stadtkern/ui src/stadtkern/web/locale -name "*.po" -o -path "*/ui/*" -type f 2>/dev/null) | $(STAMPS)/runtime
	@echo "Building the assets …"
	@$(BIN)/python -m tools.assets
	@touch $@
