"""Closes of companies: downloaded, checked before they are stored, and repaired: holes, splits, new companies."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from alerts.market import quality, universe
from alerts.market.feed import Closes, FeedError, FeedUnavailable
from alerts.market.seasons import rank_days
from alerts.market.sessions import previous_sessions, sessions_between
from alerts.metrics.compute import WINDOW
from alerts.metrics.members import in_millionths
from bot.pipeline.context import RunContext
from storage import closes, companies, exclusions, histories, memberships
from storage.database import writing

log = logging.getLogger(__name__)

AGREES = 0.005  # closes of one session that differ by more are of different scales: a split, or a correction
OVERLAP = 3  # sessions that are fetched again to see whether the scale is still the same
MOST_NEW = 200  # companies without a history; more than that is an unfinished backfill
CHECKED = 10  # sessions before the current one that are searched for holes
MOST_ABSENT, FEW = 200, 20  # members outside the census that are asked for by symbol on a day, and at a time
COVERED = 0.5  # of the companies with a history have a close, or the session is a hole
EARLIEST = date(2000, 1, 1)  # rank days before it have no closes
_NAMED = 10  # symbols named in a log line


def gather_history(context: RunContext, symbols: Sequence[str], start: date, through: date) -> None:
    """Fetch closes of companies from `start` to `through`, and store those that pass the checks. Raises FeedError.

    A company whose stored closes are on another scale than the new ones has its whole history fetched again. One for
    which the source gave nothing is recorded as without history, and is requested again next time.
    """
    db = context.db
    keys = companies.ids(db)
    rescaled: list[str] = []
    for at in range(0, len(symbols), context.at_once):
        fetched, failure = fetch(context, symbols[at : at + context.at_once], start, through)
        names = tuple(str(symbol) for symbol in fetched.raw.columns)
        batch = _Batch(
            sessions=tuple(stamp.date() for stamp in fetched.raw.index),
            symbols=names,
            ids=tuple(keys[symbol] for symbol in names),
            close=in_millionths(fetched.raw),
        )
        if batch.sessions:
            other = _other_scale(db, batch)
            earlier = companies.companies(db)["history_from"].reindex(list(names))
            moved = other & np.array([isinstance(day, str) and day < start.isoformat() for day in earlier])
            rescaled += [name for name, its in zip(names, moved, strict=True) if its]
            with writing(db):
                companies.note_history(db, _store(context, batch, other), start)
        if failure is not None:
            raise failure
        context.report("closes", min(at + context.at_once, len(symbols)), len(symbols))
    if rescaled:
        refetch(context, rescaled, through, "whose stored closes are of another scale")


def fetch(
    context: RunContext, symbols: Sequence[str], start: date, through: date
) -> tuple[Closes, FeedUnavailable | None]:
    """Closes from the feed. Of a request that a source answered in part: that part, and the failure to raise after it
    is stored. Raises FeedError."""
    try:
        return context.feed.closes(list(symbols), start=start, through=through), None
    except FeedUnavailable as error:
        if error.arrived is None:
            raise
        return error.arrived, error


def refetch(context: RunContext, symbols: Sequence[str], through: date, why: str) -> None:
    """Fetch the whole stored history of companies again; `why` goes into the log. Raises FeedError."""
    named = ", ".join(symbols[:_NAMED]) + (f" and {len(symbols) - _NAMED} more" if len(symbols) > _NAMED else "")
    log.info("histories of %d companies %s are fetched: %s", len(symbols), why, named)
    keys = companies.ids(context.db)
    with writing(context.db):
        histories.forget_older(context.db, [keys[symbol] for symbol in symbols])
    default = previous_sessions(through, WINDOW)[0]
    held = companies.companies(context.db)["history_from"]
    by_start: dict[date, list[str]] = {}
    for symbol in symbols:
        stored = held.get(symbol)
        start = min(date.fromisoformat(stored), default) if isinstance(stored, str) else default
        by_start.setdefault(start, []).append(symbol)
    for start, group in by_start.items():
        first = sessions_between(start, through)[:OVERLAP]
        ids = [keys[symbol] for symbol in group]
        before = closes.close_matrix(context.db, first, ids)
        gather_history(context, group, start, through)
        after = closes.close_matrix(context.db, first, ids)
        earlier = [day for day in rank_days(EARLIEST, start) if day < start]
        with writing(context.db):  # those of rank days before it stay, and go onto the new scale too
            closes.rescale_closes(context.db, earlier, _factors(ids, before, after))


def _factors(ids: Sequence[int], before: npt.NDArray[np.int64], after: npt.NDArray[np.int64]) -> dict[int, float]:
    """What closes have been multiplied by, of the companies whose scale has changed; arrays (sessions, ids)."""
    out = {}
    for at, company in enumerate(ids):
        both = np.flatnonzero((before[:, at] > 0) & (after[:, at] > 0))
        if len(both) and abs(factor := float(after[both[0], at] / before[both[0], at]) - 1) > AGREES:
            out[company] = factor + 1
    return out


def repair_closes(context: RunContext, session: date, last: date, counted: universe.Companies | None) -> None:
    """Fetch what the stored closes lack for `session`: holes, new companies, and histories that a split has rescaled.

    counted: the session's census, None where there is none. last: the latest session that is due; without a census the
    holes are filled up to it. Raises FeedError.
    """
    known = companies.companies(context.db)
    gone = {one.symbol for one in memberships.absences(context.db) if one.covers(session)}
    historic = known[known["history_from"].notna() & ~known.index.isin(list(gone))]
    if historic.empty:
        return  # nothing was backfilled yet: until then the census's own averages serve
    start = date.fromisoformat(historic["history_from"].min())
    window = [day for day in previous_sessions(session, CHECKED) if day >= start]
    holes = sessions_with_holes(context.db, [*window, session], len(historic))
    if holes:
        log.info("closes of %d sessions from %s on are downloaded", len(holes), holes[0])
        begin = max(previous_sessions(holes[0], OVERLAP)[0], start)
        gather_history(context, list(historic.index), begin, last if counted is None else session)
    if counted is None:
        return
    yesterday = previous_sessions(session, 1)[0]
    rescaled = _correct_previous(context.db, counted, yesterday)
    held_back = {symbol for symbol, _ in exclusions.held_back(context.db, yesterday, session)}
    new = [symbol for symbol in counted.frame.index if not isinstance(known.at[symbol, "history_from"], str)]
    if len(new) > MOST_NEW:
        log.info("%d companies have no history yet: the backfill brings it", len(new))
        new = []
    fetched: set[str] = set()
    for symbols, why in (
        (rescaled, "whose previous close is not the one stored"),
        (sorted(held_back & set(counted.frame.index)), "with a close that was held back"),
        (new, "that are new"),
    ):
        left = [symbol for symbol in symbols if symbol not in fetched]
        fetched.update(left)
        if left:
            refetch(context, left, session, why)


def ask_absent_members(context: RunContext, session: date, counted: universe.Companies | None) -> None:
    """Fetch the session's closes of members that the census has not: those that fell out of it by size alone trade on.

    The largest `MOST_ABSENT` by their value when ranked. Nothing waits for them: a symbol without a close is one that
    the source does not know any more.
    """
    known = companies.companies(context.db)
    if counted is None or known["history_from"].isna().all():
        return
    members = memberships.register(context.db, session, session).on(session)
    absent = members[~members.index.isin(counted.frame.index)].sort_values("market_value", ascending=False)
    symbols = list(absent.index[:MOST_ABSENT])
    start = previous_sessions(session, OVERLAP)[0]
    for at in range(0, len(symbols), FEW):  # so few that the source may know none of them without being at fault
        try:
            gather_history(context, symbols[at : at + FEW], start, session)
        except FeedError as error:
            log.info("%s: members that are not in the census: %s", session, error)


def sessions_with_holes(db: Database, sessions: Sequence[date], expected: int) -> list[date]:
    """Those of `sessions` on which fewer than half of the `expected` companies have a close."""
    return [day for day in sessions if closes.count_closes(db, day) < COVERED * expected]


@dataclass(frozen=True)
class _Batch:
    """Closes as downloaded: `close`, sessions × symbols in millionths of a dollar, 0 where there is none."""

    sessions: tuple[date, ...]
    symbols: tuple[str, ...]
    ids: tuple[int, ...]  # of the symbols
    close: npt.NDArray[np.int64]


def _other_scale(db: Database, batch: _Batch) -> npt.NDArray[np.bool_]:
    """By company, whether the stored closes of the first sessions differ from the new ones by more than `AGREES`."""
    stored = closes.close_matrix(db, batch.sessions[:OVERLAP], batch.ids)
    new = batch.close[:OVERLAP]
    both = (stored > 0) & (new > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = both & (np.abs(stored / np.where(new > 0, new, 1) - 1) > AGREES)
    return np.asarray(off.any(axis=0))


def _carried_over(db: Database, batch: _Batch, other_scale: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Kept closes of sessions that a history on another scale lacks, on its scale; as `_Batch.close`, 0 elsewhere."""
    out = np.zeros(batch.close.shape, dtype=np.int64)
    moved = np.flatnonzero(other_scale)
    if len(moved):
        kept = closes.close_matrix(db, batch.sessions, [batch.ids[column] for column in moved])
        for place, column in enumerate(moved):
            old, new = (np.where(one > 0, one, np.nan) for one in (kept[:, place], batch.close[:, column]))
            out[:, column] = np.rint(np.nan_to_num(quality.carried_over(old, new))).astype(np.int64)
    return out


def _store(context: RunContext, batch: _Batch, other_scale: npt.NDArray[np.bool_]) -> list[str]:
    """Store a batch without its absurd closes, which are held back; the symbols that have a close left.

    other_scale: as `_other_scale` gives it.
    """
    db, sessions = context.db, batch.sessions
    before = closes.close_matrix(db, previous_sessions(sessions[0], OVERLAP), batch.ids)
    last = np.zeros(len(batch.ids), dtype=np.int64)
    for row in before:
        last = np.where(row > 0, row, last)
    # A stored close on another scale says nothing about whether the first new close is plausible.
    held = quality.absurd(batch.close, np.where(other_scale, 0, last), list(sessions), list(batch.symbols))
    close = batch.close.copy()
    at = {symbol: column for column, symbol in enumerate(batch.symbols)}
    exclusions.release(db, batch.symbols, sessions[0], sessions[-1])
    for one in held:
        close[sessions.index(one.session), at[one.symbol]] = 0
        log.warning("%s: %s", one.symbol, one.reason)
    closes.record_closes(db, sessions, batch.ids, np.where(close > 0, close, _carried_over(db, batch, other_scale)))
    closes.forget_closes(db, [(one.session, batch.ids[at[one.symbol]]) for one in held])
    exclusions.hold_back(db, [(one.symbol, one.session, one.reason) for one in held], context.now)
    return [symbol for symbol, column in zip(batch.symbols, close.T, strict=True) if column.any()]


def _correct_previous(db: Database, counted: universe.Companies, yesterday: date) -> list[str]:
    """Correct stored closes of `yesterday` by the census's previous closes, up to `AGREES`; which differ by more."""
    symbols = counted.frame.index
    keys = companies.ids(db)
    ids = [keys[symbol] for symbol in symbols]
    stored = closes.close_matrix(db, [yesterday], ids)[0]
    previous = in_millionths(counted.frame[["previous_close"]])[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where((stored > 0) & (previous > 0), np.abs(previous / np.where(stored > 0, stored, 1) - 1), 0.0)
    slight = (previous != stored) & (off > 0) & (off <= AGREES)
    if slight.any():
        log.info("%d closes of %s are corrected by less than %.1f %%", slight.sum(), yesterday, 100 * AGREES)
        with writing(db):
            closes.record_closes(db, [yesterday], ids, np.where(slight, previous, 0)[None, :])
    return list(symbols[off > AGREES])
