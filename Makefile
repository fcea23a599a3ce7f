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
	@$(MAKE) --jobs 2 $(CORE_OLD)/ready $(CORE_A)/ready $(CORE_B)/ready

# The oldest of everything; ansible-core alone, without the package ansible.
$(CORE_OLD)/ready: $(ENVIRONMENT_INPUTS)
	AMAZON_FROM=12.0.0 tools/make-environment $(@D) 3.11 \
		ansible-core==2.18.19 boto3==1.37.15 botocore==1.37.15 -r requirements-pytest.txt

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

# Modules meet ansible-core 2.19 in the integration targets and 2.21 in the functional tests: one costs minutes.
# Two lanes for two cores. What installs a copy of the collection into one environment stays in one lane.
# The step coverage runs the unit tests on ansible-core 2.21.
TESTS := sanity units-2.18 integration-2.19 coverage functional-2.18
MORE_TESTS := functional-2.19 lint types functional-2.21 docs-lint docs changelog-lint ansible-lint package
ON_CORE_A := lint format types docs-lint docs changelog-lint ansible-lint package functional-2.19
ON_CORE_B := functional-2.21 coverage
ON_CORE_OLD := functional-2.18

$(ON_CORE_A) sanity integration-2.19: $(CORE_A)/ready
$(ON_CORE_B): $(CORE_B)/ready
$(ON_CORE_OLD) units-2.18: $(CORE_OLD)/ready
$(ON_CORE_A): export PATH := $(CURDIR)/$(CORE_A)/bin:$(PATH)
$(ON_CORE_B): export PATH := $(CURDIR)/$(CORE_B)/bin:$(PATH)
$(ON_CORE_OLD): export PATH := $(CURDIR)/$(CORE_OLD)/bin:$(PATH)
functional-2.18: TREE := $(CURDIR)/$(CORE_OLD)/tree
functional-2.19: TREE := $(CURDIR)/$(CORE_A)/tree
functional-2.21 coverage: TREE := $(CURDIR)/$(CORE_B)/tree

.PHONY: test
test: ## Runs all tests.
	@tools/run-steps environments '$(TESTS)' '$(MORE_TESTS)'

.PHONY: format
format: ## Rewrites the Python files in the project's format.
	ruff check --fix $(PYTHON_SOURCES)
	ruff format $(PYTHON_SOURCES)

.PHONY: lint
lint: ## Checks Python, shell and YAML files.
	ruff check $(PYTHON_SOURCES)
	ruff format --check $(PYTHON_SOURCES)
	python tools/check_sizes.py $(PYTHON_SOURCES)
	shellcheck $$(grep -rlI --exclude-dir=output '^#!/usr/bin/env bash' .ci tools tests)
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

.PHONY: functional-2.18 functional-2.19 functional-2.21
functional-2.18: ## Runs modules with bad input and the main playbooks on the oldest ansible-core, amazon.aws and boto3.
functional-2.19: ## Runs the playbooks and events against the emulator, ansible-core 2.19 (ARGS="-n 0 -k word").
functional-2.21: ## Runs contract, emulator, examples, report and hostile names, ansible-core 2.21; modules: coverage.
functional-2.18: FOLDER := $(addprefix tests/functional/, \
	engine/test_accept.py engine/test_leave.py engine/test_fuzz.py playbooks/test_playbooks_story.py)
# The playbooks left out here run on both ends, 2.18 and 2.21.
functional-2.19: FOLDER := $(addprefix tests/functional/, docs events automation playbooks) \
	$(addprefix --ignore=tests/functional/playbooks/test_playbooks_, story.py strangers.py)
functional-2.21: FOLDER := tests/contract $(addprefix tests/functional/, emulator examples report \
	playbooks/test_playbooks_strangers.py)
functional-2.18 functional-2.19 functional-2.21:
# A file's tests stay together: they share their set-up.
	ANSIBLE_COLLECTIONS_PATH=$(TREE) PYTHONPATH=$(TREE) python -m pytest -n 2 --dist loadfile $(FOLDER) $(ARGS)

.PHONY: coverage
coverage: ## Runs the modules and the unit tests, ansible-core 2.21, and shows what of plugins/ they cover.
# Bad input is slow to try, and tried once: in the step functional-2.18.
	coverage erase
	ANSIBLE_COLLECTIONS_PATH=$(TREE) PYTHONPATH=$(TREE) coverage run -m pytest -q -n 2 --dist loadfile \
		tests/unit tests/functional/engine --ignore tests/functional/engine/test_fuzz.py $(ARGS)
	coverage combine -q
	coverage report

.PHONY: mutation
mutation: $(MUTATION)/ready ## Lists small changes of the code that plans and trusts that no test notices; 20 minutes.
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
package: $(CORE_OLD)/ready
package: ## Builds the collection, gives it to Galaxy's importer, installs it and makes a first run.
	tools/import-collection
	python -m pytest tests/functional/package
	$(CORE_OLD)/bin/python -m pytest tests/functional/package/test_first_run.py

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
