"""Digests that are due, into the outbox: found once a minute, made once for all chats that share their figures."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from sqlite_utils import Database

from bot.messages.buttons import keyboard_json
from bot.messages.digest import BUTTONS, digest_text
from bot.reports.digest import DigestFigures, chat_digest, digest_figures
from storage import digests, outbox, sessions
from storage.digests import ChatDigest
from storage.preferences import UNKNOWN_CHAT, preferences_of_chats

log = logging.getLogger(__name__)

AT_ONCE = 500  # digests in one transaction
TOO_OLD = timedelta(hours=6)  # after the time it was due: the program was down


def send_due(db: Database, now: datetime) -> int:
    """Put due digests into the outbox; how many were due. Call inside one transaction, again while it returns some.

    A digest that is more than six hours late is skipped, and so is one without a new session since the last; both
    count as sent. Muted and unsubscribed chats get none.
    """
    due = digests.due_digests(db, now, AT_ONCE)
    if not due:
        return 0
    session = sessions.last_judged(db)
    preferences = preferences_of_chats(db, [digest.chat for digest in due])
    shared: dict[tuple[tuple[str, ...], date | None], DigestFigures | None] = {}
    for digest in due:
        next_due = digest.when.next_due(max(now, digest.due_at))
        chat = preferences.get(digest.chat, UNKNOWN_CHAT)
        wanted = chat.subscribed and not chat.muted and now - digest.due_at <= TOO_OLD
        if wanted and session is not None and digest.reached != session:
            key = (digest.families, digest.reached)
            if key not in shared:
                shared[key] = digest_figures(db, *key)
            if (figures := shared[key]) is not None and _enqueue(db, digest, figures, now):
                digests.put_off(db, digest.chat, next_due, session)
                continue
        digests.put_off(db, digest.chat, next_due, None)
    return len(due)


def _enqueue(db: Database, digest: ChatDigest, figures: DigestFigures, now: datetime) -> bool:
    """Whether the digest was made. A chat whose digest cannot be made gets none; the other chats' digests go on."""
    try:
        text = digest_text(chat_digest(db, digest.chat, figures))
    except Exception:
        log.exception("the digest of one chat cannot be made; it is skipped")
        return False
    message = outbox.Outgoing(digest.chat, [text], keyboard=keyboard_json(BUTTONS))
    outbox.enqueue(db, figures.session, f"digest {digest.due_at:%Y-%m-%dT%H:%M}", [message], now)
    return True
