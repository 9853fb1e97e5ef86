"""Inserting thousands of rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sqlite_utils import Database

_AT_ONCE = 100  # rows of a statement


def insert_rows(db: Database, statement: str, row: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert `rows`. `statement` has `{rows}` for its VALUES, of which `row` is one, such as "(?, ?, 'pending')".

    A hundred rows a statement: SQLite makes the lists of a CHECK or of a partial index (state IN …) anew each time that
    a statement runs, which for a row by itself takes longer than the row.
    """
    whole = len(rows) - len(rows) % _AT_ONCE
    hundred = statement.format(rows=", ".join([row] * _AT_ONCE))
    for at in range(0, whole, _AT_ONCE):
        db.conn.execute(hundred, [*chain.from_iterable(rows[at : at + _AT_ONCE])])
    db.conn.executemany(statement.format(rows=row), rows[whole:])
