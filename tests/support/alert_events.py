"""Whole AlertEvents for tests: `event("small above 200d > 60", value=64.3, kind="resolved")`."""

from __future__ import annotations

from datetime import date
from typing import Any

from alerts.metrics.figure import Figure
from alerts.metrics.standing import Standing
from alerts.rules.condition import Condition
from alerts.rules.event import AlertEvent, DataGap, Episode, EventRule, LeadAfterFirings
from alerts.rules.grammar import parse
from alerts.rules.reading import ConditionReading, DatedValue, Reading
from alerts.rules.rule import Repeat
from alerts.rules.series import Series
from alerts.rules.state import Kind
from alerts.rules.tally import FiringTally

DAY = date(2025, 8, 22)
EPISODE = Episode(date(2025, 7, 31), 16, DatedValue(date(2025, 8, 14), 71.2))


def reading(series: Series, value: float | None, **given: Any) -> Reading:
    """A reading of DAY. given: before, observed, average, counted (eligible, members), rank, source, reason."""
    eligible, members = given.get("counted", (1508, 1510))
    figure = Figure(
        given.get("session", DAY), series.metric, value, eligible / members, eligible, members,
        given.get("source", "Yahoo Finance"), given.get("reason"),
    )  # fmt: skip
    before = given.get("before", 55.3)
    return Reading(
        series,
        figure,
        None if before is None else DatedValue(date(2025, 8, 21), before),
        given.get("observed", value),
        given.get("average"),
        Standing(*given.get("rank", (88.2, 410)), date(2024, 1, 2), series.of.frequency),
    )


def event(line: str, *readings: Reading, kind: str = "fired", **given: Any) -> AlertEvent:
    """The event of the rule that `line` says: one reading a condition, in their order.

    `number`, `id`, `session`, `late`, `shown` (another line) and what else an EventRule has (`episode`, `lead`, …), as
    given.
    """
    rule = parse(line)
    session, late, number = given.pop("session", DAY), given.pop("late", False), given.pop("number", 1)
    subject = EventRule(
        id=given.pop("id", 10 + number),
        number=number,
        line=given.pop("shown", line),
        conditions=tuple(_of(condition, one) for condition, one in zip(rule.conditions, readings, strict=True)),
        clear=rule.clear,
        hold=rule.hold,
        until=rule.until,
        once=given.pop("once", rule.repeat is Repeat.ONCE),
        **given,
    )
    return AlertEvent(Kind(kind), session, subject, late)


def _of(condition: Condition, of: Reading) -> ConditionReading:
    assert of.series == condition.series, f"{condition.line} is not read by {of.series.key}"
    return ConditionReading(condition, of)


def small(line: str = "small above 200d > 60", value: float = 64.3, **given: Any) -> AlertEvent:
    """Of small caps above their 200-day average."""
    return event(line, reading(Series("breadth.above_200d.small"), value), **given)


def lead(line: str = "lead 21d > 2", value: float = 3.1, **given: Any) -> AlertEvent:
    """Of small caps' lead over 21 sessions, alert 2."""
    return event(line, reading(Series("size.lead_21d"), value, before=1.9, counted=(2, 2)), **{"number": 2} | given)


def gap(metric: str, *numbers: int, value: float | None = None, since: date | None = None) -> AlertEvent:
    """Data of a metric that are missing for alerts `numbers`, or back with a `value`."""
    reason = "coverage 80 % is under 90 %" if value is None else None
    subject = DataGap(reading(Series(metric), value, reason=reason), numbers, since)
    return AlertEvent(Kind.NO_DATA if value is None else Kind.DATA_BACK, DAY, subject)


def after_firings(n: int, median: float | None = None, all_days: float | None = None) -> LeadAfterFirings:
    """The lead 63 sessions after `n` firings."""
    return LeadAfterFirings(63, n, median, all_days)


def fired_times(times: int, **given: Any) -> FiringTally:
    """A rule that fired `times` times in twelve months, with what else a FiringTally has as given."""
    return FiringTally(times, **{"last": date(2025, 5, 12)} | given)
