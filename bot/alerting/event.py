"""Gathering AlertEvents: what changed on a session, with the readings and episodes that messages show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.rules.condition import Condition, Joined, Operator
from alerts.rules.evaluate import Change
from alerts.rules.event import AlertEvent, DataGap, Episode, EventRule, LeadAfterFirings
from alerts.rules.reading import ConditionReading, DatedValue
from alerts.rules.rule import Rule
from alerts.rules.series import Series
from alerts.rules.state import Kind, Phase
from alerts.rules.tally import SignFlip
from bot.reports.regime_signs import REGIME, flips_on
from bot.reports.series import Readings, value_past

_OF_AN_EPISODE = (Kind.RESOLVED, Kind.REMINDER, Kind.EXPIRED)


class EventBuilder:
    """Builds the events of one session. Rules that watch the same share readings and episodes: each is made once."""

    def __init__(self, db: Database, session: date, *, late: bool = False) -> None:
        self._db, self._session, self._late = db, session, late
        self._readings = Readings(db, session)
        self._episodes: dict[tuple[object, ...], Episode] = {}
        self._flipped: dict[str, tuple[SignFlip, ...]] = {}

    def of_rule(
        self, change: Change, kind: Kind, *, lead: LeadAfterFirings | None = None, snooze_over: bool = False
    ) -> AlertEvent:  # fmt: skip
        """The event of one rule's transition."""
        watch, rule = change.watch, change.watch.rule
        since = watch.state.since if kind in _OF_AN_EPISODE else None
        subject = EventRule(
            id=watch.id,
            number=watch.number,
            line=rule.line,
            conditions=tuple([self._condition(condition) for condition in rule.conditions]),
            clear=rule.clear,
            hold=rule.hold,
            until=rule.until,
            once=change.after.phase is Phase.DISARMED,
            episode=None if since is None else self._episode(rule, since),
            lead=lead,
            snooze_over=snooze_over,
            flips=self._flips(rule),
        )
        return AlertEvent(kind, self._session, subject, self._late)

    def _flips(self, rule: Rule) -> tuple[SignFlip, ...]:
        """Which signs flipped, of a rule on the regime."""
        if rule.joined or rule.first.series.metric not in REGIME:
            return ()
        if rule.first.series.metric not in self._flipped:
            self._flipped[rule.first.series.metric] = flips_on(self._db, rule.first.series.metric, self._session)
        return self._flipped[rule.first.series.metric]

    def of_data(
        self, series: Series, kind: Kind, *, numbers: Sequence[int] = (), since: date | None = None
    ) -> AlertEvent:  # fmt: skip
        """The event of a series whose data are missing (`numbers`: alerts that wait) or back (`since`)."""
        gap = DataGap(self._readings.of(series), tuple(numbers), since)
        return AlertEvent(kind, self._session, gap, self._late)

    def _condition(self, condition: Condition) -> ConditionReading:
        return ConditionReading(condition, self._readings.of(condition.series))

    def _episode(self, rule: Rule, since: date) -> Episode:
        """How long the episode has lasted and how far the value went: derived, not kept from day to day."""
        watched, first = rule.watched, rule.first
        range_ = (first.level, first.upper) if first.upper is not None else None
        alike = (watched.key, first.operator, range_, since)
        episode = self._episodes.get(alike)
        if episode is None:
            sessions = len(sessions_between(since, self._session)) - 1
            past = [] if isinstance(watched, Joined) else value_past(self._db, watched, self._session, sessions + 1)
            furthest = extreme(first, [one for one in past if one[0] >= since])
            episode = self._episodes[alike] = Episode(since, sessions, furthest)
        return episode


def extreme(condition: Condition, past: Sequence[tuple[date, float | None]]) -> DatedValue | None:
    """The value furthest past the threshold; None where the condition has no such direction."""
    known = [DatedValue(session, value) for session, value in past if value is not None]
    sign = condition.operator.sign
    if not known or (sign == 0 and condition.operator is not Operator.OUTSIDE):
        return None
    level, upper = condition.level, condition.upper
    if upper is None:
        return max(known, key=lambda one: sign * one.value)
    return max(known, key=lambda one: max(level - one.value, one.value - upper))
