# `make` alone prints this help. Everything runs in .venv, made on first use from the lock file.
.DEFAULT_GOAL := help
.PHONY: help demo demo-partyhelp up drop test check format bench lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
PORT ?= 8080
FUNCTIONS := $(notdir $(wildcard functions/*))

help: ## print this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | awk -F'|' '{printf "%-24s %s\n", $$1, $$2}'

demo: $(STAMP) ## run both pipelines from nothing on the local cloud, and show them
	@$(BIN)/python -m local demo

demo-partyhelp: $(STAMP) ## run Partyhelp alone; SYNC_DATE=2026-11-20 reruns a day
	@$(BIN)/python -m local demo --pipeline partyhelp $(if $(SYNC_DATE),--sync-date $(SYNC_DATE))

up: $(STAMP) ## keep the local cloud running; PORT=8080, DATA_DIR=folder keeps its data
	@$(BIN)/python -m local up --port $(PORT) $(if $(DATA_DIR),--data-dir $(DATA_DIR))

drop: $(STAMP) ## drop a file into the running local cloud: DATASET=leads FILE=leads.csv
	@$(BIN)/python -m local drop "$(DATASET)" "$(FILE)"

test: $(STAMP) ## run every test
	@$(BIN)/python -m pytest

check: $(STAMP) ## lint, format and types, without changing anything
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@MYPYPATH=functions/ingest_servicetitan:functions/ingest_partyhelp $(BIN)/mypy shared local operations bench deploy
	@for function in $(FUNCTIONS); do \
	  MYPYPATH=functions/$$function $(BIN)/mypy functions/$$function/*.py || exit 1; \
	done

format: $(STAMP) ## format, and mend what lint can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMP) ## measure speed, memory and import times
	@$(BIN)/python -m bench

lock: ## compile the lock files again (needs uv)
	uv pip compile --universal --generate-hashes --no-annotate --no-header --python-version 3.11 requirements/functions.in -o requirements/functions.lock
	uv pip compile --universal --generate-hashes --no-annotate --no-header --python-version 3.11 requirements/dev.in -c requirements/functions.lock -o requirements/dev.lock

clean: ## remove the environment and everything that was built
	rm -rf $(VENV) build

$(STAMP): requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Baton needs Python 3.11 or newer; found " + sys.version.split()[0] + ". Say which: make PYTHON=python3.12")'
	@echo "Installing into $(VENV), once (a minute or two)..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $(STAMP)
