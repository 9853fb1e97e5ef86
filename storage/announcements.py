"""Which message announced an episode: what ends or goes on replies to it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from alerts.rules.event import AlertEvent
from storage import events, outbox


def message_announcing(db: Database, chat: int, told: Iterable[AlertEvent]) -> int | None:
    """Telegram's id of the message that announced the episodes of all these events, where it is one and the same."""
    messages = set()
    for event in told:
        if event.rule is None or event.rule.episode is None:
            return None
        since = event.rule.episode.fired_on
        announced = events.announcement(db, event.rule.id, since)
        messages.add(outbox.message_telling(db, chat, announced, since) if announced is not None else None)
    return messages.pop() if len(messages) == 1 else None
