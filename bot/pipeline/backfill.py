"""Backfill: closes of past sessions, and every figure that can be computed from them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from alerts.market import universe
from alerts.market.feed import FeedError, PastFeed
from alerts.market.seasons import first_ranked
from alerts.market.sessions import last_complete_session, previous_sessions, sessions_between
from alerts.metrics.compute import WINDOW, compute, counts, of_funds
from bot.pipeline import symbols
from bot.pipeline.closes import OVERLAP, gather_history, sessions_with_holes
from bot.pipeline.context import RunContext
from bot.pipeline.funds import gather_funds
from bot.pipeline.gather import (
    CONTRACT_MONTHS,
    companies_on,
    gather_contracts,
    gather_economy,
    months_from,
)
from bot.pipeline.inputs import assemble, assemble_funds
from bot.pipeline.membership import ensure_members, newcomers_since, note_fast_entries
from bot.pipeline.older import OlderCloses, gather_older, kept_from, prune
from bot.pipeline.past import fill_past
from bot.pipeline.retry import RetryPolicy
from storage import advances, companies, figures, fund_closes, histories
from storage.database import writing
from storage.sessions import first_gathered

log = logging.getLogger(__name__)

BLOCK = 250  # sessions computed at a time, so that memory does not grow with the range


@dataclass(frozen=True)
class Backfilled:
    """The result of a backfill."""

    sessions: int
    figures: int  # with a value
    companies: int
    without_history: int = 0  # of them, the source gave no close


class NothingToFill(ValueError):
    """The range holds no completed session; the text says which one is the last."""


def backfill(
    context: RunContext, start: date, end: date | None = None, *, pauses: Sequence[float] = ()
) -> Backfilled:  # fmt: skip
    """Compute the figures of every session from `start` to `end` (the last complete one), fetching what is missing.

    Closes are fetched from `WINDOW` sessions earlier on, and from the rank days that decide who counted then. Once a
    first history is there, closes older than those that stay are dropped when their figures are recorded. Evaluates no
    rule and seals no session; a figure that a session recorded itself is kept, or marked as corrected. Interrupted,
    the same call continues where it stopped.
    pauses: seconds to wait, one after the other, each time a source is unavailable; see `RetryPolicy`.
    Raises FeedError once no pause is left, NothingToFill.
    """
    db = context.db
    last = last_complete_session(context.now)
    sessions = sessions_between(start, min(end or last, last))
    if not sessions:
        raise NothingToFill(f"from {start} to {min(end or last, last)}: no completed session; the last one is {last}")
    if len(previous_sessions(sessions[0], WINDOW)) < WINDOW:
        first = sessions_between(date.min, last)[WINDOW]
        raise NothingToFill(
            f"from {start}: closes are needed from {WINDOW} sessions earlier on, and the calendar starts in 1999; "
            f"{first} is the first session that can be filled"
        )
    retry = RetryPolicy(pauses)
    context.report("census", 0, 1)
    counted = retry(lambda: companies_on(context, last))
    context.report("census", 1, 1)
    with writing(db):
        companies.record_companies(db, counted.frame, last)
    retry(lambda: gather_funds(context, last))
    try:
        retry(lambda: symbols.gather(context, last))
    except FeedError as error:
        log.warning("symbols of pairs: %s; the history is filled without", error)
    if context.economy is not None:
        gather_economy(context, context.economy)
    first_session = previous_sessions(sessions[0], WINDOW)[0]
    first_close = min(first_session, first_ranked(first_session))
    kept = kept_from(last)
    deep = first_session < kept
    if not deep and histories.filled_from(db) is not None:
        first_close = max(first_close, kept)  # before it the closes of rank days are there, and only those
    if not deep or context.feed.keeps_census:  # others serve no contract that has expired: the first pass had the rest
        months = months_from(sessions[0], _months(sessions[0], last) + CONTRACT_MONTHS)
        try:
            retry(lambda: gather_contracts(context, months, sessions[0], last))
        except FeedError as error:
            log.warning("fed funds futures: %s; the history is filled without", error)
    fill_past(context, last)
    symbols.fill_all(context, last)

    everyone = list(counted.frame.index)
    older = None
    if deep:
        retry(lambda: _fetch_closes(context, everyone, kept, last))
        retry(lambda: gather_older(context, everyone, first_close, last))
        older = OlderCloses.read(db, first_close, last)
        with writing(db):
            older.record_rank_days(first_close, last)
    else:
        retry(lambda: _fetch_closes(context, everyone, first_close, last))
    with writing(db):
        ensure_members(db, first_session, sessions[-1], counted, afresh_before=first_gathered(db) or last)
        note_fast_entries(db, newcomers_since(first_session), last)

    with_value = 0
    frames = None
    if older is None or context.feed.keeps_census:
        first_fund, last_fund = fund_closes.fund_span(db) or (last, last)
        held = sessions_between(min(first_fund, first_session), max(last_fund, last))
        frames = of_funds(assemble_funds(context, held), pd.DatetimeIndex(pd.to_datetime(sessions)))
    filling = _Filling(sessions, counted, older, frames)
    for at in range(0, len(sessions), BLOCK):
        with_value += _compute_block(context, filling, at)
    with writing(db):
        if sessions[-1] == last and companies.filled(db):
            histories.note_filled(db, sessions[0])
        histories.drop_older(db)
        prune(db, last)
    have, listed = companies.histories(db)
    return Backfilled(len(sessions), with_value, len(counted.frame), listed - have)


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _fetch_closes(context: RunContext, symbols: Sequence[str], start: date, last: date) -> None:
    """Fetch closes of `symbols` from `start` on where they are missing: whole histories first, then single sessions."""
    stored = companies.companies(context.db)["history_from"].to_dict()
    absent = [symbol for symbol in symbols if not isinstance(stored[symbol], str) or stored[symbol] > start.isoformat()]
    if absent:
        gather_history(context, absent, start, last)
    holes = sessions_with_holes(context.db, sessions_between(start, last), len(symbols))
    present = [symbol for symbol in symbols if symbol not in set(absent)]
    if holes and present:  # sessions that the bot missed since those were fetched
        begin = max(previous_sessions(holes[0], OVERLAP)[0], start)
        gather_history(context, present, begin, last)


@dataclass(frozen=True)
class _Filling:
    """What the blocks of one backfill share.

    latest: the companies of the last session. older: the closes older than those that stay. funds: the frames of the
    metrics of funds and economic series, which depend on their whole history; None where these are recorded already.
    """

    sessions: Sequence[date]
    latest: universe.Companies
    older: OlderCloses | None
    funds: Mapping[str, pd.DataFrame] | None


def _compute_block(context: RunContext, filling: _Filling, at: int) -> int:
    """Compute and record the figures of `BLOCK` sessions from position `at` on; how many have a value."""
    db, feed = context.db, context.feed
    sessions, latest, older = filling.sessions, filling.latest, filling.older
    block = list(sessions[at : at + BLOCK])
    counted = {latest.session: latest} if latest.session in block else {}
    if feed.keeps_census:
        counted = {}
        for done, session in enumerate(block, start=at):
            counted[session] = _census_of(context, session, latest, averages=session == block[-1])
            context.report("figures", done, len(sessions))
    first_census = None if feed.keeps_census else first_gathered(db) or latest.session
    inputs = assemble(context, block, counted, first_census, older.matrix if older else None)
    computed = compute(inputs, block, of_companies=filling.funds is None, funds=filling.funds)
    with writing(db):
        advances.record_advances(db, counts(inputs.closes))
        figures.record_figures(db, computed, context.now, backfilled=True)
        figures.correct(db, computed, context.now)
    context.report("figures", at + len(block), len(sessions))
    return sum(figure.value is not None for figure in computed)


def _census_of(context: RunContext, session: date, latest: universe.Companies, *, averages: bool) -> universe.Companies:
    """The companies of `latest` on an earlier session; of the source's `averages` only if they are needed."""
    if isinstance(feed := context.feed, PastFeed) and not averages:
        return universe.Companies(session, feed.figures(session, latest.frame.index), latest.excluded)
    return universe.as_of(latest, context.feed.census(session).quotes, session)
