"""History: closes from before the bot was there, and every figure that can be computed from them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlite_utils import Database

from alerts.market import universe
from alerts.market.feed import MarketFeed
from alerts.market.sessions import last_complete_session, previous_sessions, sessions_between
from alerts.metrics.compute import WINDOW, compute
from bot.gather import Report, assemble, count, ensure_members, gather_funds, gather_history, silent
from storage import closes, companies, figures
from storage.database import writing

log = logging.getLogger(__name__)

BLOCK = 250  # sessions computed at a time, so that memory does not grow with the range


@dataclass(frozen=True)
class Backfilled:
    """What a backfill brought."""

    sessions: int
    figures: int  # with a value
    companies: int


class NothingToFill(ValueError):
    """The range holds no completed session; the text says which one is the last."""


def backfill(
    db: Database, feed: MarketFeed, start: date, end: date | None, now: datetime, report: Report = silent
) -> Backfilled:
    """Figures of every session from `start` to `end` (the last complete one), from closes 300 sessions earlier on.

    Fires nothing and seals nothing; what a session recorded by itself stays. Killed half-way it goes on where it was.
    Raises FeedError, NothingToFill.
    """
    last = last_complete_session(now)
    sessions = sessions_between(start, min(end or last, last))
    if not sessions:
        raise NothingToFill(f"from {start} to {min(end or last, last)}: no completed session; the last one is {last}")
    report("census", 0, 1)
    counted = count(db, feed, last)
    report("census", 1, 1)
    with writing(db):
        companies.record_companies(db, counted.frame, last)
    gather_funds(db, feed, last, report)

    first_close = previous_sessions(sessions[0], WINDOW)[0]
    _fetch_closes(db, feed, list(counted.frame.index), first_close, last, report)
    with writing(db):
        for year in range(universe.in_force_on(sessions[0]), universe.in_force_on(sessions[-1]) + 1):
            ensure_members(db, year, counted)

    total = 0
    for at in range(0, len(sessions), BLOCK):
        block = sessions[at : at + BLOCK]
        total += _figures_of(db, feed, block, counted, now, report, at, len(sessions))
    return Backfilled(len(sessions), total, len(counted.frame))


def _fetch_closes(
    db: Database, feed: MarketFeed, symbols: Sequence[str], start: date, last: date, report: Report
) -> None:
    have = companies.companies(db)["history_from"].to_dict()
    absent = [symbol for symbol in symbols if not isinstance(have[symbol], str) or have[symbol] > start.isoformat()]
    if absent:
        gather_history(db, feed, absent, start, last, report)
    holes = [day for day in sessions_between(start, last) if closes.count_closes(db, day) < 0.5 * len(symbols)]
    present = [symbol for symbol in symbols if symbol not in set(absent)]
    if holes and present:  # sessions the bot slept through since those were fetched
        gather_history(db, feed, present, holes[0], last, report)


def _figures_of(
    db: Database, feed: MarketFeed, block: list[date], latest: universe.Companies, now: datetime, report: Report,
    done: int, total: int,
) -> int:  # fmt: skip
    counted = {latest.session: latest} if latest.session in block else {}
    if feed.keeps_census:
        counted = {}
        for at, session in enumerate(block):
            counted[session] = universe.as_of(latest, feed.census(session).quotes, session)
            report("figures", done + at, total)
    first_census = None if feed.keeps_census else figures.first_gathered(db) or latest.session
    computed = compute(assemble(db, feed.name, block, counted, first_census), block)
    with writing(db):
        figures.record_figures(db, computed, now, backfilled=True)
    report("figures", done + len(block), total)
    return sum(figure.value is not None for figure in computed)
