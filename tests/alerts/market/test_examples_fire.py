"""Every example line that the program or its documentation shows has fired in the simulated history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from html import unescape
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from alerts.market import universe
from alerts.market.sample import SampleMarket
from alerts.market.sample.economy import SampleEconomy
from alerts.market.seasons import Season, season_on, seasons_between, segments
from alerts.market.sessions import previous_sessions, sessions_between
from alerts.metrics.compute import WINDOW, Inputs, compute
from alerts.metrics.funds import FUNDS
from alerts.metrics.members import SEGMENT_CODES, MemberCloses, in_millionths
from alerts.metrics.releases import releases
from alerts.metrics.symbol_figures import symbol_figures
from alerts.metrics.symbols import is_ratio, symbols_of
from alerts.rules.backtest import backtest
from alerts.rules.condition import series_of
from alerts.rules.grammar import GrammarError, parse
from alerts.rules.presets import packs
from alerts.rules.state import Kind
from bot.demo.clock import FIRST_SESSION as LAST
from bot.demo.demo import FIRST_LINES
from bot.messages.help import help_text
from bot.messages.rules import STARTERS
from bot.pipeline.gather import CONTRACT_MONTHS, months_from

pytestmark = pytest.mark.timeout(600)  # ten years are computed once: half a minute where nothing else runs

ROOT = Path(__file__).parents[3]
DOCUMENTS = ("README.md", "docs/rules.md", "docs/alerts.md", "docs/data.md", "docs/operating.md")
Histories = dict[str, list[tuple[date, float | None]]]


def examples() -> Iterator[str]:
    """The lines of /help, of the starters, of the packs, of the demo, and the alerts of documents. All are rules."""
    yield from (line for line, _ in STARTERS)
    yield from (preset.line for pack in packs().values() for preset in pack.presets)
    yield from FIRST_LINES
    yield from re.findall(r"/alert ([^<]+)</code>", help_text([], simulated=False))
    for name in DOCUMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        yield from re.findall(r'backtest "([^"]+)"', text)
        for line in re.findall(r"^/alert (.+)$", text, re.MULTILINE):
            yield re.split(r" {2,}", line)[0]


def code() -> Iterator[str]:
    """What documents have as code inside a sentence, which may be anything."""
    for name in DOCUMENTS:
        yield from re.findall(r"`([^`\n]+)`", (ROOT / name).read_text(encoding="utf-8"))


@cache
def rules() -> list[str]:
    """The examples, each once, and what else is a rule. Raises GrammarError where an example is none."""
    for line in (found := [unescape(line) for line in examples()]):
        parse(line)
    for line in map(unescape, code()):
        try:
            parse(line.removeprefix("/alert "))
        except GrammarError:
            continue
        found.append(line.removeprefix("/alert "))
    return [line for line in dict.fromkeys(found) if "import." not in line]


def test_examples_are_found_where_they_stand() -> None:
    assert len(rules()) >= 55
    assert {"small above 200d > 60 keep 2 days remind every 5 days", "lead 21d outside -3..3"} <= set(rules())
    assert {preset.line for preset in packs()["styles"].presets} <= set(rules())


@pytest.fixture(scope="module")
def history() -> Histories:
    """Ten years of the figures that examples watch: of all sessions; what a census gives, of the first of each week."""
    market = SampleMarket()
    sessions = sessions_between(date(2016, 1, 22), LAST)
    span = [*previous_sessions(sessions[0], WINDOW), *sessions]
    latest = universe.companies(market.census(LAST).quotes)
    symbols = list(latest.frame.index)
    raw = market.closes(symbols, start=span[0], through=LAST).raw
    funds = market.closes(FUNDS, start=None, through=LAST)
    values = raw.ffill().to_numpy() * latest.frame["shares_all"].to_numpy()
    codes, ranked = _segments(span, symbols, values)
    members = MemberCloses(
        pd.DatetimeIndex(pd.to_datetime(span)), tuple(symbols), in_millionths(raw), codes,
        latest.frame["first_trade"].to_numpy().astype("datetime64[D]"),
    )  # fmt: skip
    weekly = [day for day, before in zip(sessions[1:], sessions, strict=False) if day.weekday() < before.weekday()]
    censuses = {day: market.figures(day, latest.frame.index).assign(segment=ranked[season_on(day)]) for day in weekly}
    economy = SampleEconomy()
    months = months_from(span[0], 12 * 12 + CONTRACT_MONTHS)
    inputs = Inputs(
        members, funds.raw, funds.adjusted, censuses, market.name,
        economy={name: economy.series(name) for name in releases()},
        contracts=market.contracts(months, start=sessions[0], through=LAST),
    )  # fmt: skip
    held: Histories = {}
    for figure in compute(inputs, sessions):
        if figure.value is not None or figure.session in censuses:
            held.setdefault(figure.metric, []).append((figure.session, figure.value))
    watched = {series.metric for line in rules() for series in series_of(parse(line).watched)}
    for metric in watched - held.keys():
        asked = list(symbols_of(metric))
        closes = market.closes(asked, start=None, through=LAST)
        frame = closes.adjusted if is_ratio(metric) else closes.raw
        told = symbol_figures(metric, {symbol: frame[symbol] for symbol in asked}, LAST, market.name, sessions)
        held[metric] = [(figure.session, figure.value) for figure in told]
    return held


def _segments(
    span: list[date], symbols: list[str], values: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int8], dict[Season, list[object]]]:
    """Codes by session and company, and names by season: as a backfill ranks them, each season after the last."""
    codes = np.zeros((len(span), len(symbols)), dtype=np.int8)
    seasons = np.array([season_on(day) for day in span], dtype=object)
    names: dict[Season, list[object]] = {}
    previous = None
    for season in seasons_between(span[0], span[-1]):
        at = int(np.searchsorted(np.array(span), season.ranked_on))
        previous = segments(pd.Series(values[at], symbols), previous)["segment"]
        names[season] = previous.reindex(symbols).tolist()
        codes[seasons == season] = [SEGMENT_CODES.get(str(name), 0) for name in names[season]]
    return codes, names


@pytest.mark.parametrize("line", rules())
def test_an_example_has_fired_in_the_simulated_history(history: Histories, line: str) -> None:
    rule = parse(line)
    found = backtest(rule, {series.metric: history[series.metric] for series in series_of(rule.watched)})
    assert found.of(Kind.FIRED), f"{line}: true on {found.true} of {len(found.sessions)} sessions"
