# One entry point for people and for CI. `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TARGET ?= $(or $(DBT_TARGET),duckdb)
VARS ?= {}
SOURCE ?=
FILE ?=
PYTEST ?=
WORKERS ?= 2
PYTHON ?= python3

# Recipes read these from the environment, so that a map of many lines, or a quote, arrives whole.
export TARGET VARS SOURCE FILE
export DBT_TARGET := $(TARGET)
export DBT_PROFILES_DIR := $(CURDIR)
export DO_NOT_TRACK := 1

# pip compiles nothing, so a module is compiled when it is first imported. Where Python may not keep the
# outcome, as this variable has it in many images, each dbt compiles all that it imports once more.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
READY := .venv/.ready
SPARK_READY := .venv/.spark-ready
BENCH_READY := .venv/.bench-ready
ENGINE_READY := $(if $(filter spark,$(TARGET)),$(SPARK_READY),$(READY))
BOUNCER_READY := .venv-bouncer/.ready
BROWSER_READY := .venv/.browser-ready
BROWSERS := chromium chromium-browser google-chrome

# Pinned versions with hashes, and no address of any index.
COMPILE := uv pip compile --universal --generate-hashes --python-version 3.11 --no-strip-extras \
	--no-header --no-emit-index-url --quiet
INSTALL := pip install --quiet --no-compile --disable-pip-version-check --require-hashes

.PHONY: help build backtest dashboard setup test test-long load check-input roles lint docs bench bench-picture clean lock

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'
	@echo
	@echo "  Variables: TARGET=duckdb|postgres|spark  VARS='{dbt var: value, ...}'  SOURCE=dw|online_retail  FILE=path  FULL_REFRESH=1"

build: $(ENGINE_READY) profiles.yml ## build, test and publish every table: the demo company, or VARS='{connectors: [online_retail]}'
	@$(BIN)/python -m publish.build --target "$$TARGET" --vars "$$VARS" $(if $(FULL_REFRESH),--full-refresh)

backtest: $(ENGINE_READY) profiles.yml ## build as of earlier dates first, to see what each score was worth: score_backtest
	@$(BIN)/python -m publish.build --backtest --target "$$TARGET" --vars "$$VARS"

load: $(ENGINE_READY) profiles.yml ## load raw tables: SOURCE=online_retail FILE=lines.csv, or SOURCE=dw FILE=folder
	@$(BIN)/python -m ingest.load --source "$$SOURCE" --file "$$FILE" --target "$$TARGET" --vars "$$VARS"

dashboard: $(READY) profiles.yml ## open the page on what is published: TARGET=duckdb or postgres
	@$(BIN)/python -m streamlit run dashboard/server.py

check-input: $(ENGINE_READY) profiles.yml ## the gate: refuse raw tables that would make every number wrong
	@$(BIN)/python -m ingest.check_input --target "$$TARGET" --vars "$$VARS"

roles: $(ENGINE_READY) profiles.yml ## create the roles that vars page_role and analyst_role name, on PostgreSQL: TARGET=postgres VARS='{page_role: ...}'
	@$(BIN)/dbt run-operation create_roles --target "$$TARGET" --vars "$$VARS"

setup: $(BENCH_READY) $(BOUNCER_READY) $(BROWSER_READY) profiles.yml ## install all that tests and lint need, which they do by themselves

test: $(BENCH_READY) $(BROWSER_READY) profiles.yml ## all tests but the longest: units, generated companies, published results, all three engines
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST)

test-long: $(BENCH_READY) profiles.yml ## what takes hours: Online Retail II on all engines, long fuzz and kill runs, more companies
	INCREMENTAL_LOADS=16 KILLS=20 PROPERTY_EXAMPLES=28 $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder -m "long or not long" \
		tests/warehouse/test_parity.py tests/warehouse/test_incremental.py tests/warehouse/test_publish.py \
		tests/warehouse/test_spark.py tests/warehouse/test_properties.py

.PHONY: test-spark-cluster
test-spark-cluster: $(SPARK_READY) profiles.yml ## builds the demo company on a real Spark cluster that loses its workers
	$(BIN)/python -m pytest tests/cluster/build_while_workers_die.py

lint: lint-python lint-dbt ## style, types, and the project's own rules of names, layers and tests

.PHONY: lint-python lint-dbt
lint-python: $(BENCH_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lint-dbt: $(READY) $(BOUNCER_READY) profiles.yml
	$(BIN)/sqlfluff lint --processes 2 models tests analyses
	@! grep -rniE '::[a-z]|current_(date|timestamp)|localtimestamp|run_started_at|\bnow *\(' tests analyses --include='*.sql' \
		|| { echo 'A test or analysis casts by :: or reads the system clock.'; exit 1; }
	$(BIN)/dbt parse --vars '{connectors: [dw, online_retail]}' --no-partial-parse
	.venv-bouncer/bin/dbt-bouncer run

docs: $(ENGINE_READY) profiles.yml ## the dbt documentation site in target/, and the diagram in docs/
	$(BIN)/dbt docs generate --vars "$$VARS"
	$(BIN)/python docs/draw_star.py
	@echo "Open it with: $(BIN)/dbt docs serve"

bench: $(BENCH_READY) profiles.yml ## time builds and their peers: ENGINES='duckdb postgres' LINES='1000000' FILE=an Online Retail II file PEERS=...
	@$(BIN)/python -m bench.run

.PHONY: bench-shuffle
bench-shuffle: $(BENCH_READY) profiles.yml ## significant pairs of real and of shuffled baskets: FILE=a built DuckDB file VARS='{basket_min_support: 0}'
	@$(BIN)/python -m bench.shuffle --database "$(or $(FILE),opportunity.duckdb)" --vars "$$VARS"

.PHONY: bench-scores
bench-scores: $(BENCH_READY) profiles.yml ## the scores beside lifetimes, scikit-learn, implicit and mlxtend, on the same splits: FILE=an Online Retail II file DATES=10
	@$(BIN)/python -m bench.scores.run

.PHONY: bench-page
bench-page: $(BENCH_READY) profiles.yml ## the page alone and under load: ENGINE=postgres|duckdb LINES=600000 CUSTOMERS=5000 SESSIONS=50 SECONDS=300
	@$(BIN)/python -m bench.page_load

bench-picture: $(BENCH_READY) ## draw bench/results/benchmark.svg again, without running anything
	@$(BIN)/python -m bench.picture

clean: ## remove what builds leave behind; raw tables and the warehouse file stay
	rm -rf target logs .pytest_cache .hypothesis .mypy_cache .ruff_cache

lock: ## write the lock files anew from pyproject.toml (needs uv)
	$(COMPILE) pyproject.toml --group dev --output-file requirements/project.lock
	$(COMPILE) pyproject.toml --group dev --group spark \
		--constraint requirements/project.lock --output-file requirements/spark.lock
	$(COMPILE) pyproject.toml --group dev --group spark --group bench \
		--constraint requirements/spark.lock --output-file requirements/bench.lock
	$(COMPILE) --group bouncer --output-file requirements/bouncer.lock

profiles.yml:
	cp profiles.yml.example profiles.yml

$(READY): requirements/project.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, and $(PYTHON) is " + sys.version.split()[0] + ": name another by PYTHON=...")'
	@echo "Setting up .venv (once; about a minute)"
	$(PYTHON) -m venv --clear .venv
	$(BIN)/$(INSTALL) -r requirements/project.lock
	@touch $@

$(SPARK_READY): requirements/spark.lock $(READY)
	@echo "Adding Spark to .venv (once)"
	$(BIN)/$(INSTALL) -r requirements/spark.lock
	@touch $@

$(BENCH_READY): requirements/bench.lock $(SPARK_READY)
	@echo "Adding what the benchmark compares with to .venv (once)"
	$(BIN)/$(INSTALL) -r requirements/bench.lock
	@touch $@

# A browser for the tests of the page: one that is there, else Debian's, else Playwright's own.
$(BROWSER_READY): $(READY)
	@command -v $(BROWSERS) > /dev/null \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && echo "Installing Chromium (once)" \
			&& apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium > /dev/null; } \
		|| $(BIN)/playwright install chromium
	@touch $@

$(BOUNCER_READY): requirements/bouncer.lock
	@echo "Setting up .venv-bouncer (once)"
	$(PYTHON) -m venv --clear .venv-bouncer
	.venv-bouncer/bin/$(INSTALL) -r requirements/bouncer.lock
	@touch $@
