"""Older closes of companies, packed by company: a tenth of the room, and no page is written twice."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

Millionths = npt.NDArray[np.int64]


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
