# Every command that people and CI run. `make` alone lists them.
#
# An environment of its own lives in .venv; `.venv/bin/admittance` is the command. The stamps in it say which lock file
# was installed, so that nothing is installed twice.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
LOCK = pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --upgrade

# A program, and Debian's package that has it.
NEED = command -v $(1) >/dev/null || { echo "Installing $(2) ..."; \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null; } || \
	{ echo "There is no $(1), and it can't be installed here. On Debian and Ubuntu: apt-get install $(2)" >&2; exit 1; }

# Of the client in Python, whose generator needs another graphql-core.
PYTHON_CLIENT := .venv-client

PAYWALL := examples/react-paywall

# Of the documentation site. What the theme would say at every start stands in mkdocs.yml.
DOCS := .venv-docs
MKDOCS := NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/python -m mkdocs

CLIENTS := tests/clients tests/codegen tests/federation tests/schema_lint tests/stripe_node

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory

.PHONY: help install serve paywall test test-clients test-browser test-paywall test-docs test-redis proofs proofs-live \
	proofs-stripe fuzz bench bench-growth bench-protections check contract graphiql docs docs-serve pictures format lock clean

help: ## list these commands
	@echo "Admittance: which customer may use which feature, now or at any instant, and why."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s  %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "PORT= and DATABASE_URL= are honoured by serve, PYTHON= by whatever installs."

install: $(VENV)/installed ## make .venv with the locked dependencies and the command .venv/bin/admittance

serve: install ## migrate, load the demonstration data once, and serve http://127.0.0.1:8000/graphql
	@$(BIN)/admittance migrate
	@$(BIN)/admittance serve --demo

paywall: install $(PAYWALL)/node_modules/.package-lock.json ## serve a paywall in React over the demonstration data; needs Node 20
	@cd $(PAYWALL) && npm start --silent

test: $(VENV)/installed-dev ## run the whole test suite, on SQLite and on a real PostgreSQL
	@$(BIN)/python -m pytest -q -n auto --dist worksteal $(ARGS)

test-clients: $(VENV)/installed-dev $(PYTHON_CLIENT)/installed $(CLIENTS:=/node_modules/.package-lock.json) ## run clients in TypeScript and Python against the server; needs Node 20
	@$(BIN)/python -m pytest -q $(CLIENTS) $(ARGS)

test-browser: $(VENV)/installed-dev ## run GraphiQL of a built wheel in Chromium, which is installed if it can be
	@$(call NEED,chromium,chromium)
	@$(BIN)/python -m pytest -q tests/browser $(ARGS)

test-paywall: $(VENV)/installed-dev $(PAYWALL)/node_modules/.package-lock.json ## run the example of a paywall in Chromium; needs Node 20
	@$(call NEED,chromium,chromium)
	@$(BIN)/python -m pytest -q -o timeout=300 tests/paywall $(ARGS)

test-docs: $(VENV)/installed-dev $(DOCS)/installed ## build the documentation, and read it in Chromium, which is installed if it can be
	@$(call NEED,chromium,chromium)
	@$(BIN)/python -m pytest -q tests/site $(ARGS)

test-redis: $(VENV)/installed-dev ## share rate limits in a real Redis, which is installed if it can be
	@$(call NEED,redis-server,redis-server)
	@$(BIN)/python -m pytest -q tests/redis $(ARGS)

proofs: $(VENV)/installed-dev ## take an hour: 10,000 pairs of each kind and requests under /v1, the memory of 1,000,000 customers and 100,000 documents
	@CURRENCY_PAIRS=10000 MEMORY_CUSTOMERS=1000000 MEMORY_DOCUMENTS=100000 FUZZ_REST_REQUESTS=10000 \
		$(BIN)/python -m pytest -q -s -o timeout=0 \
		tests/operations/test_currency.py tests/service/test_served_currency.py tests/service/test_memory.py \
		tests/fuzz/test_generated_rest.py $(ARGS)

proofs-live: $(VENV)/installed-dev tests/clients/node_modules/.package-lock.json ## take three hours: 1,000 lives for each way of announcing, 200 kills of each kind, 500 lost connections
	@EVENT_LIVES=1000 EVENT_KILLS=200 WORKER_KILLS=200 CLOCK_KILLS=200 WEBHOOK_KILLS=200 \
		FOLLOW_ROUNDS=500 FOLLOWERS=5000 WEBHOOK_EVENTS=2000 ATTACH_CUSTOMERS=100000 \
		$(BIN)/python -m pytest -q -s -o timeout=0 \
		tests/operations/test_events_add_up.py tests/operations/test_attaching_for_a_crowd.py \
		tests/clients/test_resuming.py tests/service/test_many_followers.py \
		tests/service/webhooks/test_hostile_receiver.py tests/service/webhooks/test_killed.py \
		tests/service/test_worker_command.py tests/statements/test_advancing.py $(ARGS)

proofs-stripe: $(VENV)/installed-dev ## take an hour: a year of 500 customers of Stripe's, lost in part and reconciled, and 100 killed imports
	@STRIPE_CUSTOMERS=500 STRIPE_DAYS=364 STRIPE_KILLS=100 $(BIN)/python -m pytest -q -s -o timeout=0 \
		tests/stripe_source $(ARGS)

fuzz: $(VENV)/installed-dev ## send the running server 10,000 generated operations, and 2,500 requests under /v1
	@$(BIN)/python -m pytest -q -n auto --maxschedchunk 1 tests/fuzz $(ARGS)

bench: $(VENV)/installed-dev benchmarks/peers/node_modules/.package-lock.json ## measure Admittance beside other servers, in ten minutes; ARGS=--quick tries it in one
	@$(call NEED,wrk,wrk)
	@$(call NEED,taskset,util-linux)
	@$(BIN)/python -m benchmarks $(ARGS)

bench-growth: $(VENV)/installed-dev ## show how a page's cost grows, up to a million customers, in ten minutes
	@$(call NEED,wrk,wrk)
	@$(call NEED,taskset,util-linux)
	@$(BIN)/python -m benchmarks.growth $(ARGS)

bench-protections: $(VENV)/installed-dev ## compare the page operation with all protections on and off
	@$(BIN)/python -m benchmarks.protections

contract: $(VENV)/installed ## renew what is generated in graphql/ for client teams: both SDLs, introspection, possible types
	@$(BIN)/admittance schema write

graphiql: graphiql/node_modules/.package-lock.json ## build GraphiQL from graphiql/ anew; needs Node 20
	@cd graphiql && npm run build

docs: $(DOCS)/installed ## build the documentation into build/site
	@$(MKDOCS) build --quiet
	@echo "Open build/site/index.html"

pictures: $(VENV)/installed-dev ## draw the pictures of timelines in docs/pictures anew
	@$(BIN)/python -m docs.making.pictures

docs-serve: $(DOCS)/installed ## serve the documentation on http://127.0.0.1:8001, made anew at every change
	@$(MKDOCS) serve --dev-addr 127.0.0.1:8001

check: $(VENV)/installed-dev ## check style, types, layers and layout, and the schema: that it is written down, and against the last release's
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/admittance schema check
	@$(BIN)/admittance schema diff graphql/released/schema.graphql
	@$(BIN)/python -m pytest -q tests/service/test_layout.py

format: $(VENV)/installed-dev ## put the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: ## take the newest versions the bounds in pyproject.toml allow into the lock files
	@set -e; uv=$$(mktemp -d); trap 'rm -rf "$$uv"' EXIT; \
	$(PYTHON) -m venv "$$uv"; "$$uv/bin/python" -m pip install -qq --disable-pip-version-check uv; \
	"$$uv/bin/uv" $(LOCK) pyproject.toml --group build --output-file requirements.lock; \
	"$$uv/bin/uv" $(LOCK) pyproject.toml --group dev --constraints requirements.lock --output-file requirements-dev.lock; \
	"$$uv/bin/uv" $(LOCK) --group docs --constraints requirements.lock --output-file requirements-docs.lock
	@echo "Renewed requirements.lock, requirements-dev.lock and requirements-docs.lock."

clean: ## remove what is installed for Python and every cache; databases stay
	@rm -rf $(VENV) $(PYTHON_CLIENT) $(DOCS) .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Named by path and not phony: made once, and again when a lock file or the package's metadata changes.
$(VENV)/installed: requirements.lock pyproject.toml $(VENV)/created
	@echo "Installing what requirements.lock names into $(VENV) ..."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@echo "Installing what requirements-dev.lock names into $(VENV) ..."
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

$(PYTHON_CLIENT)/installed: tests/clients/python/requirements.lock $(VENV)/created
	@echo "Installing what $< names into $(PYTHON_CLIENT) ..."
	@$(PYTHON) -m venv --clear $(PYTHON_CLIENT)
	@$(PYTHON_CLIENT)/bin/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r $<
	@touch $@

$(DOCS)/installed: requirements-docs.lock $(VENV)/created
	@echo "Installing what requirements-docs.lock names into $(DOCS) ..."
	@$(PYTHON) -m venv --clear $(DOCS)
	@$(DOCS)/bin/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r $<
	@touch $@

# npm writes this file itself, last of all.
%/node_modules/.package-lock.json: %/package-lock.json
	@command -v npm >/dev/null || { echo "There is no npm. Install Node.js 20 or later." >&2; exit 1; }
	@echo "Installing what $< names ..."
	@cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(VENV)/created:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON). Install Python 3.11 or later, or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is $$($(PYTHON) --version 2>&1), and Admittance needs 3.11 or later. Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) can't make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@
