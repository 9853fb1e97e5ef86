"""How far back the history of companies is filled; older closes, for as long as figures are made of them.

Closes older than `closes.py` keeps come a company at a time and are read a session at a time. They are kept compressed
by company until their figures are recorded: a tenth of the room, and no page is written twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlite_utils import Database


def filled_from(db: Database) -> date | None:
    """The first session of the history of companies that is filled; None before any is."""
    row = db.conn.execute("SELECT figures_from FROM history").fetchone()
    return None if row is None else date.fromisoformat(row[0])


def note_filled(db: Database, start: date) -> None:
    """Note that figures of companies are recorded from `start` on."""
    db.conn.execute(
        "INSERT INTO history (only, figures_from) VALUES (1, ?) "
        "ON CONFLICT (only) DO UPDATE SET figures_from = min(figures_from, excluded.figures_from)",
        [start.isoformat()],
    )


def drop_older(db: Database) -> None:
    """Delete the older closes of all companies: their figures are recorded."""
    db.conn.execute("DELETE FROM older_closes")


def with_older(db: Database, start: date) -> set[int]:
    """The companies whose older closes are there from `start` on."""
    rows = db.conn.execute("SELECT company FROM older_closes WHERE start <= ?", [start.isoformat()])
    return {company for (company,) in rows}


def count_older(db: Database) -> tuple[int, date | None]:
    """How many companies have their older closes, and the first session of those; (0, None) while none are fetched."""
    count, first = db.conn.execute("SELECT count(*), min(start) FROM older_closes").fetchone()
    return int(count), date.fromisoformat(first) if first else None


def forget_older(db: Database, ids: Iterable[int]) -> None:
    """Delete the older closes of companies: they are of another scale now, and are fetched again."""
    db.conn.executemany("DELETE FROM older_closes WHERE company = ?", [(company,) for company in ids])
