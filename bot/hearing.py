"""Whether a chat hears of an event, and when: asked once an event, answered with a reason by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from alerts.rules.evaluate import Watch
from alerts.rules.phases import Kind
from storage import events, snoozes
from storage.hearing import Hearing, hearing
from storage.snoozes import Snooze

_ENDS = (Kind.RESOLVED, Kind.EXPIRED)  # never told of what was never announced


class Ears:
    """The wishes of every chat that a session has something for, asked once."""

    def __init__(self, db: Database, session: date, now: datetime, *, late: bool) -> None:
        self._db, self.session, self._now, self.late = db, session, now, late
        self._snoozes = snoozes.snoozes(db)
        self._chats: dict[int, str | None] = {}

    def of_chat(self, chat: int) -> str | None:
        """What becomes of an event of the chat; None where it waits for the session that is caught up with."""
        if chat not in self._chats:
            self._chats[chat] = said_to(hearing(self._db, chat), self._now, late=self.late)
        return self._chats[chat]

    def of_rule(self, watch: Watch, kind: Kind, told: Mapping[str, Any]) -> str | None:
        """The same of an event of a rule."""
        said = self.of_chat(watch.chat)
        if said is not None and said not in (events.TOLD, events.HELD):
            return said
        if kind in _ENDS and not self._announced(watch, told):
            return "not announced"
        snooze = self._snoozes.get(watch.id)
        if snooze is not None and snooze.through is None and kind is not Kind.REMINDER:
            snoozes.wake(self._db, watch.id)  # until it resolves: that is told
            return said
        return "snoozed" if snooze is not None and not snooze.over(self.session) else said

    def woken(self) -> list[Snooze]:
        """The snoozes that have ended by this session."""
        return [snooze for snooze in self._snoozes.values() if snooze.over(self.session)]

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
