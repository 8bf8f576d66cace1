# The project's own commands; CONTRIBUTING.md says when to use which.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# twice the cores, because tests wait on sockets more than they compute
JOBS ?= $(shell echo $$(( 2 * $$(nproc) )))
# containers often forbid it; then every process the tests start compiles the whole bot anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup check test test-all bench soak demo run docs lock clean

setup: $(STAMP)

$(STAMP): requirements-dev.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

test: check
	$(BIN)/python -X dev -m pytest -n $(JOBS) -m "not long"

test-all: check
	$(BIN)/python -X dev -m pytest -n $(JOBS)

bench: setup
	$(BIN)/python -m benchmarks

soak: setup
	$(BIN)/python -m benchmarks.soak

demo: setup
	$(BIN)/roost demo

run: setup
	$(BIN)/roost run

docs: setup
	$(BIN)/python -m docs.generate

# The lock files: hashes for every platform, and no registry's address.
lock:
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --all-extras -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
