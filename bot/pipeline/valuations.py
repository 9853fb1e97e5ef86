"""The valuation history: month-end measures of the members, requested company by company, in the background."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

import pandas as pd
from sqlite_utils import Database

from alerts.market.feed import FeedUnavailable, TurnedAway, ValuationFeed
from alerts.market.sessions import last_complete_session
from alerts.metrics import monthly
from alerts.metrics.compute import membership_notes
from alerts.metrics.frames import figures as figures_of
from bot.pipeline.context import RunContext
from bot.pipeline.inputs import month_ends
from bot.pipeline.retry import RetryPolicy
from storage import figures, memberships, valuations
from storage.database import writing
from storage.sessions import first_gathered

log = logging.getLogger(__name__)

REACH = timedelta(days=500)  # members since then are requested: the source keeps about sixteen months
MOST_FAILED = 25  # failures in a row that mean a failing source rather than companies unknown to it
SEGMENTS = ("large", "small")


@dataclass(frozen=True)
class Valued:
    """The result of a run."""

    companies: int  # requested
    left: int  # still to be requested
    months: int  # with a discount
    figures: int  # written, with a value


def last_month_end(session: date) -> date | None:
    """The last session of the latest month that is over by `session`."""
    ends = valuations.month_ends(session - timedelta(days=45), session)
    return ends[-1][1] if ends else None


def companies_to_ask(db: Database, session: date) -> list[str]:
    """The members of `SEGMENTS` in the last sixteen months that were not requested since the last month's end."""
    end = last_month_end(session)
    if end is None:
        return []
    register = memberships.register(db, session - REACH, session)
    members: dict[str, None] = {}
    for held in [register.on(session), *(ranks.frame for ranks in reversed(register.ranks))]:
        members.update(dict.fromkeys(held.index[held["segment"].isin(SEGMENTS)]))
    for absence in register.absences:
        if absence.covers(session):
            members.pop(absence.symbol, None)
    asked = valuations.asked_since(db, list(members), end + timedelta(days=1))
    return [symbol for symbol in members if symbol not in asked]


def fill_valuations(context: RunContext, feed: ValuationFeed, *, pauses: Sequence[float] = ()) -> Valued:
    """Request the measures of every member that is left, store each answer at once, and write the month-end discounts.

    Interrupted, the same call continues where it stopped. pauses: as in `backfill`. Raises FeedUnavailable once no
    pause is left, or after `MOST_FAILED` failures in a row; what was answered by then is stored.
    """
    session = last_complete_session(context.now)
    symbols = companies_to_ask(context.db, session)
    retry = RetryPolicy(pauses)
    answered = failed = 0
    try:
        for symbol in symbols:
            measures = retry(partial(_measures, feed, symbol, session))
            if measures is None:
                failed += 1
                if failed == MOST_FAILED:
                    raise FeedUnavailable(f"{feed.name}: valuation measures: {failed} companies in a row failed")
                continue
            failed = 0
            with writing(context.db):
                valuations.record(context.db, symbol, measures, context.now)
            answered += 1
            context.report("valuations", answered, len(symbols))
    finally:
        months, written = _write_discounts(context, feed.name, session)
    return Valued(answered, len(symbols) - answered, months, written)


def _measures(feed: ValuationFeed, symbol: str, session: date) -> pd.DataFrame | None:
    """The month-end measures of one company; None where that request failed. Raises TurnedAway."""
    try:
        return feed.month_valuations(symbol, through=session)
    except TurnedAway:
        raise
    except FeedUnavailable as error:
        log.warning("%s; the next run requests it again", error)
        return None


def _write_discounts(context: RunContext, source: str, session: date) -> tuple[int, int]:
    """Write the discount on every session that has figures; how many months, and how many figures, have a value."""
    db, now = context.db, context.now
    sessions = figures.sessions_held(db, session - REACH, session)
    if not sessions:
        return 0, 0
    months = month_ends(db, sessions)
    frame = monthly.discount_monthly(months, pd.DatetimeIndex(pd.to_datetime(sessions)))
    provisional = memberships.register(db, sessions[0], sessions[-1]).provisional(sessions)
    first_census = None if context.feed.keeps_census else first_gathered(db)
    computed = [
        replace(figure, notes=membership_notes(figure.session, provisional, first_census))
        for figure in figures_of(monthly.NAME, frame, source)
    ]
    with writing(db):
        figures.record_figures(db, computed, now, backfilled=True)
        figures.correct(db, computed, now)
    with_value = [figure for figure in computed if figure.value is not None]
    return len({figure.observed for figure in with_value}), len(with_value)
