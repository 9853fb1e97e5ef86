"""Symbols that people ask for, from a market on loopback by the real yfinance: what is had, kept, refused, let go."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.market_bench import TESTS
from support.program import DAYS, evening, until

from alerts.market.sample import SampleMarket
from alerts.market.yahoo import Yahoo, session
from alerts.rules.grammar import parse
from bot.pipeline import symbols
from bot.pipeline.context import RunContext
from bot.pipeline.symbols import Ask, SymbolRefused, add
from storage import chats, figures, owners, rules
from storage import symbols as stored
from storage.database import open_database, writing
from storage.lists import keep_list

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

THROUGH = date(2025, 8, 19)
NOW = datetime(2025, 8, 19, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yahoo]:
    """Yahoo Finance as it is asked, through a proxy that answers for it."""
    folder = tmp_path_factory.mktemp("market")
    web = subprocess.Popen(
        [sys.executable, str(TESTS / "support" / "market_web.py"), "--state", str(folder), "--today", str(THROUGH)],
        stdout=subprocess.DEVNULL,
    )
    try:
        until((folder / "env.json").exists, 60)
        with pytest.MonkeyPatch.context() as patched:
            for name, value in json.loads((folder / "env.json").read_text()).items():
                patched.setenv(name, value)
            patched.setattr(session, "_session", [])  # one that another file's tests opened has not read these settings
            yield Yahoo(folder / "cache", lambda: NOW, pause=0.01)
    finally:
        web.kill()
        web.wait()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    found = open_database(tmp_path / "rotation.db")
    yield found
    found.close()


def refused(db: Database, feed: Yahoo, ask: Ask) -> str:
    with pytest.raises(SymbolRefused) as error:
        add(db, feed, ask, NOW, THROUGH)
    assert not stored.currencies(db), "nothing half-made is kept"
    return str(error.value)


def test_a_pair_is_had_with_two_charts_and_reaches_to_the_session(db: Database, feed: Yahoo) -> None:
    assert add(db, feed, Ask(("pair.XLK/XLU",), 5), NOW, THROUGH) == ["XLK", "XLU"]
    past = figures.latest_values(db, "pair.XLK/XLU", THROUGH, None)
    assert past[0] == (date(2020, 1, 2), 100.0)
    assert past[-1][0] == THROUGH
    assert add(db, feed, Ask(("pair.XLK/XLU",), 5), NOW, THROUGH) == [], "from then on out of the database"
    assert stored.asked_by(db, 5) == ["pair.XLK/XLU"]
    assert stored.asked_by(db, 6) == []


def test_what_is_unknown_or_in_another_money_is_refused(db: Database, feed: Yahoo) -> None:
    assert "knows no symbol XLKK" in (told := refused(db, feed, Ask(("price.XLKK",), 5)))
    assert "Did you mean XLK" in told
    assert "EUR/USD is a pair of currencies" in refused(db, feed, Ask(("pair.EUR/USD",), 5))
    assert "EURUSD=X is a pair of currencies" in refused(db, feed, Ask(("price.EURUSD=X",), 5))
    told = refused(db, feed, Ask(("pair.VOD.L/SPY",), 5))
    assert "VOD.L is in GBp (pence), SPY is in USD" in told
    assert "knows neither NOPEA nor NOPEB" in refused(db, feed, Ask((), 5, ("NOPEA", "XLK", "NOPEB")))
    assert "VOD.L: not quoted in dollars" in refused(db, feed, Ask((), 5, ("VOD.L", "XLK")))
    assert "always 100" in refused(db, feed, Ask(("pair.XLK/XLK",), 5))
    assert add(db, feed, Ask(("pair.VOD.L/BARC.L",), 5), NOW, THROUGH) == ["VOD.L", "BARC.L"], "two in one money"


def test_the_twenty_first_symbol_is_refused_and_so_is_one_more_than_all_may_have(db: Database) -> None:
    market = SampleMarket(past=False)
    names = list(market.census(THROUGH).quotes.index[:22])
    twenty = tuple(f"price.{symbol}" for symbol in names[:20])
    add(db, market, Ask(twenty, 5), NOW, THROUGH)
    add(db, market, Ask(("pair.XLK/SPY",), 5), NOW, THROUGH)  # the catalogue's funds do not count
    with pytest.raises(SymbolRefused, match=rf"has 20 of the 20 symbols .* and {names[20]} would be more"):
        add(db, market, Ask((f"price.{names[20]}",), 5), NOW, THROUGH)
    with pytest.raises(SymbolRefused, match="would be more"):
        add(db, market, Ask((), 5, tuple(names[20:22])), NOW, THROUGH)
    assert add(db, market, Ask((f"price.{names[20]}",), 6), NOW, THROUGH) == [names[20]], "another chat has its own"
    with pytest.raises(SymbolRefused, match="MAX_SYMBOLS=21"):
        add(db, market, Ask((f"price.{names[21]}",), 7, most=21), NOW, THROUGH)


def test_what_nobody_watches_goes_after_ninety_days(db: Database) -> None:
    market = SampleMarket(past=False)
    for chat, metric in ((5, "pair.QQQ/RSP"), (5, "price.MDY"), (6, "price.QQQ")):
        add(db, market, Ask((metric,), chat), NOW, THROUGH)
    with writing(db):
        chats.subscribe(db, 5, NOW)
        rules.add_rule(db, 5, parse("MDY > 100"), [], NOW)
        keep_list(db, 5, "funds", ("QQQ", "IWM"))
        symbols.let_go(db, NOW + timedelta(days=89))
    assert set(symbols.metrics_held(db)) >= {"pair.QQQ/RSP", "price.MDY", "price.QQQ"}
    with writing(db):
        symbols.let_go(db, NOW + timedelta(days=91))
    assert [one for one in symbols.metrics_held(db) if one in ("pair.QQQ/RSP", "price.QQQ")] == []
    assert "price.MDY" in symbols.metrics_held(db), "a rule watches it"
    assert "QQQ" in stored.currencies(db), "a list has it"
    assert figures.latest_values(db, "pair.QQQ/RSP", THROUGH, 1) == []
    assert figures.latest_values(db, "price.MDY", THROUGH, 1)


def test_each_refresh_goes_on_with_what_was_asked_for(db: Database) -> None:
    from bot.pipeline.session import refresh

    market = SampleMarket(past=False)
    refresh(RunContext(db, market, evening(DAYS[0])), DAYS[0])
    add(db, market, Ask(("pair.QQQ/RSP", "price.QQQ"), 5), evening(DAYS[0]), DAYS[0])
    with writing(db):
        made = keep_list(db, 5, "funds", ("QQQ", "IWM", "SPY"))
    refresh(RunContext(db, market, evening(DAYS[1])), DAYS[1])
    held = market.closes(["QQQ", "RSP"], start=None, through=DAYS[1])
    assert figures.latest_values(db, "price.QQQ", DAYS[1], 1) == [(DAYS[1], held.raw["QQQ"].iloc[-1])]
    ratio = held.adjusted["QQQ"] / held.adjusted["RSP"]
    ((day, value),) = figures.latest_values(db, "pair.QQQ/RSP", DAYS[1], 1)
    assert day == DAYS[1]
    assert value == pytest.approx(100 * ratio.iloc[-1] / ratio.loc["2020-01-02"], rel=1e-12)
    assert [day for day, _ in figures.latest_values(db, made.metrics[0], DAYS[1], 1)] == [DAYS[1]]
    assert owners.owners_of(db, 5) == [made.owner]
