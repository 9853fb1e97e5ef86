"""Pairs, symbols and a list of banks on real closes, beside the same figures computed by plain pandas."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alerts.market.feed import Closes, SymbolHistory, UnknownSymbol
from alerts.market.sessions import sessions_between
from alerts.metrics.symbols import symbols_of
from alerts.rules.series import Series, derive
from bot.pipeline import lists, symbols
from storage import companies
from storage import figures as stored
from storage.closes import record_closes
from storage.database import open_database, writing
from storage.lists import keep_list

pytestmark = [pytest.mark.replay, pytest.mark.timeout(900)]

THROUGH = date(2025, 9, 18)
FUNDS = [
    "SPY", "IWM", "RSP", "IJR", "IWC", "QQQ", "VTI", "IWB", "IJH", "VB", "IWN", "IWO", "SCZ", "VSS", "ACWX", "VXUS",
    "EFA", "TLT", "HYG", "XLB", "XLE", "XLF", "XLI", "XLK", "XLP", "XLU", "XLV", "XLY",
]  # fmt: skip
COMPANIES = [
    "AAPL", "MSFT", "NVDA", "AVGO", "WMT", "JPM", "XOM", "V", "JNJ", "PG", "HD", "KO", "PEP", "COST", "MRK",
    "ABBV", "CVX", "BAC", "ORCL", "CRM", "MCD", "CSCO", "ABT", "TMO", "ACN", "LIN", "DHR", "TXN", "NEE", "PM", "WFC",
    "DIS", "INTC", "VZ", "AMD", "QCOM", "IBM", "CAT", "GE", "HON",
]  # fmt: skip
BANKS = [
    "JPM", "BAC", "WFC", "C", "GS", "MS", "USB", "PNC", "TFC", "COF", "SCHW", "NTRS", "STT", "FITB", "HBAN", "RF",
    "KEY", "CFG", "MTB", "ZION",
]  # fmt: skip


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    script = os.environ.get("REPLAY")
    if not script:
        pytest.skip("REPLAY names no serve.py: set it to run on real closes")
    state = tmp_path_factory.mktemp("replay")
    server = subprocess.Popen(
        [sys.executable, script, "--port", "0", "--today", str(THROUGH), "--state", str(state)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        found = re.search(r"http://[\d.:]+", server.stdout.readline())
        assert found, "the replay did not start"
        yield found[0]
    finally:
        server.kill()
        server.wait()


class Charts:
    """A feed of the replay's charts as they are served, read without yfinance: the test's own reading of them."""

    name = "Yahoo Finance"
    keeps_census = False

    def __init__(self, origin: str) -> None:
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        self._origin = origin

    @cache  # noqa: B019 – lives as long as the test
    def chart(self, symbol: str) -> pd.DataFrame | None:
        """Raw and adjusted closes by session; None where there is no such symbol."""
        try:
            with self._open(f"{self._origin}/v8/finance/chart/{symbol}?range=max&interval=1d", timeout=60) as reply:
                result = json.load(reply)["chart"]["result"]
        except urllib.error.HTTPError:
            return None
        if not result:
            return None
        days = pd.to_datetime(result[0]["timestamp"], unit="s").normalize()
        indicators = result[0]["indicators"]
        raw, adjusted = indicators["quote"][0]["close"], indicators["adjclose"][0]["adjclose"]
        return pd.DataFrame({"raw": raw, "adjusted": adjusted}, index=days, dtype="float64").loc[: str(THROUGH)]

    def symbol_history(self, symbol: str, *, through: date) -> SymbolHistory:
        found = self.chart(symbol)
        if found is None:
            raise UnknownSymbol(symbol)
        return SymbolHistory(symbol, found["raw"], found["adjusted"], "USD", "ETF")

    def closes(self, *_: object, **__: object) -> Closes:
        raise AssertionError("symbols and pairs are made of the charts of their symbols alone")

    census = contracts = closes


def by_pandas(charts: Charts, metric: str) -> pd.Series:
    """The metric as anyone would compute it: a ratio of adjusted closes, 100 on 2 January 2020, or a raw close."""
    both = [charts.chart(symbol) for symbol in symbols_of(metric)]
    assert all(one is not None for one in both)
    if len(both) == 1:
        return both[0]["raw"].dropna()
    ratio = (both[0]["adjusted"] / both[1]["adjusted"]).dropna()
    later = ratio[ratio.index >= "2020-01-02"]
    return 100 * ratio / (later.iloc[0] if len(later) else ratio.iloc[0])


def beside(metric: str, value: pd.Series) -> dict[str, pd.Series]:
    """By series: the gap to the 50- and 200-day average, the percentile of 252 sessions, new highs of 252."""
    rank = value.rolling(252).apply(lambda w: 100 * ((w < w[-1]).sum() + 0.5 * (w == w[-1]).sum()) / len(w), raw=True)
    high = value > value.shift(1).rolling(251).max()
    fresh, last = [], -(10**9)
    for at, is_high in enumerate(high.to_numpy()):
        fresh.append(float(is_high and at - last > 21))
        last = at if is_high else last
    known = value.rolling(252).count() == 252
    return {
        f"{metric} - avg(50)": value - value.rolling(50).mean(),
        f"{metric} - avg(200)": value - value.rolling(200).mean(),
        f"{metric} pct(252)": rank,
        f"{metric} high(252)": pd.Series(fresh, index=value.index).where(known),
    }


def test_pairs_and_symbols_are_what_pandas_says(origin: str, tmp_path: Path) -> None:
    chance, charts = random.Random(20250918), Charts(origin)
    known = [*FUNDS, *COMPANIES]
    pairs = set()
    while len(pairs) < 200:
        pairs.add("pair.{}/{}".format(*chance.sample(known, 2)))
    metrics = [*sorted(pairs), *(f"price.{symbol}" for symbol in chance.sample(known, 50))]
    db = open_database(tmp_path / "pairs.db")
    now, differ, compared = datetime(2025, 9, 18, 22, tzinfo=UTC), [], 0
    for at, metric in enumerate(metrics):
        symbols.add(db, charts, symbols.Ask((metric,)), now, THROUGH)  # type: ignore[arg-type]
        past = stored.latest_values(db, metric, THROUGH, None)
        held = pd.Series({pd.Timestamp(day): value for day, value in past}, dtype="float64")
        expected = by_pandas(charts, metric)
        assert held.index[-1] == pd.Timestamp(THROUGH)
        if not np.allclose(held.dropna(), expected.reindex(held.index).dropna(), rtol=1e-12, atol=0):
            differ.append(metric)
        if held.isna().any():  # the source left a session out: windows reach further back there
            continue
        # The windows' own figures over the last three years: derive() reads one window a session.
        short = held.iloc[-1100:]
        for key, wanted in beside(metric, short).items():
            made = derive(Series.from_key(key), short.tolist())
            got = pd.Series([np.nan if one is None else one for one in made], index=short.index, dtype="float64")
            compared += int(got.notna().sum())
            same = np.isclose(got, wanted, rtol=1e-9, atol=1e-9) | (got.isna() & wanted.isna())
            if not same.all():
                differ.append(f"{key} on {short.index[np.argmin(same)].date()}: {at}")
        assert metric.startswith(("pair.", "price."))
    assert differ == []
    assert compared > 500_000


def test_a_list_of_twenty_banks_is_what_pandas_says(origin: str, tmp_path: Path) -> None:
    charts = Charts(origin)
    db = open_database(tmp_path / "banks.db")
    frames = {symbol: charts.chart(symbol)["raw"] for symbol in BANKS}
    close = pd.DataFrame(frames).loc["2023-01-03" : str(THROUGH)]
    sessions = sessions_between(date(2023, 1, 3), THROUGH)
    assert len(sessions) == len(close)
    census = pd.DataFrame(
        {"name": BANKS, "first_trade": pd.Timestamp("2000-01-03"), "shares_all": 1e9}, index=pd.Index(BANKS)
    )
    now = datetime(2025, 9, 18, 22, tzinfo=UTC)
    with writing(db):
        companies.record_companies(db, census, THROUGH)
        keys = companies.ids(db)
        record_closes(db, sessions, [keys[one] for one in BANKS], np.rint(close.to_numpy() * 1e6).astype(np.int64))
    symbols.add(db, charts, symbols.Ask(("price.VTI",)), now, THROUGH)  # type: ignore[arg-type]
    with writing(db):
        made = keep_list(db, 7, "banks", BANKS)
        lists.fill(db, made, THROUGH, "Yahoo Finance", now)
    year = close.index[-252:]
    rounded = (close * 1e6).round() / 1e6
    up, down = (rounded > rounded.shift(1)).sum(axis=1), (rounded < rounded.shift(1)).sum(axis=1)
    market = charts.chart("VTI")["raw"].reindex(close.index)
    highs = (rounded >= rounded.rolling(252).max()).sum(axis=1) - (rounded <= rounded.rolling(252).min()).sum(axis=1)
    beat = rounded.div(rounded.shift(63)).gt(market / market.shift(63), axis=0).sum(axis=1)
    # A window's sum of floats may be a rounding above n closes that are equal: 1e-9 is none.
    wanted = {
        "above_50d": 100 * (rounded > rounded.rolling(50).mean() + 1e-9).sum(axis=1) / 20,
        "above_200d": 100 * (rounded > rounded.rolling(200).mean() + 1e-9).sum(axis=1) / 20,
        "ad_ratio": up / down.where(down > 0),
        "net_highs": highs,
        "beating_index_63d": 100 * beat / 20,
    }
    for name, expected in wanted.items():
        past = stored.latest_values(db, f"breadth.{name}.banks@{made.owner}", THROUGH, 252)
        got = pd.Series([value for _, value in past], index=pd.to_datetime([day for day, _ in past]), dtype="float64")
        pd.testing.assert_series_equal(
            got, expected.reindex(year).astype("float64"), check_names=False, check_freq=False, check_index_type=False
        )
