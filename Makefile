SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

CORE_OLD := .venv/core-2.18
CORE_A := .venv/core-2.19
CORE_B := .venv/core-2.21
DEMO := .venv/demo
MUTATION := .venv/mutation
ENVIRONMENT_INPUTS := $(wildcard requirements*.txt) tools/make-environment tools/get_amazon_aws.py
PYTHON_SOURCES := plugins tests tools

.PHONY: help
help: ## Lists the targets.
	@sed -n 's/^\([a-z0-9.-]*\):[^#]*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | sort | expand -t 18

## Environments

.PHONY: environments
environments: ## Makes the virtual environments of all tests.
	@tools/check-machine
	@$(MAKE) --jobs 2 $(CORE_OLD)/ready $(CORE_A)/ready $(CORE_B)/ready

# The oldest of everything; ansible-core alone, without the package ansible.
$(CORE_OLD)/ready: $(ENVIRONMENT_INPUTS)
	AMAZON_FROM=12.0.0 tools/make-environment $(@D) 3.11 \
		ansible-core==2.18.19 boto3==1.43.71 botocore==1.43.71 -r requirements-pytest.txt

$(CORE_A)/ready: $(ENVIRONMENT_INPUTS)
	tools/make-environment $(@D) 3.11 -r requirements-lint.txt

$(CORE_B)/ready: $(ENVIRONMENT_INPUTS)
	tools/make-environment $(@D) 3.13 -r requirements-clients.txt

$(DEMO)/ready: $(ENVIRONMENT_INPUTS)
	tools/make-environment $(@D) '3.13 3.12 3.11' -r requirements-demo.txt

$(MUTATION)/ready: $(ENVIRONMENT_INPUTS)
	tools/make-environment $(@D) 3.13 -r requirements-mutation.txt

.PHONY: clean
clean: ## Removes everything that these targets make.
	rm -rf .venv .ansible .hypothesis .mypy_cache .pytest_cache .ruff_cache collections tests/output

## Tests

# Which tests run on which ansible-core: tests/cores.txt.
CORES := 2.18 2.19 2.21
FUNCTIONAL := $(addprefix functional-,$(CORES))
# The longest first. The step coverage is functional-2.21, and counts what it runs.
STEPS := functional-2.19 coverage integration-2.19 functional-2.18 sanity ansible-lint units-2.18 docs package \
	docs-lint lint types changelog-lint
ON_CORE_A := lint format types docs-lint docs changelog-lint ansible-lint package

$(ON_CORE_A) sanity integration-2.19: $(CORE_A)/ready
$(ON_CORE_A): export PATH := $(CURDIR)/$(CORE_A)/bin:$(PATH)
units-2.18: $(CORE_OLD)/ready
coverage: $(CORE_B)/ready
$(FUNCTIONAL): functional-%: .venv/core-%/ready

.PHONY: test
test: ## Runs all tests; about ten minutes.
	@tools/run-steps environments $(STEPS)

.PHONY: format
format: ## Rewrites the Python files in the project's format.
	ruff check --fix $(PYTHON_SOURCES)
	ruff format $(PYTHON_SOURCES)

.PHONY: lint
lint: ## Checks Python, shell and YAML files.
	ruff check $(PYTHON_SOURCES)
	ruff format --check $(PYTHON_SOURCES)
	python tools/check_sizes.py $(PYTHON_SOURCES)
	shellcheck $$(grep -rlI --exclude-dir=output '^#!/usr/bin/env bash' .ci findings tools tests)
	yamllint --strict .

.PHONY: types
types: ## Checks the types of the collection, the emulator and the tools.
	MYPYPATH=$(CORE_A)/tree mypy -p ansible_collections.acx.cleanrooms.plugins
	MYPYPATH=tests mypy -p emulator
	mypy tools

.PHONY: sanity
sanity: ## Runs ansible-test sanity on what is published.
# The rest is no part of the collection; lint and types check it.
	tools/ansible-test $(CORE_A) sanity --exclude tests/ --exclude tools/

.PHONY: units-2.18
units-2.18: ## Runs the unit tests with ansible-test on ansible-core 2.18 and the oldest libraries, Python 3.11.
	tools/ansible-test $(CORE_OLD) units

.PHONY: functional $(FUNCTIONAL)
functional: ## Runs tests/cores.txt's tests (CORE=2.19 for one core's, FOLDER=... for others on it, ARGS="-n 0 -k word").
functional: $(addprefix functional-,$(or $(CORE),$(if $(FOLDER),2.21,$(CORES))))

# A file's tests stay together: they share their set-up.
run_functional = tests=$$(tools/chosen-tests $(1)); tree=$(CURDIR)/.venv/core-$(1)/tree; \
	PATH=$(CURDIR)/.venv/core-$(1)/bin:$$PATH ANSIBLE_COLLECTIONS_PATH=$$tree PYTHONPATH=$$tree \
	$(2) -m pytest -q --durations 15 -n 2 --dist loadfile $(or $(FOLDER),$$tests) $(ARGS)

$(FUNCTIONAL): functional-%:
	$(call run_functional,$*,python)

.PHONY: coverage
coverage: ## Runs functional-2.21, which has the modules' tests and the unit tests, and shows what of plugins/ it covers.
	$(CORE_B)/bin/coverage erase
	$(call run_functional,2.21,coverage run)
	$(CORE_B)/bin/coverage combine -q
	$(CORE_B)/bin/coverage report

.PHONY: mutation
mutation: $(MUTATION)/ready ## Lists small changes of the code that plans and trusts that no test notices; some minutes.
	tools/mutation $(MUTATION)

.PHONY: integration-2.19
integration-2.19: ## Runs ansible-test integration against the emulator, ansible-core 2.19.
	tools/integration $(CORE_A)

.PHONY: docs-lint
docs-lint: ## Checks the documentation of the collection's plugins and roles.
# The ceiling keeps it from asking the checkout's git, which ignores .venv, for the files of amazon.aws.
	GIT_CEILING_DIRECTORIES=$(CURDIR) antsibull-docs lint-collection-docs \
		--plugin-docs --validate-collection-refs=dependent --skip-rstcheck .

.PHONY: docs
docs: ## Builds the documentation site and prints where it is.
	@ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/$(CORE_A)/tree tools/build-docs

.PHONY: changelog-lint
changelog-lint: ## Checks the changelog fragments.
	antsibull-changelog lint

.PHONY: ansible-lint
ansible-lint: ## Runs ansible-lint in its production profile.
	ansible-lint --profile production

.PHONY: package
package: ## Builds the collection and gives it to Galaxy's importer.
	tools/import-collection

.PHONY: matrix
matrix: ## Tests on all combinations of versions in tests/matrix.txt; about an hour (ARGS=2.18 for one core's).
	tools/matrix $(ARGS)

## Demonstration

demo emulator benchmark: $(DEMO)/ready
demo benchmark: export PATH := $(CURDIR)/$(DEMO)/bin:$(PATH)
demo benchmark: export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/$(DEMO)/tree
benchmark: export PYTHONPATH := $(CURDIR)/$(DEMO)/tree

.PHONY: demo
demo: ## Shows the main job on five partners' invitations, offline.
	@tests/demo/run

.PHONY: emulator
emulator: ## Keeps an emulator running for hands-on play, and prints the variables to export.
	@echo 'export PATH=$(CURDIR)/$(DEMO)/bin:$$PATH'
	@echo 'export ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/$(DEMO)/tree'
	@$(DEMO)/bin/python tests/emulator --port 4570 --scenario tests/emulator/scenarios/demo.yml --print-env

.PHONY: benchmark
benchmark: ## Times the playbooks against an emulator as slow as AWS; about four minutes.
	@python tests/benchmark/benchmark.py $(ARGS)
