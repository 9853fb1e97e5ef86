"""What a session adds up to: the regime, and the key figures with their change and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlite_utils import Database

from alerts.metrics.catalog import Metric, catalog, families, key_figures, metric
from alerts.metrics.figure import Figure
from alerts.metrics.standing import Standing, standing
from alerts.metrics.symbols import named_pairs
from bot.reports.series import beside
from storage import figures, imports


@dataclass(frozen=True)
class FigureReading:
    """A figure with its past: the value before, and where it stands."""

    figure: Figure
    before: Figure | None  # the latest earlier one that has a value
    standing: Standing
    beside: tuple[tuple[str, float | None], ...] = ()  # values, by metric, that always stand beside it

    @property
    def of(self) -> Metric:
        return metric(self.figure.metric)

    @property
    def change(self) -> float | None:
        """Since the value before, in the metric's unit."""
        if self.figure.value is None or self.before is None or self.before.value is None:
            return None
        return self.figure.value - self.before.value

    def as_json(self) -> dict[str, Any]:
        """For `summary --json`."""
        figure = self.figure
        return {
            "metric": figure.metric,
            "title": self.of.title,
            "value": figure.value,
            "change": self.change,
            "change_since": self.before.session.isoformat() if self.before and self.change is not None else None,
            "percentile": self.standing.percentile,
            "percentile_of": self.standing.count,
            "percentile_unit": self.standing.unit,
            "percentile_since": self.standing.since.isoformat() if self.standing.since else None,
            "coverage": figure.coverage,
            "eligible": figure.eligible,
            "members": figure.members,
            "source": figure.source,
            "notes": list(figure.remarks),
            "reason": figure.reason,
            "beside": dict(self.beside),
        }


@dataclass(frozen=True)
class Summary:
    """One session's regime and key figures."""

    session: date
    state: Figure
    score: Figure
    figures: tuple[FigureReading, ...]
    own: tuple[FigureReading, ...] = ()  # imported series

    def as_json(self) -> dict[str, Any]:
        """For `summary --json`, without the headline."""
        return {
            "session": self.session.isoformat(),
            "regime": None if self.state.value is None else metric("regime.state").show(self.state.value),
            "score": self.score.value,
            "source": self.state.source,
            "notes": list(self.state.remarks),
            "figures": [reading.as_json() for reading in (*self.figures, *self.own)],
        }


def reading_of(db: Database, metric_id: str, session: date) -> FigureReading | None:
    """A metric on a session with its past; None where nothing is recorded."""
    past = figures.observed_values(db, metric_id, session)  # decades of them: only two are wanted whole
    if not past or past[-1][0] != session:
        return None
    earlier = next((day for day, value, _ in reversed(past[:-1]) if value is not None), None)
    before = figures.history(db, metric_id, earlier, earlier)[0] if earlier else None
    of, now = metric(metric_id), figures.history(db, metric_id, session, session)[0]
    return FigureReading(now, before, standing(of, past), beside(db, of, session))


def latest_reading(db: Database, metric_id: str) -> FigureReading | None:
    """The reading on the latest session with figures; None if there is none, or nothing is recorded on it."""
    session = figures.last_session(db)
    return None if session is None else reading_of(db, metric_id, session)


def values_now(db: Database) -> dict[str, float | None]:
    """The value of every metric on the latest session; empty where there are no figures."""
    session = figures.last_session(db)
    return {} if session is None else figures.values_on(db, session)


def readings(db: Database, metric_ids: tuple[str, ...] | list[str], session: date) -> tuple[FigureReading, ...]:
    """Several of them, in order; those with nothing recorded are left out."""
    found = (reading_of(db, metric_id, session) for metric_id in metric_ids)
    return tuple(reading for reading in found if reading is not None)


def summarise(db: Database) -> Summary | None:
    """The latest session's summary; None where there are no figures."""
    session = figures.last_session(db)
    if session is None:
        return None
    recorded = figures.on_session(db, session)
    return Summary(
        session=session,
        state=recorded["regime.state"],
        score=recorded["regime.score"],
        figures=readings(db, key_figures(), session),
        own=own(db, session),
    )


def own(db: Database, session: date) -> tuple[FigureReading, ...]:
    """The imported series of everybody on a session."""
    return readings(db, list(imports.everybodys(db)), session)


def family(db: Database, name: str) -> tuple[FigureReading, ...]:
    """All figures of a family on the latest session."""
    session = figures.last_session(db)
    if session is None:
        return ()
    return readings(db, [entry.id for entry in catalog().values() if entry.family == name], session)


def key_family(db: Database, name: str) -> tuple[FigureReading, ...]:
    """The figures that matter most of a family on the latest session, those of others that it leans on included."""
    session = figures.last_session(db)
    return () if session is None else readings(db, families()[name].key, session)


def named_pairs_of(db: Database, name: str) -> tuple[FigureReading, ...]:
    """The pairs that have names and belong to a family's answer, on the latest session; those held alone."""
    session = figures.last_session(db)
    wanted = [metric for metric, one in named_pairs().items() if one.answer == name]
    return () if session is None else readings(db, wanted, session)


def own_of(db: Database, chat: int) -> tuple[FigureReading, ...]:
    """A chat's own series on the latest session."""
    return latest_readings(db, imports.own_series(db, chat))


def latest_readings(db: Database, metric_ids: Sequence[str]) -> tuple[FigureReading, ...]:
    """Several readings on the latest session; those with nothing recorded are left out."""
    session = figures.last_session(db)
    return () if session is None else readings(db, list(metric_ids), session)


@dataclass(frozen=True)
class Range:
    """How far a metric has ranged: its lowest and highest value with their sessions, and the first session held."""

    low: float
    low_on: date
    high: float
    high_on: date
    since: date


def range_of(db: Database, metric_id: str) -> Range | None:
    """The range of a metric's history; None where it has no value."""
    past = [(value, day) for day, value in figures.latest_values(db, metric_id, date.max, None) if value is not None]
    if not past:
        return None
    low, high = min(past), max(past)
    return Range(low[0], low[1], high[0], high[1], past[0][1])


def every_metric(db: Database) -> tuple[FigureReading, ...]:
    """Every metric and imported series on the latest session; none where there are no figures."""
    session = figures.last_session(db)
    return () if session is None else readings(db, list(catalog()), session) + own(db, session)
