"""Closes of companies: downloaded, looked through before they are kept, and kept a chunk at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from alerts.market import quality
from alerts.market.feed import MarketFeed
from alerts.market.sessions import previous_sessions
from alerts.metrics.compute import WINDOW
from alerts.metrics.members import in_millionths
from storage import closes, companies, exclusions
from storage.database import writing

log = logging.getLogger(__name__)

CHUNK = 100  # symbols downloaded and kept at a time: what a kill loses
AGREES = 0.005  # closes of one session further apart than this are of different scales: a split, or a correction
OVERLAP = 3  # sessions that are fetched again to see whether the scale is still the same
_NAMED = 10  # symbols named in a log line
Report = Callable[[str, int, int], None]  # what is being done, done so far, in all


def silent(_what: str, _done: int, _total: int) -> None:
    """Nobody is watching the progress."""


def gather_history(
    db: Database, feed: MarketFeed, symbols: Sequence[str], start: date, through: date, now: datetime, report: Report
) -> None:
    """Fetch closes of companies from `start` on and keep what can be believed. Raises FeedError.

    A company whose kept closes stand on another scale than the new ones has its whole history fetched anew. One for
    which nothing came has no history, and is asked for again.
    """
    keys = companies.ids(db)
    rescaled: list[str] = []
    for at in range(0, len(symbols), CHUNK):
        chunk = list(symbols[at : at + CHUNK])
        fetched = feed.closes(chunk, start=start, through=through)
        sessions = [stamp.date() for stamp in fetched.raw.index]
        names = [str(symbol) for symbol in fetched.raw.columns]
        ids = [keys[symbol] for symbol in names]
        close = in_millionths(fetched.raw)
        if sessions:
            other = _other_scale(db, sessions[:OVERLAP], ids, close)
            earlier = companies.companies(db)["history_from"].reindex(names)
            moved = other & np.array([isinstance(day, str) and day < start.isoformat() for day in earlier])
            rescaled += [name for name, its in zip(names, moved, strict=True) if its]
            with writing(db):
                _keep(db, sessions, names, ids, close, other, now)
                companies.note_history(db, [n for n, column in zip(names, close.T, strict=True) if column.any()], start)
        report("closes", min(at + CHUNK, len(symbols)), len(symbols))
    if rescaled:
        refetch(db, feed, rescaled, through, "whose kept closes are of another scale", now, report)


def refetch(
    db: Database, feed: MarketFeed, symbols: Sequence[str], through: date, why: str, now: datetime, report: Report
) -> None:
    """Fetch the whole kept history of companies anew, and say why. Raises FeedError."""
    named = ", ".join(symbols[:_NAMED]) + (f" and {len(symbols) - _NAMED} more" if len(symbols) > _NAMED else "")
    log.info("histories of %d companies %s are fetched: %s", len(symbols), why, named)
    default = previous_sessions(through, WINDOW)[0]
    held = companies.companies(db)["history_from"]
    by_start: dict[date, list[str]] = {}
    for symbol in symbols:
        kept = held.get(symbol)
        by_start.setdefault(min(date.fromisoformat(kept), default) if isinstance(kept, str) else default, []).append(
            symbol
        )
    for start, group in by_start.items():
        gather_history(db, feed, group, start, through, now, report)


def _other_scale(
    db: Database, sessions: list[date], ids: list[int], close: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """(C,): whose kept closes on `sessions` differ from the new ones by more than a correction."""
    kept = closes.close_matrix(db, sessions, ids)
    new = close[: len(sessions)]
    both = (kept > 0) & (new > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = both & (np.abs(kept / np.where(new > 0, new, 1) - 1) > AGREES)
    return np.asarray(off.any(axis=0))


def _keep(
    db: Database, sessions: list[date], symbols: list[str], ids: list[int], close: npt.NDArray[np.int64],
    other_scale: npt.NDArray[np.bool_], now: datetime,
) -> None:  # fmt: skip
    before = closes.close_matrix(db, previous_sessions(sessions[0], OVERLAP), ids)
    last = np.zeros(len(ids), dtype=np.int64)
    for row in before:
        last = np.where(row > 0, row, last)
    # A first close that continues nothing kept cannot be judged by what was kept on another scale.
    held = quality.absurd(close, np.where(other_scale, 0, last), sessions, symbols)
    at = {symbol: column for column, symbol in enumerate(symbols)}
    exclusions.release(db, symbols, sessions[0], sessions[-1])
    for one in held:
        close[sessions.index(one.session), at[one.symbol]] = 0
        log.warning("%s: %s", one.symbol, one.reason)
    closes.record_closes(db, sessions, ids, close)
    closes.forget_closes(db, [(one.session, ids[at[one.symbol]]) for one in held])
    exclusions.hold_back(db, [(one.symbol, one.session, one.reason) for one in held], now)
