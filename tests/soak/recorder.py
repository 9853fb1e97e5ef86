"""Records messages as a session does: a few chats a transaction, each all or nothing. Running it again adds nothing.

python recorder.py DATABASE SESSION CHAT:PARTS …
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

from storage import chats, outbox
from storage.database import open_database, writing

CHATS_AT_ONCE = 5


def text(session: str, chat: int, part: int) -> str:
    """What the message says, which nothing else does."""
    return f"session {session}, chat {chat}, part {part}"


def main(path: str, session: str, *due: str) -> None:
    """Record one session's messages."""
    db = open_database(Path(path))
    now = datetime.now(UTC)
    for at in range(0, len(due), CHATS_AT_ONCE):
        with writing(db):
            for entry in due[at : at + CHATS_AT_ONCE]:
                chat, parts = map(int, entry.split(":"))
                chats.subscribe(db, chat, now)
                texts = [text(session, chat, part) for part in range(1, parts + 1)]
                outbox.enqueue(db, date.fromisoformat(session), "alert", [outbox.Outgoing(chat, texts)], now)
                time.sleep(0.002)  # so that a kill finds transactions half-way
    db.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
