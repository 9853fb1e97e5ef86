"""Metric values by session, with coverage, source and the time they were fetched."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from alerts.metrics.catalog import metric
from alerts.metrics.figure import Figure
from storage.chain import append_corrections

_COLUMNS = (
    "session, metric, value, coverage, eligible, members, source, reason, notes, observed, by_former_members, "
    "fetched_at, corrected_at, was"
)


def record_figures(db: Database, figures: Iterable[Figure], fetched_at: datetime, *, backfilled: bool) -> None:
    """Write figures. A backfill writes over what is backfilled, and leaves to `correct` what a session recorded."""
    keep = "WHERE figures.backfilled = 1" if backfilled else ""
    stamp = fetched_at.isoformat(timespec="seconds")
    db.conn.executemany(
        f"""INSERT INTO figures
                (metric, session, value, coverage, eligible, members, source, reason, notes, observed,
                 by_former_members, backfilled, fetched_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (metric, session) DO UPDATE SET value = excluded.value, coverage = excluded.coverage,
                eligible = excluded.eligible, members = excluded.members, source = excluded.source,
                reason = excluded.reason, notes = excluded.notes, observed = excluded.observed,
                by_former_members = excluded.by_former_members,
                backfilled = excluded.backfilled, fetched_at = excluded.fetched_at {keep}""",
        [
            (f.metric, f.session.isoformat(), f.value, f.coverage, f.eligible, f.members, f.source, f.reason,
             json.dumps(f.notes) if f.notes else "[]", f.observed and f.observed.isoformat(), f.by_former_members,
             int(backfilled), stamp)
            for f in figures
        ],
    )  # fmt: skip
    db.conn.execute("UPDATE revision SET number = number + 1")


def with_past(db: Database) -> set[str]:
    """The metrics of funds and economic series whose whole past is recorded."""
    return {metric for (metric,) in db.conn.execute("SELECT metric FROM pasts")}


def note_past(db: Database, metric: str, now: datetime) -> None:
    """Note that the whole past of a metric is recorded."""
    db.conn.execute(
        "INSERT OR REPLACE INTO pasts (metric, filled_at) VALUES (?, ?)", [metric, now.isoformat(timespec="seconds")]
    )


def revision(db: Database) -> int:
    """A number that rises with every change of figures."""
    return int(db.conn.execute("SELECT number FROM revision").fetchone()[0])


def correct(db: Database, computed: Iterable[Figure], now: datetime) -> int:
    """Write values that differ, as shown, from those of judged sessions; how many did. The first value is kept too.

    A figure that reads the same but was counted otherwise (provisional members, census averages) is replaced whole,
    and is no correction. A value is never replaced by none. Rules have run: nothing fires on a correction. What is
    written is appended to the chain.
    """
    changed = 0
    written: list[tuple[date, str]] = []
    told = [figure for figure in computed if figure.value is not None]
    judged = _judged(db, told)
    for figure in told:
        row = judged.get((figure.metric, figure.session.isoformat()))
        if row is None or figure.value is None:
            continue
        if row[0] is not None and abs(row[0] - figure.value) < _seen(figure.metric):
            if row[2:] != (figure.eligible, figure.members, json.dumps(figure.notes)):
                _recount(db, figure, now)
                written.append((figure.session, figure.metric))
            continue
        first = "was" if row[1] is not None else "value"
        db.conn.execute(
            f"""UPDATE figures SET was = {first}, value = ?, coverage = ?, eligible = ?, members = ?, source = ?,
                notes = ?, observed = ?, by_former_members = ?, reason = NULL, corrected_at = ?, fetched_at = ?
                WHERE metric = ? AND session = ?""",
            [figure.value, figure.coverage, figure.eligible, figure.members, figure.source,
             json.dumps(figure.notes), figure.observed and figure.observed.isoformat(), figure.by_former_members,
             now.date().isoformat(),
             now.isoformat(timespec="seconds"), figure.metric, figure.session.isoformat()],
        )  # fmt: skip
        changed += 1
        written.append((figure.session, figure.metric))
    append_corrections(db, written, now)
    if changed:
        db.conn.execute("UPDATE revision SET number = number + 1")
    return changed


def _judged(db: Database, computed: Sequence[Figure]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """(value, corrected_at, eligible, members, notes) by metric and session of those that a session recorded itself."""
    days = [figure.session.isoformat() for figure in computed]
    rows = (
        row
        for metric in dict.fromkeys(figure.metric for figure in computed)
        for row in db.conn.execute(
            "SELECT metric, session, value, corrected_at, eligible, members, notes FROM figures "
            "WHERE metric = ? AND session BETWEEN ? AND ? AND backfilled = 0",
            [metric, min(days), max(days)],
        )
    )
    return {(metric, session): tuple(row) for metric, session, *row in rows}


def _recount(db: Database, figure: Figure, now: datetime) -> None:
    """Replace a figure by one that reads the same and was counted otherwise."""
    db.conn.execute(
        """UPDATE figures SET value = ?, coverage = ?, eligible = ?, members = ?, source = ?, notes = ?, observed = ?,
           by_former_members = ?, fetched_at = ? WHERE metric = ? AND session = ?""",
        [figure.value, figure.coverage, figure.eligible, figure.members, figure.source, json.dumps(figure.notes),
         figure.observed and figure.observed.isoformat(), figure.by_former_members,
         now.isoformat(timespec="seconds"), figure.metric,
         figure.session.isoformat()],
    )  # fmt: skip


def _seen(metric_id: str) -> float:
    """The least difference that a reader would see."""
    return 0.5 * 10.0 ** -metric(metric_id).decimals


def _figure(row: tuple[Any, ...]) -> Figure:
    session, name, value, coverage, eligible, members, source, reason, notes, observed, former, *rest = row
    fetched_at, corrected, was = rest
    return Figure(
        date.fromisoformat(session), name, value, coverage, eligible, members, source, reason,
        notes=tuple(json.loads(notes)), observed=date.fromisoformat(observed) if observed else None,
        by_former_members=former,
        corrected_on=date.fromisoformat(corrected) if corrected else None, was=was, fetched_at=fetched_at,
    )  # fmt: skip


def history(db: Database, metric: str, start: date | None = None, end: date | None = None) -> list[Figure]:
    """The figures of a metric from `start` to `end`, both included, ascending, missing ones too."""
    rows = db.conn.execute(
        f"SELECT {_COLUMNS} FROM figures WHERE metric = ? AND session BETWEEN ? AND ? ORDER BY session",
        [metric, start.isoformat() if start else "0000", end.isoformat() if end else "9999"],
    )
    return [_figure(row) for row in rows]


def last_told(db: Database, metric: str, count: int, end: date | None = None) -> list[Figure]:
    """The last `count` figures of a metric that have a value, up to `end`, ascending."""
    rows = db.conn.execute(
        f"SELECT {_COLUMNS} FROM figures WHERE metric = ? AND session <= ? AND value IS NOT NULL "
        "ORDER BY session DESC LIMIT ?",
        [metric, end.isoformat() if end else "9999", count],
    ).fetchall()
    return [_figure(row) for row in reversed(rows)]


def by_former_members(db: Database, metric: str) -> dict[date, tuple[float | None, float]]:
    """On each first session of new ranks: a metric's value, and the value had the ranks before still applied."""
    rows = db.conn.execute(
        "SELECT session, value, by_former_members FROM figures WHERE metric = ? AND by_former_members IS NOT NULL",
        [metric],
    )
    return {date.fromisoformat(session): (value, former) for session, value, former in rows}


def latest_values(db: Database, metric: str, until: date, count: int | None) -> list[tuple[date, float | None]]:
    """The last `count` (session, value) of a metric up to `until`, ascending; all of them with None."""
    rows = db.conn.execute(
        "SELECT session, value FROM figures WHERE metric = ? AND session <= ? ORDER BY session DESC LIMIT ?",
        [metric, until.isoformat(), -1 if count is None else count],
    ).fetchall()
    return [(date.fromisoformat(session), value) for session, value in reversed(rows)]


def observed_values(db: Database, metric: str, until: date) -> list[tuple[date, float | None, date | None]]:
    """(session, value, date of the observation where it has one of its own) of a metric up to `until`, ascending."""
    rows = db.conn.execute(
        "SELECT session, value, observed FROM figures WHERE metric = ? AND session <= ? ORDER BY session",
        [metric, until.isoformat()],
    )
    return [
        (date.fromisoformat(session), value, date.fromisoformat(observed) if observed else None)
        for session, value, observed in rows
    ]


def on_session(db: Database, session: date) -> dict[str, Figure]:
    """All figures of a session by metric."""
    rows = db.conn.execute(f"SELECT {_COLUMNS} FROM figures WHERE session = ?", [session.isoformat()])
    return {figure.metric: figure for figure in map(_figure, rows)}


def sessions_held(db: Database, start: date, end: date) -> list[date]:
    """The sessions from `start` to `end` that have figures, ascending."""
    rows = db.conn.execute(
        "SELECT DISTINCT session FROM figures WHERE session BETWEEN ? AND ? ORDER BY session",
        [start.isoformat(), end.isoformat()],
    )
    return [date.fromisoformat(session) for (session,) in rows]


def values_on(db: Database, session: date) -> dict[str, float | None]:
    """The values of a session by metric."""
    return dict(
        db.conn.execute("SELECT metric, value FROM figures WHERE session = ?", [session.isoformat()]).fetchall()
    )


def last_session(db: Database) -> date | None:
    """The latest session with any figure."""
    row = db.conn.execute("SELECT max(session) FROM figures").fetchone()[0]
    return date.fromisoformat(row) if row else None
