# The two commands are `make demo` and `make test`; `make help` lists the rest.

VENV ?= .venv
PYTEST := $(VENV)/bin/python -m pytest

.PHONY: help demo demo-down test unit podman check format bench clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.ready  ## bring the reference stack up and show that it works
	scripts/engine
	scripts/demo

demo-down: $(VENV)/.ready  ## take the reference stack down; its data stays
	scripts/demo down

test: $(VENV)/.dev  ## all tests: the unit suite, then those on Docker, on Podman, in a browser, in other shells
	scripts/engine
	scripts/test-image
	scripts/base-image
	scripts/registry
	scripts/podman
	scripts/openssh
	scripts/browser
	scripts/shells
	$(PYTEST) -q -n auto -m "not engine and not browser and not shells"
	$(PYTEST) -q -n 2 --dist loadgroup -m "engine and not browser"
	MINICOMPOSE_TEST_ENGINE=podman timeout 2400 $(PYTEST) -q -n 2 --dist loadgroup -m podman
	scripts/podman stop
	$(PYTEST) -q -m browser
	$(PYTEST) -q -m shells

unit: $(VENV)/.dev  ## the tests that need no engine, in seconds
	$(PYTEST) -q -n auto -m "not engine and not browser and not shells"

podman: $(VENV)/.dev  ## all tests that can hold on Podman, on Podman alone
	scripts/engine
	scripts/base-image
	scripts/podman
	MINICOMPOSE_TEST_ENGINE=podman timeout 1800 $(PYTEST) -q -n 2 --dist loadgroup -m "podman or podman_besides"
	scripts/podman stop

check: $(VENV)/.dev  ## format, lint, types, the rooms' borders, links in the docs
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/python scripts/check_links.py

format: $(VENV)/.dev  ## put the code into its form
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

bench: $(VENV)/.ready  ## minicompose beside docker compose and the engine's own limit
	scripts/engine
	scripts/test-image
	$(VENV)/bin/python benchmarks/run.py

$(VENV)/.ready: pyproject.toml scripts/venv
	scripts/venv $(VENV)
	@touch $@

$(VENV)/.dev: $(VENV)/.ready pyproject.toml
	scripts/venv $(VENV) dev
	@touch $@

clean:  ## remove what was made here; the engine and its containers are left alone
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
