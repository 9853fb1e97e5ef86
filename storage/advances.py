"""Advances and declines on each session, from which path-dependent figures are computed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from sqlite_utils import Database

from storage.fund_closes import day_number

COLUMNS = ["advances", "declines", "eligible", "members"]


def record_advances(db: Database, counts: Mapping[str, pd.DataFrame]) -> None:
    """Write counts by segment (sessions × advances, declines, eligible, members) replacing earlier ones."""
    rows = []
    for segment, frame in counts.items():
        days = frame.index.to_numpy().astype("datetime64[D]").astype(np.int64).tolist()
        values = frame[COLUMNS].to_numpy().astype(np.int64).tolist()
        rows += [(segment, day, *row) for day, row in zip(days, values, strict=True)]
    db.conn.executemany(
        "INSERT INTO advances (segment, day, advances, declines, eligible, members) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (segment, day) DO UPDATE SET advances = excluded.advances, declines = excluded.declines, "
        "eligible = excluded.eligible, members = excluded.members WHERE advances <> excluded.advances "
        "OR declines <> excluded.declines OR eligible <> excluded.eligible OR members <> excluded.members",
        rows,
    )


def advances_before(db: Database, session: date) -> dict[str, pd.DataFrame]:
    """The counts of all sessions before `session`, by segment."""
    rows = db.conn.execute(
        "SELECT segment, day, advances, declines, eligible, members FROM advances WHERE day < ? ORDER BY segment, day",
        [day_number(session)],
    ).fetchall()
    frame = pd.DataFrame(rows, columns=["segment", "day", *COLUMNS])
    frame["day"] = frame["day"].astype("int64").to_numpy().astype("datetime64[D]")
    return {str(segment): part.set_index("day")[COLUMNS] for segment, part in frame.groupby("segment")}
