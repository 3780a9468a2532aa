# Two commands do everything: `make demo` and `make test`. Each does its own set-up first.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

BIN := .venv/bin
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .deploy/uv/bin/uv)
export UV_PROJECT_ENVIRONMENT := .venv

.PHONY: help
help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: .venv/ready ## Virtual environment, Pulumi engine , AWS plugin (done by the others too)
	@$(BIN)/deploy setup

.deploy/uv/bin/uv:
	@echo "setup: uv $(UV_VERSION), the installer of the locked environment (a few seconds)"
	@python3 -m venv .deploy/uv
	@.deploy/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# A virtual environment names the folder that it was made in: in one that was moved or copied it is made again.
MADE_HERE := [ "$$(cat .venv/ready 2>/dev/null)" = "$(CURDIR)" ]
ifneq ($(shell $(MADE_HERE) && echo yes),yes)
.PHONY: .venv/ready
endif

.venv/ready: uv.lock pyproject.toml | $(UV)
	@echo "setup: virtual environment from uv.lock (half a minute the first time)"
	@$(MADE_HERE) || rm -rf .venv
	@$(UV) sync --quiet --frozen --all-extras
	@echo "$(CURDIR)" > $@

, := ,
define run
echo; echo "\$$ $(1)"; $(BIN)/$(1)
endef

.PHONY: demo
demo: setup ## Deploy dev, staging and prod into the sandbox, account by account
	@$(call run,deploy sandbox up)
	@$(call run,deploy bootstrap --yes)
	@$(call run,deploy up --stacks dev$(,)staging$(,)prod --yes)
	@echo; echo "Each URL answers from its own account: try  curl URL/health"
	@echo "Go on with  $(BIN)/deploy --help ; stop with  make down"

.PHONY: check
check: .venv/ready ## Format, lint, types, import contracts, unit, property and infra tests: under a minute
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -n 2 tests/architecture tests/unit tests/properties tests/infra tests/configuration

.PHONY: test
test: setup check ## Everything: check, then all that needs the sandbox and the engine
	@$(BIN)/python -m tests.real_plugin --if-possible >/dev/null
	@echo "test: contracts and end-to-end stories against sandboxes on loopback (several minutes)"
	@$(BIN)/pytest -n 2 --dist worksteal --told-by best tests/command tests/contract tests/e2e tests/jenkins

.PHONY: test-real
test-real: setup ## The stories that must pass with the real AWS plugin, where its provider is on this machine
	@$(BIN)/python -m tests.real_plugin >/dev/null
	@$(BIN)/pytest -n 2 --dist worksteal -m real_plugin tests/contract tests/e2e

BENCH ?=

.PHONY: bench
bench: setup ## deploy against what a user would otherwise do, side by side. Some of it with BENCH="three drift help fleet large"
	@$(BIN)/python -m bench $(BENCH)

CHAOS ?=

.PHONY: chaos
chaos: setup ## Faults at the moments of a run over three stacks: what breaks. Replay with CHAOS="--seed N --only 'NAME'"
	@$(BIN)/python -m tests.chaos $(CHAOS)

.PHONY: docs
docs: .venv/ready ## The reference pages that are made from the code
	@$(BIN)/python -m generate.command_reference > docs/reference/commands.md
	@$(BIN)/python -m generate.findings_reference > docs/reference/findings.md
	@$(BIN)/python -m generate.failure_model > docs/explanation/failure-model.md

.PHONY: down
down: ## Stop the demo's sandbox; its accounts are kept
	@$(BIN)/deploy sandbox down

.PHONY: clean
clean: ## Stop the sandbox and remove everything that was made here; the engine's cache stays
	@if [ -x $(BIN)/deploy ]; then $(BIN)/deploy sandbox down || true; fi
	@rm -rf .deploy .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
