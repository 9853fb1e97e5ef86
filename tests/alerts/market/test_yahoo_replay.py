"""What becomes of each failure of Yahoo: the real yfinance against a replay, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.replay

ASK_YAHOO = Path(__file__).parents[2] / "support" / "ask_yahoo.py"
TODAY = "2025-07-30"
EVERYTHING = ("429", "500", "html", "empty", "close")


class Replayed:
    """The replay's controls, and a process that asks `Yahoo` through it."""

    def __init__(self, origin: str, asker: subprocess.Popen[str], noise: Path) -> None:
        self._origin, self._asker, self.noise = origin, asker, noise
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def control(self, path: str) -> dict:
        with self._open(self._origin + path, timeout=30) as reply:
            found: dict = json.load(reply)
            return found

    def fault(self, kind: str, count: int, match: str) -> None:
        self.control(f"/_fault?kind={kind}&count={count}&match={match}")

    def ask(self, **asked: object) -> dict:
        assert self._asker.stdin is not None
        assert self._asker.stdout is not None
        self._asker.stdin.write(json.dumps(asked) + "\n")
        self._asker.stdin.flush()
        found: dict = json.loads(self._asker.stdout.readline())
        return found

    def census(self, session: str = TODAY) -> dict:
        return self.ask(call="census", session=session)

    def closes(self, *symbols: str, start: str | None = "2025-06-02", through: str = TODAY) -> dict:
        return self.ask(call="closes", symbols=symbols or ("SPY", "IWM", "RSP"), start=start, through=through)


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    script = os.environ.get("REPLAY")
    if not script:
        pytest.skip("REPLAY names no serve.py: set it to run on real closes")
    state = tmp_path_factory.mktemp("replay")
    server = subprocess.Popen(
        [sys.executable, script, "--port", "0", "--today", TODAY, "--state", str(state)],
        stdout=subprocess.PIPE,
        text=True,
    )
    asker = None
    try:
        assert server.stdout is not None
        found = re.search(r"http://[\d.:]+", server.stdout.readline())
        assert found, "the replay did not start"
        proxied = dict(re.findall(r"export (\w+)=(.*)", (state / "env.sh").read_text()))
        noise = state / "noise"
        with noise.open("w") as errors:
            asker = subprocess.Popen(
                [
                    sys.executable,
                    str(Path(__file__).parents[2] / "support" / "ask_yahoo.py"),
                    str(state / "cache"),
                    f"{TODAY}T22:00",
                ],
                env={**os.environ, **proxied, "PYTHONPATH": str(Path(__file__).parents[3])},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        yield Replayed(found[0], asker, noise)
    finally:
        for process in filter(None, (asker, server)):
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture
def replay(started):
    started.control("/_calm")
    started.control(f"/_today?date={TODAY}")
    started.control("/_counts?reset=1")
    return started


def test_a_census_holds_every_line_of_the_session_and_costs_a_request_a_page(replay):
    found = replay.census()
    assert found["lines"] > 2_000
    assert found["order"][0] == "NVDA"
    assert replay.control("/_counts")["screener"] == -(-found["lines"] // 250) + 1  # one more for the shells
    assert sorted(found["shells"]) == ["CCCX", "CCCXU", "CCCXW"]


@pytest.mark.parametrize("asked", ["2025-07-29", "2025-07-31"])
def test_a_census_of_another_session_costs_one_request_and_names_both(replay, asked):
    found = replay.census(asked)
    assert found["error"] == "WrongSession"
    assert asked in found["text"]
    assert TODAY in found["text"]
    assert replay.control("/_counts")["screener"] == 1


@pytest.mark.parametrize("kind", EVERYTHING)
def test_a_census_survives_one_failure(replay, kind):
    replay.fault(kind, 1, "screener")
    assert replay.census()["lines"] > 2_000


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("429", "429 Too Many Requests"),
        ("500", "HTTP 500"),
        ("html", "a page or nothing instead of figures"),
        ("empty", "an empty answer"),
        ("close", "the connection failed"),
    ],
)
def test_a_census_that_keeps_failing_is_unavailable_with_the_reason(replay, kind, said):
    replay.fault(kind, 1_000, "screener")
    found = replay.census()
    assert found["error"] == "FeedUnavailable"
    assert said in found["text"]
    assert "crumb" not in found["text"]
    assert replay.control("/_counts")["screener"] <= 6


@pytest.mark.parametrize("kind", ["quote_missing", "quote_stale"])
def test_a_quote_left_out_or_of_another_day_is_no_line(replay, kind):
    replay.fault(kind, 1, "^AAPL$")
    found = replay.census()
    assert found["lines"] > 2_000
    assert "AAPL" not in found["order"]


def test_a_quote_without_price_and_value_stays_a_line_at_the_end(replay):
    replay.fault("quote_null", 1, "^AAPL$")
    found = replay.census()
    assert found["order"][-1] == "AAPL"
    assert found["apple"] != found["apple"]  # NaN


def test_closes_are_those_of_the_sessions_asked(replay):
    found = replay.closes("SPY", "IWM", "SPY", through="2025-07-29")
    assert found["sessions"][0] == "2025-06-02"
    assert found["sessions"][-1] == "2025-07-29"
    assert len(found["sessions"]) == 40  # 19 June and 4 July are none
    assert list(found["raw"]) == ["SPY", "IWM"]
    assert found["same_shape"]
    assert found["adjusted_first"] < found["raw"]["SPY"][0]
    assert found["told"] == [[2, 2]]


def test_closes_cost_one_request_a_symbol(replay):
    replay.closes("XLB", "XLE", "XLK", "XLV")
    assert replay.control("/_counts")["chart"] == 4


def test_closes_without_a_start_reach_as_far_back_as_there_are(replay):
    assert replay.closes("SPY", start=None)["sessions"][0] == "2000-01-03"


def test_an_unknown_symbol_is_a_column_without_closes(replay):
    found = replay.closes("SPY", "QZZZZ")
    assert set(found["raw"]["QZZZZ"]) == {None}
    assert replay.closes("QZZZZ")["sessions"] == []


def test_nothing_is_asked_for_a_range_without_sessions(replay):
    assert replay.closes("SPY", start="2025-07-26", through="2025-07-27")["sessions"] == []
    assert "chart" not in replay.control("/_counts")


@pytest.mark.parametrize("kind", EVERYTHING)
def test_closes_survive_one_failure(replay, kind):
    replay.fault(kind, 1, "chart")
    assert None not in [close for closes in replay.closes()["raw"].values() for close in closes]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("429", "429 Too Many Requests"),
        ("500", "an error instead of figures"),
        ("html", "a page or nothing instead of figures"),
        ("empty", "a page or nothing instead of figures"),
        ("close", "the connection failed"),
    ],
)
def test_closes_that_keep_failing_are_unavailable_with_the_reason(replay, kind, said):
    replay.fault(kind, 1_000, "chart")
    found = replay.closes()
    assert found["error"] == "FeedUnavailable"
    assert said in found["text"]


def test_one_symbol_that_keeps_failing_has_no_closes_while_the_others_have(replay):
    replay.fault("500", 1_000, "chart/IWM")
    found = replay.closes()
    assert set(found["raw"]["IWM"]) == {None}
    assert None not in found["raw"]["SPY"]


def test_being_turned_away_for_one_symbol_ends_the_fetch(replay):
    replay.fault("429", 1_000, "chart/IWM")
    found = replay.closes()
    assert found["error"] == "FeedUnavailable"
    assert "1 of 3 turned away" in found["text"]


def test_half_of_many_symbols_without_closes_is_incomplete(replay):
    found = replay.closes("SPY", "IWM", *(f"QZZ{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWX"))
    assert found["error"] == "FeedIncomplete"
    assert "2 of 26 symbols have closes: no such symbol (24)" in found["text"]


def test_a_failure_is_not_remembered(replay):
    replay.fault("500", 1_000, "chart")
    assert "error" in replay.closes("VTI")
    replay.control("/_calm")
    assert None not in replay.closes("VTI")["raw"]["VTI"]


@pytest.mark.parametrize(
    ("kind", "last"),
    [("nan", [True, False]), ("stale", [False, False]), ("gap", [False, True]), ("spike", [True, True])],
)
def test_a_missing_close_is_none_and_nothing_is_filled_in(replay, kind, last):
    replay.fault(kind, 1, "IWM")
    found = replay.closes()
    assert [close is not None for close in found["raw"]["IWM"][-2:]] == last


def test_a_session_that_the_source_left_out_is_a_row_without_closes(replay):
    replay.fault("gap", 1, "IWM")
    found = replay.closes("IWM")
    assert found["sessions"][-2:] == ["2025-07-29", "2025-07-30"]
    assert found["raw"]["IWM"][-2] is None


def test_yfinance_says_nothing_on_standard_error(replay):
    replay.fault("500", 1_000, "chart")
    replay.closes()
    assert "yfinance" not in replay.noise.read_text()
    assert "Failed download" not in replay.noise.read_text()
