"""The valuation history: month-end measures of the members, asked for one by one, in the background."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

import pandas as pd
from sqlite_utils import Database

from alerts.market import universe
from alerts.market.feed import FeedUnavailable, TurnedAway, ValuationFeed
from alerts.market.sessions import last_complete_session
from alerts.metrics import monthly
from alerts.metrics.figure import figures as figures_of
from bot.pipeline.backfill import Patient
from bot.pipeline.closes import Report, silent
from bot.pipeline.inputs import month_ends
from storage import companies, figures, valuations
from storage.database import writing

log = logging.getLogger(__name__)

REACH = timedelta(days=500)  # back from which members are asked about: the source keeps about sixteen months
MOST_FAILED = 25  # in a row: then it is the source that does not answer, not a company it does not know
SEGMENTS = ("large", "small")


@dataclass(frozen=True)
class Valued:
    """What a run brought."""

    companies: int  # asked about
    left: int  # still to be asked about
    months: int  # with a discount
    figures: int  # written, with a value


def last_month_end(session: date) -> date | None:
    """The last session of the latest month that is over by `session`."""
    ends = valuations.month_ends(session - timedelta(days=45), session)
    return ends[-1][1] if ends else None


def to_ask(db: Database, session: date) -> list[str]:
    """The members of the last sixteen months, of the segments compared, not asked about since the last month's end."""
    end = last_month_end(session)
    if end is None:
        return []
    years = range(universe.in_force_on(session - REACH), universe.in_force_on(session) + 1)
    members: dict[str, None] = {}
    for year in reversed(years):
        held = companies.memberships(db, year)
        members.update(dict.fromkeys(held.index[held["segment"].isin(SEGMENTS)]))
    asked = valuations.asked_since(db, list(members), end + timedelta(days=1))
    return [symbol for symbol in members if symbol not in asked]


def fill(
    db: Database,
    feed: ValuationFeed,
    now: datetime,
    report: Report = silent,
    *,
    rests: Sequence[float] = (),
) -> Valued:
    """Ask about every member that is left, keep each answer at once, and write the month-end discounts.

    Stopped half-way it goes on where it was. Raises FeedUnavailable where the source turns us away for good; what was
    asked by then is kept.
    """
    session = last_complete_session(now)
    symbols = to_ask(db, session)
    patient = Patient(rests)
    asked = failed = 0
    try:
        for symbol in symbols:
            told = patient(partial(_ask, feed, symbol, session))
            if told is None:
                failed += 1
                if failed == MOST_FAILED:
                    raise FeedUnavailable(f"{feed.name}: valuation measures: {failed} companies in a row failed")
                continue
            failed = 0
            with writing(db):
                valuations.record(db, symbol, told, now)
            asked += 1
            report("valuations", asked, len(symbols))
    finally:
        months, written = _write(db, feed.name, session, now)
    return Valued(asked, len(symbols) - asked, months, written)


def _ask(feed: ValuationFeed, symbol: str, session: date) -> pd.DataFrame | None:
    """What the source tells of one company; None where that failed, and is to be tried another time."""
    try:
        return feed.month_valuations(symbol, through=session)
    except TurnedAway:
        raise
    except FeedUnavailable as error:
        log.warning("%s; it is asked about again another time", error)
        return None


def _write(db: Database, source: str, session: date, now: datetime) -> tuple[int, int]:
    """Write the discount on every session with figures that the months reach; (months with one, figures with one)."""
    sessions = figures.sessions_held(db, session - REACH, session)
    if not sessions:
        return 0, 0
    months = month_ends(db, sessions)
    frame = monthly.discount_monthly(months, pd.DatetimeIndex(pd.to_datetime(sessions)))
    told = figures_of(monthly.NAME, frame, source)
    with writing(db):
        figures.record_figures(db, told, now, backfilled=True)
        figures.correct(db, told, now)
    with_value = [figure for figure in told if figure.value is not None]
    return len({figure.observed for figure in with_value}), len(with_value)
