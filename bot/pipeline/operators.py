"""Notices to operators about sources: one when a source begins to fail, one when it works again.

The failure itself is a row that lasts as long as it does (storage/source_failures.py); `/summary` shows it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlite_utils import Database

from bot.messages import operator
from storage import outbox, source_failures

if TYPE_CHECKING:
    from bot.pipeline.gather import Lack

REFRESH = "refresh"  # the program's own refresh, as a source


def note_sources(db: Database, operators: Sequence[int], session: date, lacks: Sequence[Lack], now: datetime) -> None:
    """Record which sources failed for `session`, and queue a notice for each change. Call inside `writing()`."""
    from bot.pipeline.gather import SOURCES  # pandas

    found = {lack.source: lack for lack in lacks}
    for source in SOURCES:
        lack = found.get(source)
        if lack is None:
            _working(db, operators, source, now)
        elif not lack.expected:
            text = operator.failing(source, lack.why, session, waits=lack.waits, part=lack.holds is not None)
            _failing(db, operators, source_failures.SourceFailure(source, now, lack.why), text)


def note_refresh(db: Database, operators: Sequence[int], why: str | None, now: datetime) -> None:
    """The same of the refresh itself: `why` it ended badly, None where it did not. Call inside `writing()`."""
    if why is None:
        _working(db, operators, REFRESH, now)
    else:
        _failing(db, operators, source_failures.SourceFailure(REFRESH, now, why), operator.refresh_failed(why))


def _failing(db: Database, operators: Sequence[int], failure: source_failures.SourceFailure, text: str) -> None:
    if source_failures.begin(db, failure):
        kind = f"{failure.source} fails {failure.since:%H:%M:%S}"
        outbox.tell_operators(db, operators, kind, text, failure.since)


def _working(db: Database, operators: Sequence[int], source: str, now: datetime) -> None:
    if ended := source_failures.end(db, source):
        text = operator.working(source, ended.since, now)
        outbox.tell_operators(db, operators, f"{source} works {now:%H:%M:%S}", text, now)


def note_failures(
    db: Database, operators: Sequence[int], session: date, reasons: Mapping[int, str], now: datetime
) -> None:  # fmt: skip
    """Queue one notice about the chats that something failed for, with the reasons. Call inside `writing()`."""
    if reasons:
        text = operator.failing_chats(reasons, session)
        outbox.tell_operators(db, operators, f"chats fail on {session}", text, now)
