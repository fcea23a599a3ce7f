SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

CORE_A := .venv/core-2.19
CORE_B := .venv/core-2.21
DEMO := .venv/demo
ENVIRONMENT_INPUTS := $(wildcard requirements*.txt) tools/make-environment
PYTHON_SOURCES := plugins tests tools

.PHONY: help
help: ## Lists the targets.
	@sed -n 's/^\([a-z0-9.-]*\):[^#]*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | sort | expand -t 18

## Environments

.PHONY: environments
environments: $(CORE_A)/ready $(CORE_B)/ready ## Makes the virtual environments of all tests.

$(CORE_A)/ready: $(ENVIRONMENT_INPUTS)
	tools/make-environment $(@D) requirements-lint.txt 3.11

$(CORE_B)/ready: $(ENVIRONMENT_INPUTS)
	tools/make-environment $(@D) requirements-test.txt 3.13

$(DEMO)/ready: $(ENVIRONMENT_INPUTS)
	tools/make-environment $(@D) requirements-demo.txt 3.13 3.12 3.11

.PHONY: clean
clean: ## Removes everything that these targets make.
	rm -rf .venv .ansible .hypothesis .mypy_cache .pytest_cache .ruff_cache collections tests/output

## Tests

STEPS := environments lint types units-2.19 units-2.21 functional-2.19 functional-2.21 sanity \
	integration-2.19 integration-2.21 docs-lint changelog-lint ansible-lint importer

.PHONY: test
test: ## Runs all tests.
	@tools/run-steps $(STEPS)

.PHONY: format
format: $(CORE_A)/ready ## Rewrites the Python files in the project's format.
	$(CORE_A)/bin/ruff check --fix $(PYTHON_SOURCES)
	$(CORE_A)/bin/ruff format $(PYTHON_SOURCES)

.PHONY: lint
lint: $(CORE_A)/ready ## Checks Python, shell and YAML files.
	$(CORE_A)/bin/ruff check $(PYTHON_SOURCES)
	$(CORE_A)/bin/ruff format --check $(PYTHON_SOURCES)
	$(CORE_A)/bin/shellcheck $$(git grep -lI '^#!/usr/bin/env bash')
	$(CORE_A)/bin/yamllint --strict .

.PHONY: types
types: $(CORE_A)/ready ## Checks the types of the collection, the emulator and the tools.
	MYPYPATH=$(CORE_A)/tree $(CORE_A)/bin/mypy -p ansible_collections.acx.cleanrooms.plugins
	$(CORE_A)/bin/mypy tests/emulator tools

.PHONY: sanity
sanity: $(CORE_A)/ready ## Runs ansible-test sanity.
	tools/ansible-test $(CORE_A) sanity

.PHONY: units-2.19 units-2.21
units-2.19: $(CORE_A)/ready ## Runs the unit tests on ansible-core 2.19 and Python 3.11.
	tools/ansible-test $(CORE_A) units
units-2.21: $(CORE_B)/ready ## Runs the unit tests on ansible-core 2.21 and Python 3.13.
	tools/ansible-test $(CORE_B) units

define functional
ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/$(1)/tree PYTHONPATH=$(CURDIR)/$(1)/tree PATH="$(CURDIR)/$(1)/bin:$$PATH" \
	python -m pytest tests/functional $(ARGS)
endef

.PHONY: functional-2.19 functional-2.21
functional-2.19: $(CORE_A)/ready ## Runs modules and playbooks against the emulator, ansible-core 2.19 (ARGS="-k word").
	$(call functional,$(CORE_A))
functional-2.21: $(CORE_B)/ready ## The same on ansible-core 2.21.
	$(call functional,$(CORE_B))

.PHONY: integration-2.19 integration-2.21
integration-2.19: $(CORE_A)/ready ## Runs ansible-test integration against the emulator, ansible-core 2.19.
	tools/integration $(CORE_A)
integration-2.21: $(CORE_B)/ready ## The same on ansible-core 2.21.
	tools/integration $(CORE_B)

.PHONY: docs-lint
docs-lint: $(CORE_A)/ready ## Checks the documentation of the collection's plugins and roles.
	$(CORE_A)/bin/antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=self --skip-rstcheck .

.PHONY: changelog-lint
changelog-lint: $(CORE_A)/ready ## Checks the changelog fragments.
	$(CORE_A)/bin/antsibull-changelog lint

.PHONY: ansible-lint
ansible-lint: $(CORE_A)/ready ## Runs ansible-lint in its production profile.
	PATH="$(CURDIR)/$(CORE_A)/bin:$$PATH" ansible-lint --profile production

.PHONY: importer
importer: $(CORE_A)/ready ## Builds the collection and gives it to Galaxy's importer.
	tools/import-collection $(CORE_A)

## Demonstration

.PHONY: demo
demo: $(DEMO)/ready ## Shows the main job on five partners' invitations, offline.
	tests/demo/run $(DEMO)

.PHONY: emulator
emulator: $(DEMO)/ready ## Keeps an emulator running for hands-on play, and prints the variables to export.
	tools/emulator $(DEMO)
