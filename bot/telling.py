"""From recorded events to the outbox: one message a chat, however many sessions and rules it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from bot.hearing import said_to
from bot.messages.alert import alert_keyboard, alert_texts, is_data, rank
from bot.messages.buttons import keyboard_json
from storage import events, outbox
from storage.hearing import hearing

Found = Sequence[tuple[int, Mapping[str, Any]]]  # (event, what is told)


def tell(db: Database, session: date, now: datetime, found: Mapping[int, Found]) -> None:
    """Put what chats hear of a session, and of those before it that wait, into the outbox."""
    waiting = events.waiting(db)
    for chat in {**found, **waiting}:
        late = [(event.id, event.told) for event in waiting.get(chat, ())]
        _tell(db, chat, session, now, [*late, *found.get(chat, ())], [event for event, _ in late])


def tell_waiting(db: Database, session: date, now: datetime) -> None:
    """Tell what waits for a session that does not come yet; `session` is the last one that was judged."""
    tell(db, session, now, {})


def _tell(
    db: Database, chat: int, session: date, now: datetime, found: Found, waited: Sequence[int]
) -> None:  # fmt: skip
    wishes = hearing(db, chat)
    said = said_to(wishes, now)
    if waited:
        events.now_said(db, waited, str(said))
    if said not in (events.TOLD, events.HELD):
        return
    found = sorted(found, key=lambda one: rank(one[1]))
    told = [what for _, what in found]
    quiet = wishes.quiet.until(now) if wishes.quiet else None
    outbox.enqueue(
        db, chat, session, "alert", alert_texts(session, told), [event for event, _ in found], now,
        _announcement(db, chat, told),
        keyboard=keyboard_json(alert_keyboard(session, told)),
        not_before=quiet if said == events.HELD else None,
        silent=quiet is not None and said == events.TOLD,
    )  # fmt: skip


def _announcement(db: Database, chat: int, told: Sequence[Mapping[str, Any]]) -> int | None:
    """The message that announced all that these events go on or end, where it is one and the same."""
    messages = set()
    for what in told:
        if is_data(what) or not what["fired_on"]:
            return None
        since = date.fromisoformat(what["fired_on"])
        event = events.announcement(db, what["rule"], since)
        if event is None:
            return None
        messages.add(outbox.message_telling(db, chat, event, since))
    return messages.pop() if len(messages) == 1 else None


def events_of_message(db: Database, chat: int, session: date) -> list[Mapping[str, Any]]:
    """What the message of a session tells, in its order."""
    return [event.told for event in events.by_ids(db, chat, outbox.events_told(db, chat, session, "alert"))]
