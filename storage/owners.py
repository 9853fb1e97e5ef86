"""Owners: a chat's number in the ids of the metrics that it alone sees."""

from __future__ import annotations

from sqlite_utils import Database

#: The owner of what the console asks for. No chat has it.
CONSOLE = 0


def owners_of(db: Database, chat: int) -> list[int]:
    """The owners of a chat, oldest first: several where a group with things of its own became another one with some."""
    return [owner for (owner,) in db.conn.execute("SELECT id FROM owners WHERE chat = ? ORDER BY id", [chat])]


def owner_for(db: Database, chat: int) -> int:
    """The owner that a chat's new things get; made if there is none."""
    if found := owners_of(db, chat):
        return found[0]
    return int(db.conn.execute("INSERT INTO owners (chat) VALUES (?)", [chat]).lastrowid or 0)


def console(db: Database) -> int:
    """The owner of what the console asks for."""
    db.conn.execute("INSERT OR IGNORE INTO owners (id, chat) VALUES (?, 0)", [CONSOLE])
    return CONSOLE


def move(db: Database, old: int, new: int) -> None:
    """Give everything of a chat to another: its ids stay as they are."""
    db.conn.execute("UPDATE owners SET chat = ? WHERE chat = ?", [new, old])


def forget(db: Database, chat: int) -> bool:
    """Erase the owners of a chat with what they asked for and their lists. Returns whether there were any."""
    return db.conn.execute("DELETE FROM owners WHERE chat = ?", [chat]).rowcount > 0
