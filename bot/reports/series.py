"""What a rule watches on a session: its value for the rules, and all that a message says about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.catalog import RSP
from alerts.metrics.figure import Figure
from alerts.metrics.imported import FAMILY, Counted, counted
from alerts.metrics.standing import Standing, standing
from alerts.metrics.transforms import average
from alerts.rules.condition import Condition, Joined, Watched
from alerts.rules.evaluate import Change
from alerts.rules.series import Series, Transform, derive, derive_counted, latest, span
from alerts.rules.state import Kind
from storage import closes, figures, imports

Past = list[tuple[date, float | None]]
SETTLING = 300  # sessions that a new rule looks back on, where it may remember any of them


def metric_past(db: Database, metric: str, until: date, count: int | None = None) -> Past:
    """The last `count` (session, value) of a metric up to `until`, ascending; all of them with None."""
    if metric == RSP:
        return closes.latest_fund_closes(db, "RSP", until, count)
    return figures.latest_values(db, metric, until, count)


def counting(db: Database, metrics: Iterable[str], until: date) -> dict[str, Counted]:
    """Of those of `metrics` that are imported series: when their observations count, up to `until`."""
    wanted = {metric for metric in metrics if metric.startswith(f"{FAMILY}.")}
    known = imports.imports(db) if wanted else {}
    out = {}
    for metric in sorted(wanted & known.keys()):
        held = imports.observations(db, metric)
        sessions = sessions_between(held.index[0].date(), min(until, figures.last_session(db) or until))
        out[metric] = counted(held, known[metric].lag, sessions)
    return out


def _counted_past(db: Database, series: Series, until: date, moves: Counted) -> Past:
    """The series of an imported metric on every session up to `until`: between observations its value stands."""
    past = metric_past(db, series.metric, until)
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
        if watched.transform is Transform.VALUE and watched.metric != RSP:
            return self._plain.get(watched.metric)
        if watched not in self._made and (moves := self.moves(watched.metric)):
            standing = _counted_past(self._db, watched, self.session, moves)
            self._made[watched] = standing[-1][1] if standing and standing[-1][0] == self.session else None
        if watched not in self._made:
            past = metric_past(self._db, watched.metric, self.session, span(watched) or None)
            here = bool(past) and past[-1][0] == self.session
            self._made[watched] = latest(watched, [value for _, value in past]) if here else None
        return self._made[watched]

    def moves(self, metric: str) -> Counted | None:
        """When the observations of a metric count, where it is an imported series."""
        if metric not in self._moves:
            self._moves[metric] = counting(self._db, [metric], self.session).get(metric)
        return self._moves[metric]

    def news(self, watched: Watched) -> date | None:
        """The session on which the latest observation of an imported series counted; of anything else this session."""
        if isinstance(watched, Joined) or (moves := self.moves(watched.metric)) is None:
            return self.session
        return max((day for day in moves.sessions if day <= self.session), default=None)


def value_past(db: Database, watched: Watched, until: date, count: int) -> Past:
    """The last `count` (session, value) up to `until`, ascending; at least one, of `until` itself.

    Of an imported series: the sessions on which an observation counts, or on which it is missing.
    """
    if isinstance(watched, Joined):
        return _joined_past(db, watched, until, count)
    if moves := counting(db, [watched.metric], until).get(watched.metric):
        standing = _counted_past(db, watched, until, moves)
        found = [one for one in standing if one[0] in moves.sessions or one[1] is None]
        return found[-count:] or [(until, None)]
    reach = span(watched)
    past = metric_past(db, watched.metric, until, count + reach if reach else None)
    if not past or past[-1][0] != until:
        past.append((until, None))
    values = derive(watched, [value for _, value in past])
    return [(session, value) for (session, _), value in zip(past, values, strict=True)][-count:]


def _joined_past(db: Database, joined: Joined, until: date, count: int) -> Past:
    pasts = [dict(_standing_past(db, condition.series, until, count)) for condition in joined.conditions]
    sessions = sorted(set().union(*pasts))[-count:]
    return [(session, joined.value([past.get(session) for past in pasts])) for session in sessions]


def _standing_past(db: Database, series: Series, until: date, count: int) -> Past:
    """The same with the sessions on which an imported series stands."""
    moves = counting(db, [series.metric], until).get(series.metric)
    return _counted_past(db, series, until, moves)[-count:] if moves else value_past(db, series, until, count)


@dataclass(frozen=True)
class SeriesTold:
    """What there is to say of a series on a session, whoever asks."""

    series: Series
    figure: Figure
    before: tuple[date, float] | None  # the metric's value of the session before
    observed: float | None  # the series' own value: the percentile, the change …
    level: float | None  # where it is compared with its own average: that average
    standing: Standing  # of the metric's value

    def as_json(self) -> dict[str, Any]:
        """The part of an event that belongs to the series."""
        return {
            "metric": self.series.metric,
            "series": self.series.key,
            "words": self.series.words,
            "transform": self.series.transform.value,
            "n": self.series.n,
            "average": self.series.average,
            "value": self.figure.value,
            "observed": self.observed,
            "before": None if self.before is None else [self.before[0].isoformat(), self.before[1]],
            "percentile": self.standing.percentile,
            "count": self.standing.count,
            "frequency": self.standing.frequency,
            "history_from": self.standing.since.isoformat() if self.standing.since else None,
            "eligible": self.figure.eligible,
            "members": self.figure.members,
            "coverage": self.figure.coverage,
            "source": self.figure.provenance,
            "reason": self.figure.reason,
            "session": self.figure.session.isoformat(),
        }


def told_of(db: Database, series: Series, session: date) -> SeriesTold:
    """Gather what there is to say of `series` on `session`."""
    past = _observed_past(db, series.metric, session)
    if not past or past[-1][0] != session:
        past.append((session, None, None))
    values = [value for _, value, _ in past]
    moves = counting(db, [series.metric], session).get(series.metric)
    earlier = next(((day, value) for day, value, _ in reversed(past[:-1]) if value is not None), None)
    return SeriesTold(
        series=series,
        figure=_figure(db, series.metric, session, values[-1]),
        before=earlier,
        observed=latest(series, values) if moves is None else Observed(db, session).value(series),
        level=average(values, series.n) if series.transform is Transform.GAP else None,
        standing=standing(series.of, past),
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


class Told:
    """What there is to say on one session, gathered once a series."""

    def __init__(self, db: Database, session: date) -> None:
        self._db, self.session = db, session
        self._of: dict[Series, SeriesTold] = {}
        self._json: dict[Series, dict[str, Any]] = {}
        self._episodes: dict[tuple[object, ...], dict[str, Any]] = {}

    def of(self, series: Series) -> SeriesTold:
        if series not in self._of:
            self._of[series] = told_of(self._db, series, self.session)
        return self._of[series]

    def json(self, series: Series) -> dict[str, Any]:
        """The same as JSON values."""
        if series not in self._json:
            self._json[series] = self.of(series).as_json()
        return self._json[series]

    def event(self, change: Change, kind: Kind, *, late: bool) -> dict[str, Any]:
        """The event of one rule, as JSON values. Of a joined rule the series' part is that of its first condition."""
        watch, first = change.watch, change.watch.rule.first
        since = watch.state.since if kind in (Kind.RESOLVED, Kind.REMINDER, Kind.EXPIRED) else None
        told = self.json(first.series) | {
            "kind": kind.value,
            "rule": watch.id,
            "number": watch.number,
            "line": watch.rule.line,
            "operator": first.operator.value,
            "level": self.of(first.series).level if first.series.transform is Transform.GAP else first.level,
            "upper": first.upper,
            "clear": watch.rule.clear,
            "hold": watch.rule.hold,
            "once": change.after.phase.value == "disarmed",
            "until": watch.rule.until.isoformat() if watch.rule.until else None,
            "fired_on": since.isoformat() if since else None,
            "duration": None,
            "extreme": None,
            "late": late,
        }
        if since is not None:
            told |= self._episode(watch.rule.watched, first, since)
        if watch.rule.joined:
            told["conditions"] = [self._condition(condition) for condition in watch.rule.conditions]
        return told

    def _episode(self, watched: Watched, first: Condition, since: date) -> dict[str, Any]:
        """How many sessions an episode has lasted, and how far the value went: derived, never kept from day to day.

        Every rule that looks the same way at the same series since the same day has the same.
        """
        range_ = (first.level, first.upper) if first.upper is not None else None
        alike = (watched.key, first.operator.value, range_, since)
        if alike not in self._episodes:
            sessions = len(sessions_between(since, self.session)) - 1
            past = [] if isinstance(watched, Joined) else value_past(self._db, watched, self.session, sessions + 1)
            furthest = extreme(first, [one for one in past if one[0] >= since])
            self._episodes[alike] = {"duration": sessions, "extreme": furthest}
        return self._episodes[alike]

    def _condition(self, condition: Condition) -> dict[str, Any]:
        value = self.of(condition.series).observed
        return self.json(condition.series) | {
            "line": condition.line, "operator": condition.operator.value, "level": condition.level,
            "upper": condition.upper, "holds": None if value is None else condition.holds(value),
        }  # fmt: skip


def extreme(condition: Condition, past: Sequence[tuple[date, float | None]]) -> list[Any] | None:
    """[session, value] of the value that went furthest past the threshold; None where there is no such direction."""
    known = [(session, value) for session, value in past if value is not None]
    sign = condition.operator.sign
    if not known or (sign == 0 and condition.operator.value != "outside"):
        return None
    upper = condition.upper
    if upper is None:
        session, value = max(known, key=lambda one: sign * one[1])
    else:
        session, value = max(known, key=lambda one: max(condition.level - one[1], one[1] - upper))
    return [session.isoformat(), value]
