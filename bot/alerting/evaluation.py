"""What evaluating a session has found, from the recorded events to the messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlite_utils import Database

from alerts.rules.state import Kind
from bot.alerting.failures import ChatFailures
from storage.events import StoredEvent
from storage.preferences import ChatPreferences, preferences_of_chats


@dataclass
class Evaluation:
    """What a session did: how many events of each kind, and those that each chat is notified of."""

    totals: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    by_chat: dict[int, list[StoredEvent]] = field(default_factory=dict)
    failures: ChatFailures = field(default_factory=ChatFailures)
    preferences: dict[int, ChatPreferences] = field(default_factory=dict)  # of the chats asked for so far

    def preferences_of(self, db: Database, chats: Iterable[int]) -> dict[int, ChatPreferences]:
        """The preferences of at least these chats, each read once. What cannot be read is noted, and left out."""
        if missing := [chat for chat in chats if chat not in self.preferences]:
            self.preferences |= preferences_of_chats(db, missing, self.failures.add)
        return self.preferences
