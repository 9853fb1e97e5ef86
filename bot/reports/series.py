"""The series that rules watch: their values on a session, their past, and their readings for messages."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date
from functools import cached_property

from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.catalog import Metric, catalog
from alerts.metrics.figure import Figure
from alerts.metrics.imported import FAMILY, Counted, counted
from alerts.metrics.standing import released, standing
from alerts.metrics.transforms import average
from alerts.rules.condition import Joined, Watched
from alerts.rules.reading import DatedValue, Reading
from alerts.rules.series import Series, Transform, derive, derive_counted, latest, span
from storage import figures, imports

Past = list[tuple[date, float | None]]


def counting(db: Database, metrics: Iterable[str], until: date) -> dict[str, Counted]:
    """Of those of `metrics` that are slow or imported: when their observations count, up to `until`."""
    names = set(metrics)
    wanted = {name for name in names if name.startswith(f"{FAMILY}.")}
    known = imports.imports(db) if wanted else {}
    out = {
        name: released(figures.observed_values(db, name, until), of.frequency)
        for name in sorted(names - wanted)
        if (of := catalog().get(name)) is not None and of.frequency != "daily"
    }
    for name in sorted(wanted & known.keys()):
        held = imports.observations(db, name)
        sessions = sessions_between(held.index[0].date(), min(until, figures.last_session(db) or until))
        out[name] = counted(held, known[name].lag, sessions)
    return out


def _counted_past(db: Database, series: Series, until: date, moves: Counted) -> Past:
    """The series of a slow or imported metric on every session up to `until`: between observations its value stands."""
    past = figures.latest_values(db, series.metric, until, None)
    plain = [value for _, value in past]
    values = derive_counted(series, plain, [day in moves.sessions for day, _ in past], moves.fewest)
    return [(day, value) for (day, _), value in zip(past, values, strict=True)]


class Observed:
    """The values of one session, each computed once."""

    def __init__(self, db: Database, session: date) -> None:
        self._db, self.session = db, session
        self._plain = figures.values_on(db, session)
        self._made: dict[Series, float | None] = {}
        self._moves: dict[str, Counted | None] = {}

    def value(self, watched: Watched) -> float | None:
        """The value of what is watched; None where it is missing."""
        if isinstance(watched, Joined):
            return watched.value([self.value(condition.series) for condition in watched.conditions])
        if watched.transform is Transform.VALUE:
            return self._plain.get(watched.metric)
        if watched not in self._made and (moves := self.moves(watched.metric)):
            standing = _counted_past(self._db, watched, self.session, moves)
            self._made[watched] = standing[-1][1] if standing and standing[-1][0] == self.session else None
        if watched not in self._made:
            past = figures.latest_values(self._db, watched.metric, self.session, span(watched) or None)
            here = bool(past) and past[-1][0] == self.session
            self._made[watched] = latest(watched, [value for _, value in past]) if here else None
        return self._made[watched]

    def moves(self, metric: str) -> Counted | None:
        """When the observations of a metric count, where it is slow or an imported series."""
        if metric.startswith(f"{FAMILY}.") and metric not in self._imports:
            return None
        if metric not in self._moves:
            self._moves[metric] = counting(self._db, [metric], self.session).get(metric)
        return self._moves[metric]

    @cached_property
    def _imports(self) -> Container[str]:
        """The metrics that have been imported: looked up once, however many series are watched."""
        return imports.imports(self._db)

    def news(self, watched: Watched) -> date | None:
        """The session on which the latest observation of a slow series counted; of a daily one, this session."""
        if isinstance(watched, Joined) or (moves := self.moves(watched.metric)) is None:
            return self.session
        return max((day for day in moves.sessions if day <= self.session), default=None)


def value_past(db: Database, watched: Watched, until: date, count: int | None = None) -> Past:
    """The last `count` (session, value) up to `until`, all with None, ascending; at least one, of `until` itself.

    Of a slow or imported series: the sessions on which an observation counts, or on which it is missing.
    """
    if isinstance(watched, Joined):
        return _joined_past(db, watched, until, count)
    if moves := counting(db, [watched.metric], until).get(watched.metric):
        standing = _counted_past(db, watched, until, moves)
        found = [one for one in standing if one[0] in moves.sessions or one[1] is None]
        return _last(found, count) or [(until, None)]
    reach = span(watched)
    past = figures.latest_values(db, watched.metric, until, count + reach if reach and count is not None else None)
    if not past or past[-1][0] != until:
        past.append((until, None))
    values = derive(watched, [value for _, value in past])
    found = [(session, value) for (session, _), value in zip(past, values, strict=True)]
    return _last(found, count)


def _last(past: Past, count: int | None) -> Past:
    return past if count is None else past[-count:]


def _joined_past(db: Database, joined: Joined, until: date, count: int | None) -> Past:
    pasts = [dict(_standing_past(db, condition.series, until, count)) for condition in joined.conditions]
    sessions = sorted(set().union(*pasts))
    return _last([(session, joined.value([past.get(session) for past in pasts])) for session in sessions], count)


def _standing_past(db: Database, series: Series, until: date, count: int | None) -> Past:
    """The same with the sessions on which an imported series stands."""
    moves = counting(db, [series.metric], until).get(series.metric)
    return _last(_counted_past(db, series, until, moves), count) if moves else value_past(db, series, until, count)


def read_series(db: Database, series: Series, session: date) -> Reading:
    """The reading of `series` on `session`."""
    past = figures.observed_values(db, series.metric, session)
    if not past or past[-1][0] != session:
        past.append((session, None, None))
    values = [value for _, value, _ in past]
    moves = counting(db, [series.metric], session).get(series.metric)
    earlier = next(((day, value) for day, value, _ in reversed(past[:-1]) if value is not None), None)
    return Reading(
        series=series,
        figure=_figure(db, series.metric, session),
        before=None if earlier is None else DatedValue(*earlier),
        observed=latest(series, values) if moves is None else Observed(db, session).value(series),
        average=average(values, series.n) if series.transform is Transform.GAP else None,
        rank=standing(series.of, past),
        beside=beside(db, series.of, session),
    )


def beside(db: Database, of: Metric, session: date) -> tuple[tuple[str, float | None], ...]:
    """The values of the metrics that always stand beside one, on a session; None where one is missing."""
    return tuple((name, _figure(db, name, session).value) for name in of.beside)


def _figure(db: Database, metric: str, session: date) -> Figure:
    """The figure of one session; one that says so where there is none."""
    found = figures.history(db, metric, session, session)
    return found[0] if found else Figure(session, metric, None, None, None, None, "", "no figure of that session")


class Readings:
    """The readings of one session, each made once."""

    def __init__(self, db: Database, session: date) -> None:
        self._db, self.session = db, session
        self._made: dict[Series, Reading] = {}

    def of(self, series: Series) -> Reading:
        """The reading of a series on the session."""
        made = self._made.get(series)
        if made is None:
            made = self._made[series] = read_series(self._db, series, self.session)
        return made
