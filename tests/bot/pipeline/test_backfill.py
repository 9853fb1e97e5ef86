"""A history over real HTTP: killed and gone on with, bars that come twice and in any order, splits, newcomers."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from support.market_bench import FEW, Bench, few_companies
from support.program import evening, until

from alerts.market.seasons import rank_days
from alerts.metrics.catalog import metric
from alerts.metrics.funds import FUNDS
from alerts.metrics.symbols import named_symbols
from bot.pipeline.closes import EARLIEST
from bot.pipeline.gather import CONTRACT_MONTHS
from bot.pipeline.older import kept_from

pytestmark = [pytest.mark.process, pytest.mark.timeout(1200)]  # each fetches some hundred charts, twice or more

#: Those of a day without a surprise: the funds, the other symbols of named pairs, and a year of contracts. This market
#: has few of those others, and yfinance asks again with a new crumb where a symbol is unknown.
CHARTS = len(FUNDS) + 2 * len(set(named_symbols()) - set(FUNDS)) + CONTRACT_MONTHS
START, D0, D1 = date(2025, 8, 11), date(2025, 8, 19), date(2025, 8, 20)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A market of FEW companies, and in `1.db` their history and one judged session."""
    folder = tmp_path_factory.mktemp("history")
    with few_companies(folder) as web:
        web.fresh()
        assert web.ask(do="backfill", now=evening(D0).isoformat(), **{"from": START.isoformat()})["companies"] == FEW
        yield web


@pytest.fixture(scope="module")
def judged(bench: Bench) -> Path:
    """That history, with its last session judged."""
    bench.control("/_calm")
    bench.stand_at(D0)
    bench.fresh(bench.folder / "1.db")
    (outcome,) = bench.refresh(D0)
    assert outcome["sealed"], outcome
    return bench.path


@pytest.fixture
def filled(bench: Bench, judged: Path) -> Bench:
    """A copy of the judged history, and the market at the next session."""
    bench.control("/_calm")
    bench.stand_at(D1)
    bench.fresh(judged)
    bench.control("/_counts")
    return bench


def tables(bench: Bench) -> dict[str, list[tuple[object, ...]]]:
    """What a history leaves, but for the moments at which it came."""
    return {
        "closes": bench.rows("SELECT day, symbol, close FROM closes JOIN companies ON id = company ORDER BY 1, 2"),
        "companies": bench.rows("SELECT symbol, name, first_trade, shares, history_from FROM companies ORDER BY 1"),
        "funds": bench.rows("SELECT * FROM fund_closes ORDER BY 1, 2"),
        "members": bench.rows(
            "SELECT season, symbol, rank, segment FROM memberships JOIN companies ON id = company ORDER BY 1, 2"
        ),
        "figures": bench.rows(
            "SELECT metric, session, value, coverage, eligible, members, source, reason FROM figures ORDER BY 1, 2"
        ),
        "economic": bench.rows("SELECT series, day, value FROM economic ORDER BY 1, 2"),
        "contracts": bench.rows("SELECT * FROM contracts ORDER BY 1, 2"),
        "held back": bench.rows("SELECT symbol, session FROM held_back ORDER BY 1, 2"),
    }  # fmt: skip


def test_killed_at_any_point_with_bars_twice_in_any_order_it_ends_in_the_same_tables(bench: Bench) -> None:
    bench.control("/_calm")
    bench.stand_at(D0)
    bench.fresh(bench.folder / "1.db")
    unbroken = tables(bench)
    assert len(unbroken["closes"]) > 50_000
    bench.fault("twice")
    bench.fresh()
    chance = random.Random(20250819)
    for _ in range(3):
        bench.begin(do="backfill", now=evening(D0).isoformat(), **{"from": START.isoformat()})
        until(lambda: bench.rows("SELECT count(*) FROM sqlite_master")[0][0] > 0)
        time.sleep(chance.uniform(1.0, 4.0))
        bench.kill_driver()
    done = bench.ask(do="backfill", now=evening(D0).isoformat(), **{"from": START.isoformat()})
    assert done["companies"] == FEW
    assert bench.rows("PRAGMA integrity_check") == [("ok",)]
    assert differences(tables(bench), unbroken) == []


def differences(
    found: dict[str, list[tuple[object, ...]]], wanted: dict[str, list[tuple[object, ...]]]
) -> list[object]:
    """A few rows that only one of them has, by table; a diff of a hundred thousand rows takes longer than the test."""
    return [
        (name, row, "added" if row in had else "lost")
        for name, rows in wanted.items()
        for had in [set(found[name])]
        for row in sorted(had ^ set(rows), key=str)[:5]
    ]


def closes_of(bench: Bench, symbol: str) -> dict[int, int]:
    """The stored closes of a company by day, ascending. Each session that is recorded lets the oldest one go."""
    return dict(
        bench.rows("SELECT day, close FROM closes JOIN companies ON id = company WHERE symbol = ? ORDER BY day", symbol)
    )


def day_of(session: date) -> int:
    return (session - date(1970, 1, 1)).days


def stay(known: dict[int, int], after: dict[int, int]) -> dict[int, int]:
    """Those of `known` that stay once D1 is recorded; the others, if any, are the oldest outside of rank days."""
    gone = set(known) - set(after)
    assert gone <= {day for day in known if day < day_of(kept_from(D1))}
    assert gone.isdisjoint(day_of(session) for session in rank_days(EARLIEST, D1))
    assert set(after) - set(known) == {day_of(D1)}
    return {day: close for day, close in known.items() if day in after}


def test_a_quiet_day_asks_for_no_history(filled: Bench) -> None:
    (outcome,) = filled.refresh(D1)
    assert outcome["sealed"], outcome
    counts = filled.control("/_counts")
    assert counts["chart"] <= CHARTS, counts
    assert sum(counts.values()) <= CHARTS + 30, counts


def test_a_split_has_the_history_fetched_anew(filled: Bench) -> None:
    ((symbol,),) = filled.rows("SELECT symbol FROM companies ORDER BY shares DESC LIMIT 1")
    before = closes_of(filled, symbol)
    breadth = filled.rows(
        "SELECT value FROM figures WHERE metric = 'breadth.above_200d.large' AND session = ?", str(D0)
    )
    filled.control(f"/_split?symbol={symbol}&ratio=10")
    (outcome,) = filled.refresh(D1)
    assert outcome["sealed"], outcome
    after = closes_of(filled, symbol)
    held = stay(before, after)
    assert {day: after[day] for day in held} == pytest.approx({day: c / 10 for day, c in held.items()}, abs=1)
    # And no cliff of a tenth between two sessions.
    assert after[day_of(D1)] == pytest.approx(before[day_of(D0)] / 10, rel=0.25)
    log = (filled.folder / "driver.log").read_text()
    assert f"histories of 1 companies whose previous close is not the one stored are fetched: {symbol}" in log
    assert (
        filled.rows("SELECT value FROM figures WHERE metric = 'breadth.above_200d.large' AND session = ?", str(D0))
        == breadth
    )
    assert filled.rows("SELECT * FROM held_back") == []


def test_a_newcomer_has_its_history_fetched(filled: Bench) -> None:
    ((symbol, identity),) = filled.rows("SELECT symbol, id FROM companies ORDER BY shares DESC LIMIT 1 OFFSET 1")
    known = closes_of(filled, symbol)
    with filled.open() as db:
        for table in ("memberships", "closes", "census_quotes"):
            db.conn.execute(f"DELETE FROM {table} WHERE company = ?", [identity])
        db.conn.execute("DELETE FROM companies WHERE id = ?", [identity])
    (outcome,) = filled.refresh(D1)
    assert outcome["sealed"], outcome
    fetched = closes_of(filled, symbol)
    assert fetched.pop(day_of(D1)) > 0
    assert len(fetched) >= 299
    assert fetched == {day: known[day] for day in list(known)[-len(fetched) :]}
    assert f"that are new are fetched: {symbol}" in (filled.folder / "driver.log").read_text()


def test_a_previous_close_that_is_slightly_off_is_corrected_in_place(filled: Bench) -> None:
    ((symbol, identity),) = filled.rows("SELECT symbol, id FROM companies ORDER BY shares DESC LIMIT 1 OFFSET 2")
    known = closes_of(filled, symbol)
    with filled.open() as db:
        db.conn.execute("UPDATE closes SET close = close * 1.004 WHERE company = ? AND day = ?", [identity, day_of(D0)])
    (outcome,) = filled.refresh(D1)
    assert outcome["sealed"], outcome
    after = closes_of(filled, symbol)
    held = stay(known, after)
    assert {day: after[day] for day in held} == held
    assert filled.control("/_counts")["chart"] <= CHARTS  # without its chart


def test_a_quote_at_a_hundredfold_is_replaced_by_the_chart(filled: Bench) -> None:
    ((symbol,),) = filled.rows(
        "SELECT symbol FROM memberships JOIN companies ON id = company ORDER BY season DESC, rank LIMIT 1 OFFSET 100"
    )
    filled.fault("quote_spike", 1, f"^{symbol}$")
    (outcome,) = filled.refresh(D1)
    assert outcome["sealed"], outcome
    # Its chart was asked for at once and had the true close: nothing is held back any more.
    assert filled.rows("SELECT * FROM held_back") == []
    after = closes_of(filled, symbol)
    assert after[day_of(D1)] == pytest.approx(after[day_of(D0)], rel=0.25)
    assert f"with a close that was held back are fetched: {symbol}" in (filled.folder / "driver.log").read_text()


def test_symbols_that_fail_have_no_history_and_are_asked_for_again(bench: Bench) -> None:
    bench.control("/_calm")
    bench.stand_at(D0)
    bench.fresh(bench.folder / "1.db")
    whole = tables(bench)
    bench.fresh()
    bench.fault("500", match="chart/Q[AM]")
    asked = {"do": "backfill", "now": evening(D0).isoformat(), "from": START.isoformat()}
    lacking = bench.ask(**asked)["without_history"]
    assert FEW / 26 < lacking < FEW / 2
    ((reason,),) = bench.rows(
        "SELECT reason FROM figures WHERE metric = 'breadth.above_50d.large' AND session = ?", START.isoformat()
    )
    assert re.fullmatch(r"coverage \d\d % is under 90 %", str(reason))
    bench.control("/_calm")
    bench.control("/_counts")
    assert bench.ask(**asked)["without_history"] == 0
    assert bench.control("/_counts")["chart"] <= lacking + CHARTS
    assert differences(tables(bench), whole) == []


def test_most_symbols_failing_is_the_source_failing(bench: Bench) -> None:
    bench.control("/_calm")
    bench.stand_at(D0)
    bench.fresh()
    bench.fault("500", match="chart/Q[A-RT-Z]")
    given = bench.ask(do="backfill", now=evening(D0).isoformat(), **{"from": START.isoformat()})
    assert given["error"] in ("FeedIncomplete", "FeedUnavailable"), given
    assert re.search(
        r"Yahoo Finance: charts: \d+ of \d+ symbols have closes: an error instead of figures", given["text"]
    ), given
    # What funds and economic series make is there; nothing is that counts companies.
    recorded = {name for (name,) in bench.rows("SELECT DISTINCT metric FROM figures")}
    assert "size.ratio" in recorded
    assert [name for name in recorded if metric(name).counts in ("companies", "signs")] == []
    assert bench.rows("SELECT count(*) FROM closes") == [(0,)]


def test_being_turned_away_is_waited_out(bench: Bench) -> None:
    bench.control("/_calm")
    bench.stand_at(D0)
    bench.fresh(bench.folder / "1.db")
    with bench.open() as db:
        db.conn.execute("DELETE FROM figures")
    bench.fault("429", 8, "screener")
    asked = {"do": "backfill", "now": evening(D0).isoformat(), "from": START.isoformat()}
    given = bench.ask(**asked)
    assert given["error"] == "FeedUnavailable"
    assert "429" in given["text"]
    started = time.monotonic()
    assert bench.ask(**asked, pauses=[0.5, 0.5])["companies"] == FEW
    assert time.monotonic() - started > 0.4
    assert "the next request follows in" in (bench.folder / "driver.log").read_text()
