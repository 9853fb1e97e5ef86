"""From recorded events to the outbox: one message a chat, however many sessions and rules it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlite_utils import Database

from alerts.rules.event import AlertEvent, EventStatus
from bot.alerting.evaluation import Evaluation
from bot.alerting.failures import ChatFailures
from bot.alerting.suppression import chat_status
from bot.messages.alert import alert_keyboard, alert_texts, rank
from bot.messages.buttons import keyboard_json
from storage import events, outbox
from storage.announcements import message_announcing
from storage.events import StoredEvent
from storage.preferences import ChatPreferences

#: Messages of a session whose texts are made at once. Of more, a text that is surely one part is made when the message
#: is claimed (bot/transport/texts.py): ten thousand texts would hold up whoever asks for something meanwhile.
AT_ONCE = 500


def notify(db: Database, session: date, now: datetime, found: Evaluation, *, follows: bool = False) -> None:
    """Put the events of a session, and those of earlier sessions that wait, into the outbox, one message a chat.

    follows: these waited for inputs of the session, and the others have been notified of; a second message tells them.
    A chat whose message cannot be made is noted in its failures, and its waiting events go on waiting.
    """
    failures = found.failures
    waiting = events.waiting(db, failures.add)
    chats = {**found.by_chat, **waiting}
    many = len(chats) > AT_ONCE
    preferences = found.preferences_of(db, chats)
    decided: dict[EventStatus, list[int]] = {}

    def message(chat: int) -> outbox.Outgoing | None:
        of_chat = preferences.get(chat)
        if of_chat is None:  # they cannot be read, which is noted
            return None
        status = chat_status(of_chat, now)
        late = waiting.get(chat, ())
        all_of_it = [*late, *found.by_chat.get(chat, ())]
        made = None
        if not status.suppressed:
            made = _framed(now, all_of_it, of_chat)
            if not many or len(all_of_it) > 1:  # a single entry is never cut
                made = _written(db, made, session, all_of_it, follows=follows)
        # After all that can fail for this chat alone: of a message that is not made, the events go on waiting.
        decided.setdefault(status, []).extend(event.id for event in late)
        return made

    messages = failures.each(chats, lambda chat: chat, message)
    for status, identities in decided.items():
        events.set_status(db, identities, status)
    outbox.enqueue(db, session, outbox.ALERTS[follows], filter(None, messages), now)


def notify_waiting(db: Database, session: date, now: datetime) -> ChatFailures:
    """Notify of events that wait for a session that does not come yet; `session` is the last one evaluated."""
    nothing = Evaluation()
    notify(db, session, now, nothing)
    return nothing.failures


def _framed(now: datetime, told: Sequence[StoredEvent], preferences: ChatPreferences) -> outbox.Outgoing:
    """The message of a chat's events, without its text: when it leaves, and how."""
    quiet = preferences.quiet
    ends = quiet.until(now) if quiet else None
    return outbox.Outgoing(
        told[0].chat,
        [""],
        [one.id for one in sorted(told, key=lambda one: rank(one.event))] if len(told) > 1 else [told[0].id],
        not_before=ends if quiet and not quiet.silent else None,
        silent=ends is not None and quiet is not None and quiet.silent,
    )


def _written(
    db: Database, framed: outbox.Outgoing, session: date, told: Sequence[StoredEvent], *, follows: bool
) -> outbox.Outgoing:  # fmt: skip
    shown = sorted((one.event for one in told), key=rank)
    return replace(
        framed,
        texts=alert_texts(session, shown, follows=follows),
        reply_to=message_announcing(db, framed.chat, shown),
        keyboard=keyboard_json(alert_keyboard(session, shown, follows=follows)),
    )


def events_of_message(db: Database, chat: int, session: date, follows: bool = False) -> list[AlertEvent]:
    """The events in the message of a session, in its order; in the one that follows it where `follows`."""
    told = outbox.events_told(db, chat, session, outbox.ALERTS[follows])
    return [one.event for one in events.by_ids(db, chat, told)]
