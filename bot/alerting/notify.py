"""From recorded events to the outbox: one message a chat, however many sessions and rules it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlite_utils import Database

from alerts.rules.event import AlertEvent
from bot.alerting.failures import ChatFailures
from bot.alerting.suppression import chat_status
from bot.messages.alert import alert_keyboard, alert_texts, rank
from bot.messages.buttons import keyboard_json
from storage import events, outbox
from storage.events import StoredEvent
from storage.preferences import UNKNOWN_CHAT, ChatPreferences, preferences_of_chats

ByChat = Mapping[int, Sequence[StoredEvent]]


#: The messages of a session by kind: what was there at first, and what followed once its inputs had come.
KINDS = {False: "alert", True: "alert that follows"}


def notify(
    db: Database, session: date, now: datetime, found: ByChat, failures: ChatFailures, *, follows: bool = False
) -> None:  # fmt: skip
    """Put the events of a session, and those of earlier sessions that wait, into the outbox, one message a chat.

    follows: these waited for inputs of the session, and the others have been notified of; a second message tells them.
    A chat whose message cannot be made is noted in `failures`, and its waiting events go on waiting.
    """
    waiting = events.waiting(db, failures.add)
    chats = {**found, **waiting}
    preferences = preferences_of_chats(db, chats, failures.add)

    def message(chat: int) -> outbox.Outgoing | None:
        of_chat = preferences.get(chat, UNKNOWN_CHAT)
        status = chat_status(of_chat, now)
        late = waiting.get(chat, ())
        all_of_it = [*late, *found.get(chat, ())]
        made = None if status.suppressed else _message(db, now, all_of_it, session, of_chat, follows=follows)
        if late:
            events.set_status(db, [event.id for event in late], status)
        return made

    messages = failures.each(chats, lambda chat: chat, message)
    outbox.enqueue(db, session, KINDS[follows], filter(None, messages), now)


def notify_waiting(db: Database, session: date, now: datetime) -> ChatFailures:
    """Notify of events that wait for a session that does not come yet; `session` is the last one evaluated."""
    failures = ChatFailures()
    notify(db, session, now, {}, failures)
    return failures


def _message(
    db: Database,
    now: datetime,
    found: Sequence[StoredEvent],
    session: date,
    preferences: ChatPreferences,
    *,
    follows: bool,
) -> outbox.Outgoing:
    found = sorted(found, key=lambda one: rank(one.event))
    shown = [one.event for one in found]
    chat, quiet = found[0].chat, preferences.quiet
    ends = quiet.until(now) if quiet else None
    return outbox.Outgoing(
        chat,
        alert_texts(session, shown, follows=follows),
        [one.id for one in found],
        reply_to=_announcement(db, chat, shown),
        keyboard=keyboard_json(alert_keyboard(session, shown, follows=follows)),
        not_before=ends if quiet and not quiet.silent else None,
        silent=ends is not None and quiet is not None and quiet.silent,
    )


def _announcement(db: Database, chat: int, shown: Sequence[AlertEvent]) -> int | None:
    """Telegram's id of the message that announced the episodes of all these events, where it is one and the same."""
    messages = set()
    for event in shown:
        if event.rule is None or event.rule.episode is None:
            return None
        since = event.rule.episode.fired_on
        announced = events.announcement(db, event.rule.id, since)
        messages.add(outbox.message_telling(db, chat, announced, since) if announced is not None else None)
    return messages.pop() if len(messages) == 1 else None


def events_of_message(db: Database, chat: int, session: date, follows: bool = False) -> list[AlertEvent]:
    """The events in the message of a session, in its order; in the one that follows it where `follows`."""
    told = outbox.events_told(db, chat, session, KINDS[follows])
    return [one.event for one in events.by_ids(db, chat, told)]
