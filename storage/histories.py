"""How far back the history of companies is filled; older closes, for as long as figures are made of them.

Closes older than `closes.py` keeps come a company at a time and are read a session at a time. They are kept compressed
by company until their figures are recorded: a tenth of the room, and no page is written twice.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

Millionths = npt.NDArray[np.int64]


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


def keep_older(db: Database, ids: Sequence[int], sessions: Sequence[date], close: Millionths) -> None:
    """Write the older closes of companies: `close` (sessions × ids) in millionths of a dollar, 0 if there is none."""
    steps = np.diff(close, axis=0, prepend=0)
    db.conn.executemany(
        "INSERT OR REPLACE INTO older_closes (company, start, through, sessions, closes) VALUES (?, ?, ?, ?, ?)",
        [
            (company, sessions[0].isoformat(), sessions[-1].isoformat(), len(sessions), _packed(steps[:, at]))
            for at, company in enumerate(ids)
        ],
    )


def _packed(steps: Millionths) -> bytes:
    # A byte of each number after the other: the upper ones are nearly all alike.
    return zlib.compress(np.ascontiguousarray(steps).view(np.uint8).reshape(-1, 8).T.tobytes(), 6)


def _unpacked(packed: bytes) -> Millionths:
    planes = np.frombuffer(zlib.decompress(packed), dtype=np.uint8).reshape(8, -1)
    return np.cumsum(np.ascontiguousarray(planes.T).view(np.int64).ravel())


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


def older_matrix(db: Database, sessions: Sequence[date], ids: Sequence[int]) -> Millionths:
    """The older closes, sessions × ids, 0 if there is none. `sessions`: consecutive, all that any company has."""
    out = np.zeros((len(sessions), len(ids)), dtype=np.int64)
    at = {company: column for column, company in enumerate(ids)}
    place = {session.isoformat(): row for row, session in enumerate(sessions)}
    for company, start, packed in db.conn.execute("SELECT company, start, closes FROM older_closes"):
        column, row = at.get(company), place.get(start)
        if column is not None and row is not None:
            close = _unpacked(packed)[: len(sessions) - row]
            out[row : row + len(close), column] = close
    return out
