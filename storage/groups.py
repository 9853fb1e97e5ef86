"""Groups and channels: the topic that is written to, who manages them in private, and rights that the bot has lost.

Ids and dates alone: titles and names are asked of Telegram when they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from storage.preferences import add_chat


@dataclass(frozen=True)
class Standing:
    """A chat as an update finds it. chat: the id that it has now; managing: the group that its person manages."""

    chat: int
    subscribed: bool
    topic: int | None
    managing: int | None


def standing_of(db: Database, chat: int) -> Standing:
    """The standing of a chat, by the id that it has now or by one that it had."""
    moved = db.conn.execute("SELECT new FROM moved_chats WHERE old = ?", [chat]).fetchone()
    now = int(moved[0]) if moved else chat
    row = db.conn.execute(
        """SELECT subscribed_at IS NOT NULL, topic FROM chats LEFT JOIN groups ON groups.chat = chats.id
           WHERE chats.id = ?""",
        [now],
    ).fetchone()
    managing = db.conn.execute("SELECT chat FROM managing WHERE person = ?", [chat]).fetchone()
    return Standing(now, bool(row and row[0]), row[1] if row else None, managing[0] if managing else None)


def add_group(db: Database, chat: int, now: datetime, *, channel: bool = False) -> None:
    """Keep a group or channel; one that is kept stays as it is."""
    add_chat(db, chat, now)
    db.conn.execute("INSERT OR IGNORE INTO groups (chat, channel) VALUES (?, ?)", [chat, int(channel)])


def has_moved(db: Database, chat: int) -> bool:
    """Whether the chat is a supergroup that a known group has become."""
    return db.conn.execute("SELECT 1 FROM moved_chats WHERE new = ?", [chat]).fetchone() is not None


def is_channel(db: Database, chat: int) -> bool:
    """Whether the chat is known for a channel."""
    row = db.conn.execute("SELECT channel FROM groups WHERE chat = ?", [chat]).fetchone()
    return bool(row and row[0])


def keep_topic(db: Database, chat: int, topic: int | None, now: datetime) -> None:
    """Send what a group hears into a topic from now on; None is its general one."""
    add_group(db, chat, now)
    db.conn.execute("UPDATE groups SET topic = ? WHERE chat = ?", [topic, chat])


def lose_topic(db: Database, chat: int) -> bool:
    """The topic takes no messages any more: the general one does. Whether there was a topic."""
    return db.conn.execute(
        "UPDATE groups SET topic = NULL WHERE chat = ? AND topic IS NOT NULL", [chat]
    ).rowcount > 0  # fmt: skip


def add_manager(db: Database, chat: int, person: int, *, reached: bool) -> None:
    """Keep who added the bot, or manages the chat in private. reached: the bot can write to the person."""
    db.conn.execute(
        """INSERT INTO managers (chat, person, reached) VALUES (?, ?, ?)
           ON CONFLICT (chat, person) DO UPDATE SET reached = max(reached, excluded.reached)""",
        [chat, person, int(reached)],
    )


def drop_manager(db: Database, chat: int, person: int) -> None:
    """The person does not manage the chat any more."""
    db.conn.execute("DELETE FROM managers WHERE chat = ? AND person = ?", [chat, person])
    db.conn.execute("DELETE FROM managing WHERE chat = ? AND person = ?", [chat, person])


def managed_by(db: Database, person: int) -> list[int]:
    """The groups and channels that a person added the bot to, or managed before."""
    rows = db.conn.execute("SELECT chat FROM managers WHERE person = ? ORDER BY rowid", [person])
    return [int(chat) for (chat,) in rows]


def managers_reached(db: Database, chat: int) -> list[int]:
    """Who manages a chat and can be written to."""
    rows = db.conn.execute("SELECT person FROM managers WHERE chat = ? AND reached ORDER BY rowid", [chat])
    return [int(person) for (person,) in rows]


def manage(db: Database, person: int, chat: int | None) -> None:
    """What a person writes in private is about this group from now on; None: about the person's own alerts."""
    db.conn.execute("DELETE FROM managing WHERE person = ?", [person])
    if chat is not None:
        db.conn.execute("INSERT INTO managing (person, chat) VALUES (?, ?)", [person, chat])


def right_lost(db: Database, chat: int, now: datetime) -> timedelta:
    """For how long the bot has had no right to write there; zero where it had it until now."""
    add_group(db, chat, now)
    row = db.conn.execute("SELECT refused_since FROM groups WHERE chat = ?", [chat]).fetchone()
    if row[0] is not None:
        return now - datetime.fromisoformat(row[0])
    db.conn.execute("UPDATE groups SET refused_since = ? WHERE chat = ?", [now.isoformat(), chat])
    return timedelta(0)


def right_back(db: Database, chat: int, now: datetime) -> int:
    """The bot may write there again: what waits for that is due now. How many messages there are."""
    db.conn.execute("UPDATE groups SET refused_since = NULL WHERE chat = ?", [chat])
    return db.conn.execute(
        """UPDATE outbox SET not_before = ? WHERE chat = ? AND state IN ('pending', 'unknown') AND attempts > 0
           AND not_before > ?""",
        [now.isoformat(), chat, now.isoformat()],
    ).rowcount


def forget_person(db: Database, person: int) -> bool:
    """Erase what groups keep of a person; whether there was anything."""
    found = db.conn.execute("DELETE FROM managers WHERE person = ?", [person]).rowcount
    return found + db.conn.execute("DELETE FROM managing WHERE person = ?", [person]).rowcount > 0
