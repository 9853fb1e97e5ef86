"""From recorded events to the outbox: one message a chat, however many sessions and rules it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from bot.alerting.suppression import said_to
from bot.messages.alert import alert_keyboard, alert_texts, is_data, rank
from bot.messages.buttons import keyboard_json
from storage import events, outbox
from storage.preferences import NOBODY, Hearing, hearings

Found = Sequence[tuple[int, Mapping[str, Any]]]  # (event, what is told)


def tell(db: Database, session: date, now: datetime, found: Mapping[int, Found]) -> None:
    """Put what chats hear of a session, and of those before it that wait, into the outbox."""
    waiting = events.waiting(db)
    chats = {**found, **waiting}
    wishes = hearings(db, chats)
    messages = []
    for chat in chats:
        wished = wishes.get(chat, NOBODY)
        said = said_to(wished, now)
        late = waiting.get(chat, ())
        if late:
            events.now_said(db, [event.id for event in late], str(said))
        if said in (events.TOLD, events.HELD):
            all_of_it = [*((event.id, event.told) for event in late), *found.get(chat, ())]
            messages.append(_message(db, chat, session, now, all_of_it, wished))
    outbox.enqueue_all(db, session, "alert", messages, now)


def tell_waiting(db: Database, session: date, now: datetime) -> None:
    """Tell what waits for a session that does not come yet; `session` is the last one that was judged."""
    tell(db, session, now, {})


def _message(
    db: Database, chat: int, session: date, now: datetime, found: Found, wishes: Hearing
) -> outbox.Outgoing:  # fmt: skip
    found = sorted(found, key=lambda one: rank(one[1]))
    told = [what for _, what in found]
    quiet = wishes.quiet
    ends = quiet.until(now) if quiet else None
    return outbox.Outgoing(
        chat,
        alert_texts(session, told),
        [event for event, _ in found],
        reply_to=_announcement(db, chat, told),
        keyboard=keyboard_json(alert_keyboard(session, told)),
        not_before=ends if quiet and not quiet.silent else None,
        silent=ends is not None and quiet is not None and quiet.silent,
    )


def _announcement(db: Database, chat: int, told: Sequence[Mapping[str, Any]]) -> int | None:
    """The message that announced all that these events go on or end, where it is one and the same."""
    if any(is_data(what) or not what["fired_on"] for what in told):
        return None
    messages = set()
    for what in told:
        since = date.fromisoformat(what["fired_on"])
        event = events.announcement(db, what["rule"], since)
        messages.add(outbox.message_telling(db, chat, event, since) if event is not None else None)
    return messages.pop() if len(messages) == 1 else None


def events_of_message(db: Database, chat: int, session: date) -> list[Mapping[str, Any]]:
    """What the message of a session tells, in its order."""
    return [event.told for event in events.by_ids(db, chat, outbox.events_told(db, chat, session, "alert"))]
