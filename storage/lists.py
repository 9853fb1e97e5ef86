"""Lists of companies that chats made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from alerts.metrics.symbols import LIST_METRICS
from storage.owners import owner_for


@dataclass(frozen=True)
class CompanyList:
    """A list of companies and the owner whose chat sees it."""

    owner: int
    name: str
    symbols: tuple[str, ...]

    @property
    def metrics(self) -> tuple[str, ...]:
        """The ids of its metrics."""
        return tuple(f"breadth.{name}.{self.name}@{self.owner}" for name in LIST_METRICS)


def keep_list(db: Database, chat: int, name: str, symbols: Sequence[str]) -> CompanyList:
    """Make a list, or change the one of that name."""
    there = of_chat_named(db, chat, name)
    made = CompanyList(there.owner if there else owner_for(db, chat), name, tuple(symbols))
    db.conn.execute(
        "INSERT INTO company_lists (owner, name, symbols) VALUES (?, ?, ?) "
        "ON CONFLICT (owner, name) DO UPDATE SET symbols = excluded.symbols",
        [made.owner, made.name, " ".join(made.symbols)],
    )
    return made


def every_list_of(db: Database, chat: int) -> list[CompanyList]:
    """The lists of a chat by name, those of the older owner first where two have one name."""
    rows = db.conn.execute(
        "SELECT owner, name, symbols FROM company_lists JOIN owners ON owners.id = owner WHERE chat = ? "
        "ORDER BY name, owner",
        [chat],
    )
    return [CompanyList(owner, name, tuple(symbols.split())) for owner, name, symbols in rows]


def of_chat(db: Database, chat: int) -> list[CompanyList]:
    """The lists of a chat, one of each name, by name."""
    return list({one.name: one for one in reversed(every_list_of(db, chat))}.values())[::-1]


def of_chat_named(db: Database, chat: int, name: str) -> CompanyList | None:
    """The list of that name of a chat, if there is one."""
    return next((one for one in of_chat(db, chat) if one.name == name), None)


def every_list(db: Database) -> list[CompanyList]:
    """The lists of every chat."""
    rows = db.conn.execute("SELECT owner, name, symbols FROM company_lists ORDER BY owner, name")
    return [CompanyList(owner, name, tuple(symbols.split())) for owner, name, symbols in rows]


def delete_list(db: Database, one: CompanyList) -> None:
    """Delete a list with its figures."""
    db.conn.execute("DELETE FROM company_lists WHERE owner = ? AND name = ?", [one.owner, one.name])
    forget_list_figures(db, one)


def forget_list_figures(db: Database, one: CompanyList) -> None:
    """Delete the figures of a list: who counts has changed."""
    for metric in one.metrics:
        db.conn.execute("DELETE FROM figures WHERE metric = ?", [metric])
    db.conn.execute("UPDATE revision SET number = number + 1")
