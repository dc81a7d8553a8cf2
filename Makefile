# make run   serve the workbench with its demo     make lint    check style, types, layers and the Dockerfile
# make test  run every test                        make assets  retrain what ships in assets/
# make screenshots  take the pictures of the README again
# make bench measure speed and memory on this machine
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8501
BIN := $(VENV)/bin

.PHONY: run test lint assets bench screenshots
.DELETE_ON_ERROR:

run: $(VENV)/.run
	$(BIN)/gatedclip serve --port $(PORT)

test: $(VENV)/.dev
	$(BIN)/python -m pytest $(TESTS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

assets: $(VENV)/.run
	$(BIN)/gatedclip world build

bench: $(VENV)/.run
	$(BIN)/gatedclip bench

# Each stamp is newer than what it was installed from, so a change of pins installs again and nothing else does.
$(VENV)/.run: requirements.txt pyproject.toml | $(BIN)/python
	@echo 'Installing what the workbench needs. This takes some minutes the first time.'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . || { echo 'If pdqhash failed: it is compiled here, which needs a C++ compiler. Debian: apt-get install g++ python3-dev. macOS: xcode-select --install.'; exit 1; }
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	touch $@

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "GatedCLIP needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make run PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

screenshots: $(VENV)/.dev
	$(BIN)/python docs/screenshots.py
