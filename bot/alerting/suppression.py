"""Whether a chat hears of an event, and when: asked once an event, answered with a reason by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from alerts.rules.evaluate import Watch
from alerts.rules.series import Series
from alerts.rules.state import Kind
from storage import events, snoozes
from storage.preferences import NOBODY, Hearing, hearings

_ENDS = (Kind.RESOLVED, Kind.EXPIRED)  # never told of what was never announced
_UNHEARD_OF = "not announced"


class Ears:
    """The wishes of the chats that a session has something for."""

    def __init__(self, db: Database, session: date, now: datetime, chats: Iterable[int], *, late: bool) -> None:
        self._db, self._session, self._now = db, session, now
        wishes = hearings(db, chats)
        self._said = {chat: said_to(wished, now, late=late) for chat, wished in wishes.items()}
        self._snoozes = snoozes.snoozes(db)

    def of_chat(self, chat: int) -> str | None:
        """What becomes of an event of the chat; None where it waits for the session that is caught up with."""
        return self._said.get(chat, said_to(NOBODY, self._now))

    def of_rule(self, watch: Watch, kind: Kind, told: Mapping[str, Any]) -> str | None:
        """The same of an event of a rule."""
        said = self.of_chat(watch.chat)
        if not _heard(said):
            return said
        if kind in _ENDS and not self._announced(watch, told):
            return _UNHEARD_OF
        snooze = self._snoozes.get(watch.id)
        if snooze is None or snooze.over(self._session):
            return said
        if snooze.through is None and kind is not Kind.REMINDER:  # until it resolves, and that is told
            snoozes.wake(self._db, watch.id)
            return said
        return "snoozed"

    def of_data(self, chat: int, series: Series, kind: Kind, told: Mapping[str, Any]) -> str | None:
        """The same of an event of a series' data; that they are back is for who heard that they were gone."""
        said = self.of_chat(chat)
        if kind is not Kind.DATA_BACK or not _heard(said):
            return said
        known = events.was_told_of(self._db, chat, series.key, date.fromisoformat(told["since"]))
        return said if known else _UNHEARD_OF

    def _announced(self, watch: Watch, told: Mapping[str, Any]) -> bool:
        since = told["fired_on"]
        return bool(since) and events.announcement(self._db, watch.id, date.fromisoformat(since)) is not None


def said_to(wishes: Hearing, now: datetime, *, late: bool = False) -> str | None:
    """What becomes of an event for a chat with those wishes."""
    if not wishes.subscribed:
        return "not subscribed"
    if wishes.muted:
        return "muted"
    if late:
        return None
    holds = wishes.quiet is not None and not wishes.quiet.silent and wishes.quiet.until(now) is not None
    return events.HELD if holds else events.TOLD


def _heard(said: str | None) -> bool:
    return said in (None, events.TOLD, events.HELD)
