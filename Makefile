# Two commands matter: `make run` and `make test`. The others are what they are made of.
PYTHON ?= python3
PORT ?= 5000
OPENDATA_HOME ?= data
export OPENDATA_HOME

BIN := .venv/bin

.PHONY: run test lint translations bench clean

run: .venv/.installed
	@exec $(BIN)/opendata serve --demo --port $(PORT)

test: .venv/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m compileall -q opendata harvesters # many tests start processes of their own
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

bench: .venv/.installed-test
	$(BIN)/python -m benchmarks

translations: .venv/.installed-test
	$(BIN)/pybabel -q extract -F babel.cfg --no-wrap --sort-output --omit-header -k _l -k _n:1,2 -o opendata/translations/messages.pot .
	for l in kk ru; do $(BIN)/pybabel -q update -N --no-wrap --omit-header --ignore-obsolete -i opendata/translations/messages.pot -d opendata/translations -l $$l; done
	$(BIN)/python hatch_build.py

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip

.venv/.installed: pyproject.toml hatch_build.py $(wildcard opendata/translations/*/LC_MESSAGES/messages.po) | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/.installed-test: pyproject.toml hatch_build.py $(wildcard opendata/translations/*/LC_MESSAGES/messages.po) | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ .venv/.installed

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache
