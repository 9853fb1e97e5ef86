"""Imported series: their observations and the file they came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlite_utils import Database

from alerts.metrics.symbols import owner_of, without_owner

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Import:
    """A series a person brought. `metric`: import.NAME; `file`: the last file's name, without its folder.

    lag: days after its date on which an observation is known; None: nobody said, and 0 counts.
    """

    metric: str
    file: str
    rows: int
    imported_at: datetime
    lag: int | None

    @property
    def owner(self) -> int | None:
        """The owner whose chat alone sees it; None: everybody does."""
        return owner_of(self.metric)


def record_import(
    db: Database, metric_id: str, observations: pd.Series, file: str, now: datetime, lag: int | None = None
) -> int:
    """Write observations (float by date) over those of the same dates; how many are new or changed.

    A lag given before stands where none is given now.
    """
    from storage import economy  # pandas

    changed = economy.record_series(db, metric_id, observations, now)
    held = db.conn.execute("SELECT count(*) FROM economic WHERE series = ?", [metric_id]).fetchone()[0]
    db.conn.execute(
        "INSERT INTO imports (name, file, rows, imported_at, lag, owner) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET file = excluded.file, rows = excluded.rows, "
        "imported_at = excluded.imported_at, lag = coalesce(excluded.lag, lag)",
        [metric_id, file, held, now.isoformat(timespec="seconds"), lag, owner_of(metric_id)],
    )
    return changed


def forget_import(db: Database, metric_id: str) -> bool:
    """Delete a series with its observations and figures. Returns whether it existed."""
    db.conn.execute("DELETE FROM economic WHERE series = ?", [metric_id])
    db.conn.execute("DELETE FROM figures WHERE metric = ?", [metric_id])
    db.conn.execute("UPDATE revision SET number = number + 1")
    return db.conn.execute("DELETE FROM imports WHERE name = ?", [metric_id]).rowcount > 0


def own_series(db: Database, chat: int) -> list[str]:
    """The ids of a chat's own series, those of the older owner first."""
    rows = db.conn.execute(
        "SELECT name FROM imports JOIN owners ON owners.id = owner WHERE chat = ? ORDER BY owner, name", [chat]
    )
    return [name for (name,) in rows]


def names_of(db: Database, chat: int) -> dict[str, int]:
    """The names of a chat's own series, without "import.", with the owner that their ids carry."""
    found: dict[str, int] = {}
    for metric in own_series(db, chat):
        found.setdefault(without_owner(metric).removeprefix("import."), owner_of(metric) or 0)
    return found


def everybodys(db: Database) -> dict[str, Import]:
    """The series that everybody sees: those of the console."""
    return {name: one for name, one in imports(db).items() if one.owner is None}


def imports(db: Database) -> dict[str, Import]:
    """All imported series by metric id, in that order."""
    rows = db.conn.execute("SELECT name, file, rows, imported_at, lag FROM imports ORDER BY name")
    return {name: Import(name, file, count, datetime.fromisoformat(at), lag) for name, file, count, at, lag in rows}


def observations(db: Database, metric_id: str) -> pd.Series:
    """Its observations by date, ascending; empty if there is no such series."""
    import pandas as pd

    from storage import economy

    return economy.series(db, [metric_id]).get(metric_id, pd.Series(dtype="float64"))
