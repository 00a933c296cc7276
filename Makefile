# `make` alone prints help. Everything runs in .venv, made on first use from the lock file.
.DEFAULT_GOAL := help
.PHONY: help demo demo-partyhelp up drop compare test model soak defects plants nights check check-sql format bench plan deploy destroy lock lock-providers clean

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
# The Terraform checks' packages (checkov, a provider's schema) don't agree with the others' versions.
TERRAFORM_STAMP := .venv-terraform/installed
PIP_INSTALL := -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r
UV_COMPILE := uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11

PORT ?= 8080
FUNCTIONS := $(notdir $(wildcard functions/*))
# Functions whose files are imported as functions.<stage>.<file>; the others' by their bare names.
PACKAGES := $(foreach function,$(FUNCTIONS),$(if $(shell grep -l "from functions.$(function)" functions/$(function)/main.py),functions/$(function)))
FLAT := $(filter-out $(notdir $(PACKAGES)),$(FUNCTIONS))

help: ## print this help
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-22s %s\n", $$1, $$2}'

demo: $(STAMP) ## run both pipelines from nothing on the local cloud, and show them
	@$(BIN)/python -m local demo

demo-partyhelp: $(STAMP) ## run Partyhelp alone; SYNC_DATE=2026-11-20 reruns a day, DATA_DIR=folder keeps it
	@$(BIN)/python -m local demo --pipeline partyhelp $(if $(SYNC_DATE),--sync-date "$(SYNC_DATE)") \
	  $(if $(DATA_DIR),--data-dir "$(DATA_DIR)")

up: $(STAMP) ## keep the local cloud running; PORT=8080, DATA_DIR=folder keeps its data
	@$(BIN)/python -m local up --port "$(PORT)" $(if $(DATA_DIR),--data-dir "$(DATA_DIR)")

drop: $(STAMP) ## drop a file into the running local cloud: DATASET=leads FILE=leads.csv
	@$(BIN)/python -m local drop "$(DATASET)" "$(FILE)"

compare: $(STAMP) ## show which figures this folder changes, on the local cloud: BASE=main
	@$(BIN)/python -m local compare "$(BASE)"

test: $(STAMP) $(TERRAFORM_STAMP) ## run every test but those of check-sql
	@$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --ignore tests/sql/analyser

model: $(STAMP) ## explore every state of the protocol: the old rules' faults, then the new rules
	@$(BIN)/python -m tests.model

soak: $(STAMP) ## simulate schedules until stopped; SCHEDULES=300 that many, FIRST=501 from there, SEED=7 replays one
	@$(BIN)/python -m tests.simulation $(if $(SEED),replay "$(SEED)",soak \
	  $(if $(SCHEDULES),--schedules "$(SCHEDULES)") $(if $(FIRST),--first "$(FIRST)"))

defects: $(STAMP) ## plant one defect after another in the protocol: the simulation catches every one
	@$(BIN)/python -m tests.simulation defects

nights: $(STAMP) ## simulate nights in order, whose checks raise no alarm: NIGHTS=365 a year
	@$(BIN)/python -m tests.nights --nights "$(or $(NIGHTS),14)"

plants: $(STAMP) ## plant errors in every table and column: the audit fails and names every one
	@$(BIN)/python -m tests.plants

check: $(STAMP) ## lint, format and types, without changing anything
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@MYPYPATH=functions/ingest_servicetitan:functions/ingest_partyhelp:functions/ingest_drop \
	  $(BIN)/mypy shared local operations bench deploy conform $(PACKAGES)
	@for function in $(FLAT); do \
	  MYPYPATH=functions/$$function $(BIN)/mypy functions/$$function/*.py || exit 1; \
	done

check-sql: $(STAMP) ## check statements and results against Google's SQL analyser
	@$(BIN)/python -m tests.sql.analyser
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile tests/sql/analyser

format: $(STAMP) ## format, and mend what lint can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMP) ## measure speed, memory and import times
	@$(BIN)/python -m bench

plan: $(STAMP) ## show what Terraform would change; checks tools and login first
	@$(BIN)/python -m deploy plan

deploy: $(STAMP) ## provision everything on Google Cloud
	@$(BIN)/python -m deploy apply

destroy: $(STAMP) ## take everything down that holds no data; docs/deploy.md tells how to take all
	@$(BIN)/python -m deploy destroy

lock: ## compile the lock files again (needs uv)
	$(UV_COMPILE) requirements/functions.in -o requirements/functions.lock
	$(UV_COMPILE) requirements/dev.in -c requirements/functions.lock -o requirements/dev.lock
	$(UV_COMPILE) requirements/terraform.in -o requirements/terraform.lock
	for function in $(FUNCTIONS); do \
	  $(UV_COMPILE) functions/$$function/requirements.txt -c requirements/functions.lock \
	    -o functions/$$function/requirements.lock || exit 1; \
	done

lock-providers: ## write Terraform's lock file for linux, mac and windows (needs Terraform's registry)
	terraform -chdir=terraform providers lock -platform=linux_amd64 -platform=darwin_amd64 \
	  -platform=darwin_arm64 -platform=windows_amd64

clean: ## remove the environments and everything that was built
	rm -rf .venv .venv-terraform build

$(STAMP): requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Baton needs Python 3.11 or newer, found " + sys.version.split()[0] + ": say which, as in make PYTHON=python3.12")'
	@echo "Installing into .venv, once: a minute or two"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python $(PIP_INSTALL) requirements/dev.lock
	@touch $@

$(TERRAFORM_STAMP): requirements/terraform.lock $(STAMP)
	@echo "Installing into .venv-terraform, once: a minute or two"
	@$(PYTHON) -m venv .venv-terraform
	@.venv-terraform/bin/python $(PIP_INSTALL) requirements/terraform.lock
	@touch $@
