"""History: closes from before the bot was there, and every figure that can be computed from them."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlite_utils import Database

from alerts.market import universe
from alerts.market.feed import EconomyFeed, FeedError, FeedUnavailable, MarketFeed
from alerts.market.sessions import last_complete_session, previous_sessions, sessions_between
from alerts.metrics.compute import ECONOMY_SOURCE, WINDOW, compute, counts
from bot.pipeline.closes import OVERLAP, Report, gather_history, silent
from bot.pipeline.gather import CONTRACT_MONTHS, count, gather_contracts, gather_economy, gather_funds, months_from
from bot.pipeline.inputs import assemble
from bot.pipeline.membership import ensure_members
from storage import advances, closes, companies, figures
from storage.database import writing
from storage.sessions import first_gathered

T = TypeVar("T")

log = logging.getLogger(__name__)

BLOCK = 250  # sessions computed at a time, so that memory does not grow with the range


@dataclass(frozen=True)
class Backfilled:
    """What a backfill brought."""

    sessions: int
    figures: int  # with a value
    companies: int
    without_history: int = 0  # of them, the source gave no close


class NothingToFill(ValueError):
    """The range holds no completed session; the text says which one is the last."""


def backfill(
    db: Database,
    feed: MarketFeed,
    start: date,
    end: date | None,
    now: datetime,
    report: Report = silent,
    *,
    economy: EconomyFeed | None = None,
    rests: Sequence[float] = (),
) -> Backfilled:
    """Figures of every session from `start` to `end` (the last complete one), from closes 300 sessions earlier on.

    Fires nothing and seals nothing; what a session recorded by itself stays, or is corrected and says so. Killed
    half-way it goes on where it was. `rests`: seconds to leave a source alone each time it turns us away, before it
    is asked again; after the last of them it is given up. Raises FeedError, NothingToFill.
    """
    last = last_complete_session(now)
    sessions = sessions_between(start, min(end or last, last))
    if not sessions:
        raise NothingToFill(f"from {start} to {min(end or last, last)}: no completed session; the last one is {last}")
    patient = Patient(rests)
    report("census", 0, 1)
    counted = patient(lambda: count(db, feed, last))
    report("census", 1, 1)
    with writing(db):
        companies.record_companies(db, counted.frame, last)
    patient(lambda: gather_funds(db, feed, last, now, report))
    if economy is not None:
        gather_economy(db, economy, now, report)
    months = months_from(sessions[0], _months(sessions[0], last) + CONTRACT_MONTHS)
    try:
        patient(lambda: gather_contracts(db, feed, months, sessions[0], last))
    except FeedError as error:
        log.warning("fed funds futures: %s; the history is filled without", error)

    first_close = previous_sessions(sessions[0], WINDOW)[0]
    patient(lambda: _fetch_closes(db, feed, list(counted.frame.index), first_close, last, now, report))
    with writing(db):
        for year in range(universe.in_force_on(sessions[0]), universe.in_force_on(sessions[-1]) + 1):
            ensure_members(db, year, counted)

    total = 0
    for at in range(0, len(sessions), BLOCK):
        block = sessions[at : at + BLOCK]
        total += _figures_of(
            db, feed, block, counted, now, report, at, len(sessions), economy.name if economy else ECONOMY_SOURCE
        )
    have, listed = companies.histories(db)
    return Backfilled(len(sessions), total, len(counted.frame), listed - have)


class Patient:
    """Asks again after a rest, as often as there are rests for all that is asked."""

    def __init__(self, rests: Sequence[float]) -> None:
        self._left = list(rests)

    def __call__(self, ask: Callable[[], T]) -> T:
        """What `ask` returns. Raises FeedError, FeedUnavailable once there is no rest left."""
        while True:
            try:
                return ask()
            except FeedUnavailable as error:
                if not self._left:
                    raise
                seconds = self._left.pop(0) * random.uniform(0.8, 1.2)
                log.warning("%s; it is left alone for %.0f seconds, then the backfill goes on", error, seconds)
                time.sleep(seconds)


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _fetch_closes(
    db: Database, feed: MarketFeed, symbols: Sequence[str], start: date, last: date, now: datetime, report: Report
) -> None:
    have = companies.companies(db)["history_from"].to_dict()
    absent = [symbol for symbol in symbols if not isinstance(have[symbol], str) or have[symbol] > start.isoformat()]
    if absent:
        gather_history(db, feed, absent, start, last, now, report)
    holes = [day for day in sessions_between(start, last) if closes.count_closes(db, day) < 0.5 * len(symbols)]
    present = [symbol for symbol in symbols if symbol not in set(absent)]
    if holes and present:  # sessions the bot slept through since those were fetched
        begin = max(previous_sessions(holes[0], OVERLAP)[0], start)
        gather_history(db, feed, present, begin, last, now, report)


def _figures_of(
    db: Database, feed: MarketFeed, block: list[date], latest: universe.Companies, now: datetime, report: Report,
    done: int, total: int, economy_source: str,
) -> int:  # fmt: skip
    counted = {latest.session: latest} if latest.session in block else {}
    if feed.keeps_census:
        counted = {}
        for at, session in enumerate(block):
            counted[session] = universe.as_of(latest, feed.census(session).quotes, session)
            report("figures", done + at, total)
    first_census = None if feed.keeps_census else first_gathered(db) or latest.session
    inputs = assemble(db, feed.name, block, counted, first_census, economy_source)
    computed = compute(inputs, block)
    with writing(db):
        advances.record_advances(db, counts(inputs.closes))
        figures.record_figures(db, computed, now, backfilled=True)
        figures.correct(db, computed, now)
    report("figures", done + len(block), total)
    return sum(figure.value is not None for figure in computed)
