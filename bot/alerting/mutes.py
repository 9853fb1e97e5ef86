"""Mutes whose time is over: ended once a minute, and each chat is told what ended meanwhile and what still holds."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from bot.alerting.rules import unmute
from bot.messages.buttons import keyboard_json
from bot.messages.mute import unmuted
from storage import outbox, sessions
from storage.preferences import mutes_over, preferences_of_chats

AT_ONCE = 500  # chats in one transaction


def end_due(db: Database, now: datetime) -> int:
    """End mutes that are over; how many. Call inside one transaction, again while it returns some.

    A chat that has missed nothing, or is not subscribed any more, is told nothing.
    """
    chats = mutes_over(db, now, AT_ONCE)
    preferences = preferences_of_chats(db, chats)
    session = sessions.last_judged(db) or now.date()
    for chat in chats:
        made, of_chat = unmute(db, chat, now, answered=False), preferences[chat]
        if not made.missed or not of_chat.subscribed:
            continue
        quiet = of_chat.quiet
        ends = quiet.until(now) if quiet else None
        message = outbox.Outgoing(
            chat,
            [unmuted(made.changed, made.missed, made.still, made.ended)],
            [one.id for one in made.still],
            keyboard=keyboard_json([[("History", "history"), ("All alerts", "alerts")]]),
            not_before=ends if quiet and not quiet.silent else None,
            silent=ends is not None and quiet is not None and quiet.silent,
        )
        outbox.enqueue(db, session, f"mute over {now:%Y-%m-%dT%H:%M}", [message], now)
    return len(chats)
