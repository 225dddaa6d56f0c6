# `make demo` and `make test` set up whatever they need; the second time they start at once.
.DEFAULT_GOAL := help
.PHONY: help setup demo test conformance mutants siege sabotage bench bench-dashboard many-models screenshots sweep gas lint doctest lock wheels clean

PY := .venv/bin/python
STAMP := .venv/.ready

# Compiled modules are kept, whatever the environment says: without them each start takes seconds more.
unexport PYTHONDONTWRITEBYTECODE

help:  ## Show these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

setup: $(STAMP)  ## Make .venv with decai ready to use, and fetch the data sets

$(STAMP): pyproject.toml requirements.lock scripts/setup.sh
	@sh scripts/setup.sh
	@touch $(STAMP)

demo: setup  ## Who gains and who loses, on real IMDB reviews
	@.venv/bin/decai demo

# Whoever drives a browser leaves an event loop running in its process, which other tests cannot have.
test: setup  ## Run the tests
	@$(PY) -m pytest -n 4 --dist loadgroup --ignore=tests/browser
	@$(PY) -m pytest -n 3 --dist loadgroup tests/browser

conformance: setup  ## Do 100,000 random things to contract and twin of each pairing, and compare them
	@$(PY) -m tests.conformance.campaign

mutants: setup  ## Put small faults into the contracts, and see whether the comparison with the twins finds them
	@$(PY) -m tests.conformance.mutants

siege: setup  ## Kill the local node and its clients 100 times, and look for what is lost
	@$(PY) -m tests.chain.local_node.siege 100

sabotage: setup  ## Kill node and commands 100 times while models are deployed and taught
	@$(PY) -m tests.chain.sabotage --rounds 100

bench: setup  ## Time the event loop against the bare arithmetic, and show how cost grows
	@$(PY) -m benchmarks.simulation

many-models: setup  ## Time what one does with a model, beside 200 of them on one node
	@$(PY) -m benchmarks.many_models 200

bench-dashboard: setup  ## Time the pages, alone and with fifty people, and look at the memory of their server
	@$(PY) -m benchmarks.dashboard

screenshots: setup  ## Take the pictures of every page in docs/images again
	@$(PY) -m benchmarks.screenshots

sweep: setup  ## Map learning rate x cost weight over 30 seeds (a campaign of minutes)
	@$(PY) -m benchmarks.sweep

gas: setup  ## Measure the gas of every action, and refresh its snapshot and docs/gas.md
	@$(PY) -m benchmarks.gas

lint: setup  ## ruff and the strict type check
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

doctest: setup  ## Run the examples in docstrings and documents
	@$(PY) -m pytest -q --doctest-modules --doctest-glob='*.md' --ignore=src/decai/catalog/migrations src README.md docs

# The lock is uv's resolution for every Python and system, by version and hash. It is kept as a
# requirements file since that names no host: packages come from whichever index the user trusts.
# It depends on uv alone, so that a pyproject.toml which the old lock no longer fits can be locked.
lock: .venv/bin/uv  ## Resolve requirements.lock again; newer versions: make lock UPGRADE=--upgrade
	@.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
		--python-version 3.11 --extra dev $(UPGRADE) pyproject.toml -o requirements.lock

wheels: .venv/bin/uv  ## Find out whether clients install without a compiler, everywhere
	@sh scripts/check_wheels.sh

.venv/bin/uv:
	@sh scripts/setup.sh

clean:  ## Remove what setup and runs have made here
	rm -rf .venv runs build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
