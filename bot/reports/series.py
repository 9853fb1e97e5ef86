"""The series that rules watch: their values on a session, their past, and their readings for messages."""

from __future__ import annotations

from datetime import date

from sqlite_utils import Database

from alerts.metrics.catalog import RSP
from alerts.metrics.figure import Figure
from alerts.metrics.standing import standing
from alerts.metrics.transforms import average
from alerts.rules.condition import Joined, Watched
from alerts.rules.event import DatedValue, Reading
from alerts.rules.series import Series, Transform, derive, latest, span
from storage import closes, figures

Past = list[tuple[date, float | None]]
SETTLING = 300  # sessions that a new rule looks back on, where it may remember any of them


def metric_past(db: Database, metric: str, until: date, count: int | None = None) -> Past:
    """The last `count` (session, value) of a metric up to `until`, ascending; all of them with None."""
    if metric == RSP:
        return closes.latest_fund_closes(db, "RSP", until, count)
    return figures.latest_values(db, metric, until, count)


class Observed:
    """The values of one session, each computed once."""

    def __init__(self, db: Database, session: date) -> None:
        self._db, self.session = db, session
        self._plain = figures.values_on(db, session)
        self._made: dict[Series, float | None] = {}

    def value(self, watched: Watched) -> float | None:
        """The value of what is watched; None where it is missing."""
        if isinstance(watched, Joined):
            return watched.value([self.value(condition.series) for condition in watched.conditions])
        if watched.transform is Transform.VALUE and watched.metric != RSP:
            return self._plain.get(watched.metric)
        if watched not in self._made:
            past = metric_past(self._db, watched.metric, self.session, span(watched) or None)
            here = bool(past) and past[-1][0] == self.session
            self._made[watched] = latest(watched, [value for _, value in past]) if here else None
        return self._made[watched]


def value_past(db: Database, watched: Watched, until: date, count: int) -> Past:
    """The last `count` (session, value) up to `until`, ascending; at least one, of `until` itself."""
    if isinstance(watched, Joined):
        return _joined_past(db, watched, until, count)
    reach = span(watched)
    past = metric_past(db, watched.metric, until, count + reach if reach else None)
    if not past or past[-1][0] != until:
        past.append((until, None))
    values = derive(watched, [value for _, value in past])
    return [(session, value) for (session, _), value in zip(past, values, strict=True)][-count:]


def _joined_past(db: Database, joined: Joined, until: date, count: int) -> Past:
    pasts = [dict(value_past(db, condition.series, until, count)) for condition in joined.conditions]
    sessions = sorted(set().union(*pasts))[-count:]
    return [(session, joined.value([past.get(session) for past in pasts])) for session in sessions]


def read_series(db: Database, series: Series, session: date) -> Reading:
    """The reading of `series` on `session`."""
    past = _observed_past(db, series.metric, session)
    if not past or past[-1][0] != session:
        past.append((session, None, None))
    values = [value for _, value, _ in past]
    earlier = next(((day, value) for day, value, _ in reversed(past[:-1]) if value is not None), None)
    return Reading(
        series=series,
        figure=_figure(db, series.metric, session, values[-1]),
        before=None if earlier is None else DatedValue(*earlier),
        observed=latest(series, values),
        average=average(values, series.n) if series.transform is Transform.GAP else None,
        rank=standing(series.of, past),
    )


def _observed_past(db: Database, metric: str, until: date) -> list[tuple[date, float | None, date | None]]:
    if metric == RSP:
        return [(session, value, None) for session, value in metric_past(db, metric, until)]
    return figures.observed_values(db, metric, until)


def _figure(db: Database, metric: str, session: date, value: float | None) -> Figure:
    """The figure of one session; one that says so where there is none."""
    if metric == RSP:
        source = next((figure.source for figure in figures.history(db, "size.ratio", session, session)), "")
        return Figure(session, metric, value, 1.0, 1, 1, source, None if value is not None else "no close of RSP")
    found = figures.history(db, metric, session, session)
    return found[0] if found else Figure(session, metric, None, None, None, None, "", "no figure of that session")


class Readings:
    """The readings of one session, each made once."""

    def __init__(self, db: Database, session: date) -> None:
        self._db, self.session = db, session
        self._made: dict[Series, Reading] = {}

    def of(self, series: Series) -> Reading:
        """The reading of a series on the session."""
        if series not in self._made:
            self._made[series] = read_series(self._db, series, self.session)
        return self._made[series]
