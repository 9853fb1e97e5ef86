"""Digests that are due, into the outbox: found once a minute, made once for all chats that share their figures."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType

from sqlite_utils import Database

from bot.charts.spec import Picture
from bot.messages.buttons import keyboard_json
from bot.messages.digest import BUTTONS, captioned, digest_text
from bot.reports.charts import chart_for
from bot.reports.digest import DigestFigures, chat_digest, digest_figures
from storage import digests, outbox, sessions
from storage.digests import ChatDigest
from storage.preferences import UNKNOWN_CHAT, preferences_of_chats

log = logging.getLogger(__name__)

CHARTED = ("breadth", "size", "valuation", "sectors", "rates")
AT_ONCE = 500  # digests in one transaction
TOO_OLD = timedelta(hours=6)  # after the time it was due: the program was down


def charts_due(db: Database, now: datetime, simulated: bool) -> dict[str, Picture]:
    """The charts of the digests that are due, by topic: one for all chats that chose alike."""
    session = sessions.last_judged(db)
    due = digests.due_digests(db, now, AT_ONCE)
    topics = {chart_topic(digest.families) for digest in due if digest.reached != session}
    return {topic: chart for topic in sorted(topics) if (chart := chart_for(db, topic, simulated)) is not None}


def chart_topic(families: Sequence[str]) -> str:
    """What a digest's chart shows: the family, where it is about one that has a chart, else the whole."""
    return families[0] if len(families) == 1 and families[0] in CHARTED else "summary"


def send_due(db: Database, now: datetime, drawn: Mapping[str, str] = MappingProxyType({})) -> int:
    """Put due digests into the outbox; how many were due. Call inside one transaction, again while it returns some.

    `drawn`: the keys of the pictures that are kept, by topic of `charts_due`.

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
            if (figures := shared[key]) is not None and _enqueue(
                db, digest, figures, now, drawn.get(chart_topic(digest.families))
            ):
                digests.put_off(db, digest.chat, next_due, session)
                continue
        digests.put_off(db, digest.chat, next_due, None)
    return len(due)


def _enqueue(
    db: Database, digest: ChatDigest, figures: DigestFigures, now: datetime, picture: str | None
) -> bool:  # fmt: skip
    """Whether the digest was made. A chat whose digest cannot be made gets none; the other chats' digests go on."""
    try:
        text = digest_text(chat_digest(db, digest.chat, figures))
    except Exception:
        log.exception("the digest of one chat cannot be made; it is skipped")
        return False
    texts = [text] if picture is None else captioned(text)
    message = outbox.Outgoing(digest.chat, texts, keyboard=keyboard_json(BUTTONS), picture=picture)
    outbox.enqueue(db, figures.session, f"digest {digest.due_at:%Y-%m-%dT%H:%M}", [message], now)
    return True
