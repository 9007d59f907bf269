# `make run` and `make test` need nothing but Python 3.11 and this checkout.
# Every other target can be run alone.

SHELL := /bin/sh
PY := .venv/bin/python
CODE := arbvault discovery analytics tests tools benchmarks manage.py
SHIPPED := arbvault discovery analytics tools manage.py
# One more than the cores of a small machine: tests of real processes wait more than they work.
WORKERS ?= 3
ARGS ?=
URL ?= http://127.0.0.1:8000/

.DEFAULT_GOAL := help
.PHONY: help run venv dev system test lint format ruff types imports security templates checks audited migrations \
        catalogue messages pytest fleet image bench drill screenshots audit clean distclean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

run: ## Install, migrate, start everything; HOST, PORT and KEEPA_API_KEY are honoured
	@tools/venv
	@exec $(PY) -m arbvault.run

test: dev system lint audited checks migrations catalogue pytest ## Everything, from a bare clone to green
	@echo "All green."

venv: ; @tools/venv
dev: ; @tools/venv --dev
system: ; @tools/system_packages

lint: ruff types imports templates security ## The static checks

ruff: dev ## Style and common mistakes
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: dev ## Rewrite the code in the house style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

types: dev ## mypy, strict
	$(PY) -m mypy

imports: dev ## Who may import whom (pyproject.toml)
	.venv/bin/lint-imports

security: dev ## bandit: what our own code does that an attacker could use
	@found=$$($(PY) -m bandit --quiet --configfile pyproject.toml --recursive $(SHIPPED) 2>&1) \
	    || { echo "$$found"; exit 1; }
	@echo "bandit: nothing in $(SHIPPED)."

templates: dev ## djade and djlint
	@files=$$(find templates discovery analytics -name '*.html' 2>/dev/null); \
	if [ -n "$$files" ]; then \
	    .venv/bin/djade --check --target-version 5.2 $$files && .venv/bin/djlint --lint --quiet $$files; \
	fi

checks: dev ## Django's system checks, warnings included
	$(PY) manage.py check --fail-level WARNING

migrations: dev ## The models and their migrations agree
	$(PY) manage.py makemigrations --check --dry-run

catalogue: dev ## The French catalogue is complete and compiled
	$(PY) -m tools.check_catalogue

messages: dev ## Bring the French catalogue up to date with the sources, and compile it
	$(PY) manage.py makemessages -l fr --no-location --no-obsolete -i var -i .venv -i tests
	$(PY) manage.py compilemessages -l fr

pytest: dev ## The tests; ARGS="-k purge" narrows them
	$(PY) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

fleet: dev ## The service's tests on an external PostgreSQL, through PgBouncer; ARGS narrows them
	$(PY) -m tests.fleet.suite -n $(WORKERS) --dist worksteal $(or $(ARGS),tests/discovery tests/analytics -m "not browser")

image: dev ## The image: built where a container engine runs, else its steps one by one (needs the network)
	IMAGE_PIP=run $(PY) -m pytest tests/deploy $(ARGS)

screenshots: dev ## Take the README's screenshots of the running site (URL=http://127.0.0.1:8000/)
	$(PY) -m tools.screenshots --url $(URL)

bench: dev ## The benchmarks
	@for file in cache_hit http month pages reading rows scoring sourcing_day; do echo "== $$file"; $(PY) benchmarks/$$file.py || exit 1; done
	@echo "== http --restart"; $(PY) benchmarks/http.py --restart

drill: dev ## Kills, floods and faults, with real processes (a quarter of an hour and more)
	$(PY) benchmarks/drill.py

audit: dev ## Known vulnerabilities in what is installed (needs the network)
	$(PY) -m tools.audit

audited: dev ## Fails for what is known to be vulnerable; says so where nobody answers
	@$(PY) -m tools.audit --known

clean: ## Forget caches and the tests' database; keep .venv and the data
	rm -rf var/test .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## Forget .venv too; var/ with the data stays
	rm -rf .venv
