"""Imported series: into the database, and out of it as figures of sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlite_utils import Database

from alerts.market.csv_import import OwnSeries
from alerts.market.sessions import sessions_between
from alerts.metrics.catalog import Metric, UnknownMetric, metric
from alerts.metrics.figure import Figure
from alerts.metrics.imported import FAMILY, own_figures
from alerts.rules import grammar
from storage import figures, imports
from storage.database import writing
from storage.imports import Import
from storage.sessions import last_judged


def keep(db: Database, metric_id: str, found: OwnSeries, file: str, now: datetime, *, replace: bool = False) -> int:
    """Keep a series and its figures up to the last judged session; how many observations are new.

    All or nothing. Figures of judged sessions are corrected and say so; nothing fires on them. Those of later sessions
    come with the sessions. With `replace` what was imported under that name before goes.
    """
    with writing(db):
        if replace:
            imports.forget_import(db, metric_id)
        return keep_within(db, metric_id, found, file, now)


def keep_within(db: Database, metric_id: str, found: OwnSeries, file: str, now: datetime) -> int:
    """The same inside a transaction."""
    changed = imports.record_import(db, metric_id, found.observations, file, now, found.lag)
    if (judged := last_judged(db)) is not None:
        computed = _figures_of(db, imports.imports(db)[metric_id], judged)
        figures.record_figures(db, computed, now, backfilled=True)
        figures.correct(db, computed, now)
    return changed


def _figures_of(db: Database, series: Import, until: date) -> list[Figure]:
    """The figures of a series on every session from its first observation to `until`."""
    held = imports.observations(db, series.metric)
    sessions = sessions_between(held.index[0].date(), until)
    return own_figures(series.metric, held, sessions, series.file, series.lag)


def fill(db: Database, session: date, now: datetime) -> None:
    """Record the figures before `session` of series that were imported before any session was judged."""
    for series in imports.imports(db).values():
        if not figures.latest_values(db, series.metric, session, 2)[1:]:
            earlier = [figure for figure in _figures_of(db, series, session) if figure.session < session]
            figures.record_figures(db, earlier, now, backfilled=True)


def of_sessions(db: Database, sessions: Sequence[date]) -> list[Figure]:
    """The figures of every imported series on `sessions`."""
    out: list[Figure] = []
    for metric_id, known in imports.imports(db).items():
        out += own_figures(metric_id, imports.observations(db, metric_id), sessions, known.file, known.lag)
    return out


def metric_named(db: Database, name: str) -> Metric:
    """The metric that a person names by id, title or alias. Raises UnknownMetric, also for a series never imported."""
    found = metric(grammar.metric_named(name) or name)
    if found.family == FAMILY and found.id not in imports.imports(db):
        short = found.id.removeprefix(f"{FAMILY}.")
        raise UnknownMetric(f"{found.id}: never imported; `rotation-alerts import {short} FILE.csv` does")
    return found
