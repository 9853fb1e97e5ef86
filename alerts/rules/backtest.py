"""Run one rule over history, with the same steps as a live session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from alerts.metrics.imported import Counted
from alerts.rules.condition import Condition, series_of
from alerts.rules.rule import Rule
from alerts.rules.series import Series, Transform, derive, derive_counted
from alerts.rules.state import Kind, Observation, State
from alerts.rules.step import initial, settled, step

#: By metric: all stored (session, value), ascending; None if a value is missing.
Histories = Mapping[str, Sequence[tuple[date, float | None]]]
#: Of metrics that observations move: the sessions on which one counts.
Counting = Mapping[str, Counted]
_SHOWN = (Transform.PERCENTILE, Transform.ZSCORE, Transform.CHANGE, Transform.AVERAGE)


@dataclass(frozen=True)
class Happened:
    """A transition, with the value of each condition; `value` is that of the first condition.

    For a plain metric, a comparison with its average, an extreme or a change of state this is the metric's value; for
    a percentile, z-score, change over sessions or average it is the result of that transform.
    """

    session: date
    kind: Kind
    values: tuple[float | None, ...]

    @property
    def value(self) -> float | None:
        return self.values[0]


@dataclass(frozen=True)
class Backtest:
    """What a rule would have done over `sessions`."""

    rule: Rule
    sessions: tuple[date, ...]
    missing: int  # sessions without an observation
    true: int  # sessions on which it was true; for momentary rules, on which it happened
    happened: tuple[Happened, ...]
    state: State  # after the last session

    def of(self, kind: Kind) -> list[Happened]:
        return [one for one in self.happened if one.kind is kind]


def backtest(
    rule: Rule,
    histories: Histories,
    start: date | None = None,
    end: date | None = None,
    counting: Counting = MappingProxyType({}),
) -> Backtest:
    """Step `rule` through the sessions from `start` to `end`, both included, that any of its metrics has.

    It begins with the first observation there is: while windows fill, there is nothing to see. What is true on that
    session has not fired there, and the stretch that begins there does not count. What lies before `start` settles the
    rule in silence, as it does a rule made that day. A rule of one metric that observations move sees
    nothing on sessions without one.
    """
    sessions = sorted({session for series in series_of(rule.watched) for session, _ in histories[series.metric]})
    derived = {
        series: _aligned(series, histories[series.metric], sessions, counting) for series in series_of(rule.watched)
    }
    shown = [_shown(condition, derived, histories, sessions, counting) for condition in rule.conditions]
    before: list[Observation] = []
    walked: list[date] = []
    moves = counting.get(rule.watched.metric) if isinstance(rule.watched, Series) else None
    state = initial(rule)
    number = missing = gone = true = 0
    happened: list[Happened] = []
    for at, session in enumerate(sessions):
        value = _value(rule, derived, at)
        if value is None and not number:
            continue
        if value is not None and moves is not None and session not in moves.sessions:
            if walked and (end is None or session <= end):
                walked.append(session)
            continue
        number += value is not None
        missing += value is None
        observation = Observation(session, number, value, missing)
        missing = missing if value is None else 0
        if start is not None and session < start:
            before.append(observation)
            continue
        if end is not None and session > end:
            break
        if before and not walked:
            state = settled(rule, before)
        walked.append(session)
        gone += value is None
        true += value is not None and rule.holds(value) and not _crossing(rule)
        state, kinds = step(rule, state, observation)
        happened += [Happened(session, kind, tuple(values[at] for values in shown)) for kind in kinds]
    if _crossing(rule):
        true = sum(one.kind is Kind.FIRED for one in happened)
    return Backtest(rule, tuple(walked), gone, true, tuple(happened), state)


def _crossing(rule: Rule) -> bool:
    return rule.momentary and not rule.first.series.happens


def _value(rule: Rule, derived: Mapping[Series, Sequence[float | None]], at: int) -> float | None:
    watched = rule.watched
    if isinstance(watched, Series):
        return derived[watched][at]
    return watched.value([derived[condition.series][at] for condition in watched.conditions])


def _aligned(
    series: Series, history: Sequence[tuple[date, float | None]], sessions: Sequence[date], counting: Counting
) -> list[float | None]:
    """The series on each of `sessions`, derived from its metric's own sessions."""
    plain = [value for _, value in history]
    if (moves := counting.get(series.metric)) is None:
        values = derive(series, plain)
    else:
        values = derive_counted(series, plain, [day in moves.sessions for day, _ in history], moves.fewest)
    by_session = {session: value for (session, _), value in zip(history, values, strict=True)}
    return [by_session.get(session) for session in sessions]


def _shown(
    condition: Condition,
    derived: Mapping[Series, Sequence[float | None]],
    histories: Histories,
    sessions: Sequence[date],
    counting: Counting,
) -> Sequence[float | None]:
    if condition.series.transform in _SHOWN:
        return derived[condition.series]
    return _aligned(Series(condition.series.metric), histories[condition.series.metric], sessions, counting)
