"""Closes older than those that stay: fetched, kept by company until their figures are recorded, then dropped.

What stays are the closes of the last `KEPT` sessions and of all rank days: enough for every window, and for ranks.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlite_utils import Database

from alerts.market import quality
from alerts.market.seasons import rank_days
from alerts.market.sessions import previous_sessions, sessions_between
from alerts.metrics.members import in_millionths
from bot.pipeline.closes import AGREES, EARLIEST, OVERLAP, fetch, refetch
from bot.pipeline.context import RunContext
from storage import closes, companies, histories, older_closes
from storage.database import writing

log = logging.getLogger(__name__)

KEPT = 756  # sessions: three years


def kept_from(last: date) -> date:
    """The first session whose closes stay when `last` is the latest one."""
    return previous_sessions(last, KEPT - 1)[0]


def prune(db: Database, last: date) -> None:
    """Drop the closes that are not needed any more; none while older ones are being filled. Call inside `writing()`."""
    if histories.filled_from(db) is None or histories.count_older(db)[0]:
        return
    begin = kept_from(last)
    if gone := closes.prune_closes(db, begin, rank_days(EARLIEST, begin)):
        log.info("%d closes before %s are dropped: their figures are recorded", gone, begin)


def gather_older(context: RunContext, symbols: Sequence[str], start: date, last: date) -> None:
    """Fetch the closes of `symbols` from `start` on and keep those before `kept_from`, a part at a time.

    Goes on where a call before was stopped. A company whose closes that stay are of another scale has them fetched
    again; one without any close is asked for again by the next call. Raises FeedError.
    """
    db = context.db
    keys = companies.ids(db)
    there = histories.with_older(db, start)
    left = [symbol for symbol in symbols if keys[symbol] not in there]
    sessions = sessions_between(start, last)
    before = sessions.index(kept_from(last))
    for at in range(0, len(left), context.at_once):
        fetched, failure = fetch(context, left[at : at + context.at_once], start, last)
        index = pd.DatetimeIndex(pd.to_datetime(sessions))
        close = in_millionths(fetched.raw.reindex(index))
        names = [str(name) for name in fetched.raw.columns]
        answered = np.flatnonzero((close > 0).sum(axis=0))
        names, close = [names[column] for column in answered.tolist()], close[:, answered]
        rescaled = _rescaled(db, sessions[before : before + OVERLAP], [keys[name] for name in names], close[before:])
        if others := [name for name, its in zip(names, rescaled, strict=True) if its]:
            refetch(context, others, last, "whose stored closes are of another scale")
        held = quality.absurd(close, np.zeros(len(names), np.int64), sessions, names)
        for one in held:
            close[sessions.index(one.session), names.index(one.symbol)] = 0
        if held:
            log.info("%d older closes that no second session confirms are left out: %s", len(held), held[0].reason)
        with writing(db):
            older_closes.keep_older(db, [keys[name] for name in names], sessions[:before], close[:before])
        if failure is not None:
            raise failure
        done = len(symbols) - len(left) + min(at + context.at_once, len(left))
        context.report("closes", done, len(symbols))
        log.info("history: %s of %s companies, from %s on", f"{done:,}", f"{len(symbols):,}", start)


def _rescaled(
    db: Database, sessions: Sequence[date], ids: Sequence[int], close: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """By company, whether the stored closes of `sessions` differ from the new ones by more than `AGREES`."""
    stored, new = closes.close_matrix(db, sessions, ids), close[: len(sessions)]
    both = (stored > 0) & (new > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((both & (np.abs(stored / np.where(new > 0, new, 1) - 1) > AGREES)).any(axis=0))


@dataclass(frozen=True)
class OlderCloses:
    """The closes of all sessions: older ones from where they are kept by company, the others from the table."""

    db: Database
    sessions: tuple[date, ...]
    ids: tuple[int, ...]
    close: npt.NDArray[np.int64]  # (sessions, ids)

    @staticmethod
    def read(db: Database, start: date, last: date) -> OlderCloses:
        """All of them from `start` to the session before those that stay."""
        sessions = sessions_between(start, last)
        sessions = sessions[: sessions.index(kept_from(last))]
        ids = tuple(sorted(companies.ids(db).values()))
        return OlderCloses(db, tuple(sessions), ids, older_closes.older_matrix(db, sessions, ids))

    def record_rank_days(self, start: date, end: date) -> None:
        """Write the closes of the rank days among them into the table, where they stay. Call inside `writing()`."""
        days = [day for day in rank_days(start, end) if day in self.sessions]
        closes.record_closes(self.db, days, self.ids, self.close[[self.sessions.index(day) for day in days]])

    def matrix(self, sessions: Sequence[date], ids: Sequence[int]) -> npt.NDArray[np.int64]:
        """As `closes.close_matrix`."""
        out = closes.close_matrix(self.db, sessions, ids)
        columns = np.searchsorted(np.array(self.ids), np.array(ids, dtype=np.int64))
        place = {session: row for row, session in enumerate(self.sessions)}
        rows = [(at, place[session]) for at, session in enumerate(sessions) if session in place]
        if rows:
            to, source = (np.array(found) for found in zip(*rows, strict=True))
            older = self.close[np.ix_(source, columns)]
            out[to] = np.where(older > 0, older, out[to])
        return out
