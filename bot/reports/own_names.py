"""What a chat calls its own."""

from __future__ import annotations

from sqlite_utils import Database

from alerts.phrases.words import vocabulary
from alerts.rules.own_names import OwnNames
from storage import companies, imports, lists, symbols


def own_names(db: Database, chat: int) -> OwnNames:
    """The lists and series of a chat, and the symbols of every company and fund that is held."""
    words = vocabulary()
    known = (symbol for symbol in (*companies.ids(db), *symbols.currencies(db)) if symbol.casefold() not in words)
    return OwnNames(
        lists={one.name: one.owner for one in lists.of_chat(db, chat)},
        series=imports.names_of(db, chat),
        symbols=frozenset(known),
    )
