"""Snoozes: rules that are silent for a while but still evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlite_utils import Database

from storage.unreadable import OnUnreadable, raising, read_rows

PAUSED = date(9999, 12, 31)  # the last silent session of a rule that is paused until it is resumed


@dataclass(frozen=True)
class Snooze:
    """`through`: the last silent session; None: until the rule resolves."""

    rule: int
    chat: int
    through: date | None

    @property
    def paused(self) -> bool:
        return self.through == PAUSED

    def over(self, session: date) -> bool:
        """Whether the snooze has ended by `session`."""
        return self.through is not None and session > self.through


def snoozes(db: Database, unreadable: OnUnreadable = raising) -> dict[int, Snooze]:
    """Every snooze, by rule."""
    rows = db.conn.execute("SELECT rule, chat, through FROM snoozes")
    found = read_rows(
        rows, lambda row: Snooze(row[0], row[1], date.fromisoformat(row[2]) if row[2] else None), 1, unreadable
    )
    return {snooze.rule: snooze for snooze in found}


def over(db: Database, session: date, unreadable: OnUnreadable = raising) -> list[Snooze]:
    """The snoozes that have ended by `session`."""
    return [snooze for snooze in snoozes(db, unreadable).values() if snooze.over(session)]


def snoozes_of(db: Database, chat: int) -> dict[int, Snooze]:
    """The snoozes of a chat, by rule."""
    return {rule: snooze for rule, snooze in snoozes(db).items() if snooze.chat == chat}


def snooze(db: Database, snooze: Snooze) -> None:
    """Snooze a rule, replacing an earlier snooze."""
    db.conn.execute(
        "INSERT INTO snoozes (rule, chat, through) VALUES (?, ?, ?) "
        "ON CONFLICT (rule) DO UPDATE SET through = excluded.through, chat = excluded.chat",
        [snooze.rule, snooze.chat, snooze.through.isoformat() if snooze.through else None],
    )


def wake(db: Database, rule: int) -> bool:
    """End a rule's snooze. Returns whether there was one."""
    return db.conn.execute("DELETE FROM snoozes WHERE rule = ?", [rule]).rowcount > 0
