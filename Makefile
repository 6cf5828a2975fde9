# Run `make` to see what there is. Every target works as the first command on a bare clone: it installs what it needs into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test test-spark campaign check format bench bench-ratio docs lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: $(INSTALLED) ## Create .venv from requirements.lock (hashes required) and install trueup into it

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("trueup needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
	@touch $@

demo: $(INSTALLED) ## Synthetic state, every program, statements: from claims to dollars, into build/demo
	@rm -rf build/demo
	$(BIN)/trueup demo --out build/demo

test: $(INSTALLED) ## Run all tests
	$(BIN)/python -m pytest -n $(WORKERS)

test-spark: $(INSTALLED) ## Every step of every program on DuckDB and Spark, row for row, and on a cluster (LINES=100000; needs Java 17)
	TRUEUP_SPARK=1 TRUEUP_REQUIRE_SPARK=1 TRUEUP_SPARK_LINES=$(or $(LINES),100000) $(BIN)/python -m pytest tests/engines tests/engines/full.py

campaign: $(INSTALLED) ## Long property and life campaigns: many more random examples than `make test` tries
	TRUEUP_HYPOTHESIS=deep TRUEUP_CAMPAIGN=250 TRUEUP_ORACLE_EXAMPLES=200 TRUEUP_FLOW_EXAMPLES=30 $(BIN)/python -m pytest -n $(WORKERS) tests/properties tests/oracle tests/life tests/unit/ledger tests/unit/remittance

check: $(INSTALLED) ## Style, types, import contracts, SQL dialect, and the rule files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/docs/test_sql_steps.py
	$(BIN)/trueup check programs --rules-only

format: $(INSTALLED) ## Rewrite sources in the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(INSTALLED) ## Time every stage against a bare scan (LINES=250000,500000,1000000 ONLY="scan run" REPEAT=3 COLD=0 OPTIONS=)
	$(BIN)/python benchmarks/run.py $(if $(LINES),--lines $(LINES)) $(if $(ONLY),--only $(ONLY)) $(if $(REPEAT),--repeat $(REPEAT)) $(if $(COLD),--cold $(COLD)) $(OPTIONS)

bench-ratio: $(INSTALLED) ## The whole run after intake over a bare scan of the same lines, as the last line (LINES=10000000)
	$(BIN)/python benchmarks/run.py --ratio --lines $(or $(LINES),10000000) $(if $(REPEAT),--repeat $(REPEAT)) $(OPTIONS)

docs: $(INSTALLED) ## Renew the generated reference pages and build the documentation site into site/
	$(BIN)/python scripts/reference.py
	$(BIN)/zensical build --clean

lock: $(INSTALLED) ## Renew requirements.lock (settings: [tool.uv.pip] in pyproject.toml)
	$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --all-extras --group dev --output-file requirements.lock

clean: ## Remove everything that can be made again, .venv included
	rm -rf $(VENV) build dist site .cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
