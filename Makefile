# One word each, and each does its own set-up: a fresh machine needs Python 3.11, make and the internet.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TOOLS := $(VENV)/.tools
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# One more than there are cores: a third of the tests' time they wait for something.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

.PHONY: demo run test bench bench-year soak screenshots lint clean

demo: $(READY)  ## the bot in a browser, on a simulated market: no token, no account
	$(BIN)/rotation-alerts demo

run: $(READY)  ## the bot, with TELEGRAM_BOT_TOKEN from the environment or .env
	$(BIN)/rotation-alerts run

test: $(TOOLS)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

screenshots: $(TOOLS)  ## the pictures in the documentation, taken while the demo is tested
	mkdir -p docs/pictures
	SCREENSHOTS=$(CURDIR)/docs/pictures $(BIN)/python -m pytest tests/bot/demo/test_page_demo.py -k "from_start or by_taps or from_a_line"

bench: $(TOOLS)  ## speeds, each beside something it is to be compared with: one table in a quarter of an hour
	$(BIN)/python -m bench

bench-year: $(TOOLS)  ## a simulated year with 10,000 chats: an hour, longer on a busy machine
	$(BIN)/python -m bench.year

soak: $(TOOLS)  ## two hundred kills, ten minutes of a Telegram that fails, two years of digests, ten thousand posts
	$(BIN)/python tests/soak/kill.py --runs 200
	$(BIN)/python tests/soak/failing.py --minutes 10
	$(BIN)/python tests/soak/digests.py --weeks 104 --chats 500
	$(BIN)/python tests/soak/webhook.py --events 10000

lint: $(TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tools/vulnerabilities.py

clean:
	rm -rf $(VENV)

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || \
	  { echo "Python 3.11 or later is needed and was not found. Say where: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	@touch $(READY)

$(TOOLS): $(READY)  ## and what testing needs beyond it
	$(PIP) -e '.[test]'
	@touch $(TOOLS)
