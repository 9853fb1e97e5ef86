"""Chats: ids and dates, no names, no texts; subscribing, and erasing a chat."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from storage import access, chain, drafts, groups, imports, lists, owners, updates, watches
from storage.preferences import add_chat
from storage.rules import rules_of


@dataclass(frozen=True)
class Chat:
    """A chat that has subscribed or set a rule."""

    id: int
    subscribed: bool
    ended_why: str | None  # why the subscription ended, if not by /unsubscribe


def chat(db: Database, chat_id: int) -> Chat | None:
    """The chat, or None if it is unknown."""
    row = db.conn.execute("SELECT id, subscribed_at, ended_why FROM chats WHERE id = ?", [chat_id]).fetchone()
    return None if row is None else Chat(row[0], row[1] is not None, row[2])


def subscribe(db: Database, chat_id: int, now: datetime) -> bool:
    """Subscribe a chat. Returns whether that changed anything."""
    stamp = now.isoformat(timespec="seconds")
    add_chat(db, chat_id, now)
    changed = db.conn.execute(
        "UPDATE chats SET subscribed_at = ?, ended_at = NULL, ended_why = NULL WHERE id = ? AND subscribed_at IS NULL",
        [stamp, chat_id],
    )
    return changed.rowcount > 0


def unsubscribe(db: Database, chat_id: int, now: datetime, why: str | None = None) -> bool:
    """End a subscription, keep the rules, withdraw unsent messages. Returns whether the chat was subscribed."""
    changed = db.conn.execute(
        "UPDATE chats SET subscribed_at = NULL, ended_at = ?, ended_why = ? WHERE id = ? AND subscribed_at IS NOT NULL",
        [now.isoformat(timespec="seconds"), why, chat_id],
    )
    db.conn.execute(
        "UPDATE outbox SET state = 'withdrawn' WHERE chat = ? AND state IN ('pending', 'unknown')", [chat_id]
    )
    return changed.rowcount > 0


def end_other_subscriptions(db: Database, listed: Collection[int], why: str, now: datetime) -> int:
    """End the subscriptions of chats that are not `listed`, and keep their rules; how many there were."""
    others = [chat for chat in subscribed_ids(db) if chat not in listed]
    for other in others:
        unsubscribe(db, other, now, why)
    return len(others)


def forget(db: Database, chat_id: int) -> bool:
    """Erase a chat with its rules, events, messages, symbols, lists and series. Returns whether anything was stored."""
    for watch in rules_of(db, chat_id):
        watches.delete(db, watch.id, watch.rule)
    for metric in imports.own_series(db, chat_id):
        imports.forget_import(db, metric)
    for one in lists.every_list_of(db, chat_id):
        lists.delete_list(db, one)
    own = owners.forget(db, chat_id)
    drafts.forget_drafts(db, chat_id)
    updates.forget_waiting(db, chat_id)
    access.forget(db, chat_id)
    managed = groups.forget_person(db, chat_id)
    chained = [chain.chained_rows(db, table, "chat = ?", [chat_id]) for table in ("events", "outbox")]
    chain.append_gone(db, "erased", *chained)
    return db.conn.execute("DELETE FROM chats WHERE id = ?", [chat_id]).rowcount > 0 or own or managed


def subscribers(db: Database) -> int:
    """The number of subscribed chats."""
    return int(db.conn.execute("SELECT count(*) FROM chats WHERE subscribed_at IS NOT NULL").fetchone()[0])


def subscribed_ids(db: Database) -> list[int]:
    """The subscribed chats, the oldest first."""
    rows = db.conn.execute("SELECT id FROM chats WHERE subscribed_at IS NOT NULL ORDER BY created_at, id")
    return [row[0] for row in rows]
