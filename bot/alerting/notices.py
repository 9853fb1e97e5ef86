"""An operator's notice to every subscriber: kept until it is confirmed, then put into the outbox, once."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from bot.messages.notice import notice_text
from storage import chats, notices, outbox
from storage.preferences import UNKNOWN_CHAT, ChatPreferences, preferences_of_chats


def send_notice(db: Database, identity: int, now: datetime) -> int | None:
    """Put a notice into the outbox for every subscriber; how many there are. Call inside `writing()`.

    It waits for the end of a chat's quiet hours, and arrives without a sound in a muted chat. None where there is no
    such notice, or it was sent before.
    """
    if (text := notices.take(db, identity, now)) is None:
        return None
    to = chats.subscribed_ids(db)
    preferences = preferences_of_chats(db, to, lambda _chat, _error: None)
    messages = [_message(chat, notice_text(text), preferences.get(chat, UNKNOWN_CHAT), now) for chat in to]
    outbox.enqueue(db, now.date(), f"notice {identity}", messages, now)
    return len(to)


def _message(chat: int, text: str, of_chat: ChatPreferences, now: datetime) -> outbox.Outgoing:
    ends = of_chat.quiet.until(now) if of_chat.quiet else None
    waits = ends is not None and of_chat.quiet is not None and not of_chat.quiet.silent
    return outbox.Outgoing(
        chat, [text], not_before=ends if waits else None, silent=of_chat.muted or (ends is not None and not waits)
    )
