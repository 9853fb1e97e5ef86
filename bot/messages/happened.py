"""What happened to a rule's condition, in a line: metric, direction, level: value (value before)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from html import escape

from alerts.metrics.catalog import decimals_beside, number
from alerts.metrics.meaning import Meaning
from alerts.rules.condition import Condition, Operator
from alerts.rules.event import EventRule
from alerts.rules.reading import ConditionReading, DatedValue, Reading
from alerts.rules.series import Transform
from bot.formatting import short_day

DERIVED = (Transform.PERCENTILE, Transform.ZSCORE, Transform.CHANGE, Transform.AVERAGE)
_CALLED = {Transform.PERCENTILE: "percentile", Transform.ZSCORE: "z-score", Transform.AVERAGE: "average"}
_DECIMALS = {Transform.PERCENTILE: 1, Transform.ZSCORE: 2}
_THROUGH = {1: "rose through", -1: "fell through"}
_OR_BEYOND = {Operator.AT_LEAST: "rose to {} or more", Operator.AT_MOST: "fell to {} or less"}
_THIS_WEEK = 6  # days back to which a weekday is enough


def meaning(part: ConditionReading) -> Meaning:
    """What it means that the condition is true; without a headline where the catalogue has none (imported series)."""
    value = part.reading.figure.value
    return Meaning("") if value is None else part.reading.series.of.meanings.of(way(part), value)


def way(part: ConditionReading) -> int:
    """+1 where the condition says that the value is high or has risen, −1 where it says the reverse."""
    condition, observed, value = part.condition, part.reading.observed, part.reading.figure.value
    before = part.reading.before
    match condition.operator:
        case Operator.HAPPENS if condition.series.transform is Transform.LOW:
            return -1
        case Operator.HAPPENS if condition.series.transform is not Transform.CHANGED:
            return 1
        case Operator.CROSSES | Operator.OUTSIDE if observed is not None and observed < condition.level:
            return -1
        case Operator.CROSSES | Operator.OUTSIDE:
            return 1
    if condition.operator.sign and condition.operator is not Operator.HAPPENS:
        return condition.operator.sign
    return -1 if before is not None and value is not None and value < before.value else 1


def happened_text(rule: EventRule, *, still: bool = False) -> str:
    """What a rule of one condition saw: "Small above 200d rose through 60 %: 64.3 % (Thu 55.3 %)".

    `still`: the condition began earlier, and goes on.
    """
    part = rule.conditions[0]
    reading, condition = part.reading, part.condition
    series, of, value = reading.series, reading.series.of, reading.figure.value
    if value is None:
        return f"{escape(of.named())}: missing ({escape(reading.figure.reason or 'not defined')})"
    name = escape(of.named(value))
    if of.unit == "event":
        return f"{name} on {short_day(reading.figure.session)}"
    before = before_text(reading, levels_of(rule))
    if series.transform is Transform.CHANGED or of.labels:
        return _state(reading, name, still=still)
    if condition.operator is Operator.HAPPENS:
        return f"{name}: <b>{_value(rule)}</b>{before}"
    if series.transform is Transform.GAP:
        return f"{name} {_beside_average(part, still=still)}: <b>{_value(rule)}</b>{before}"
    if series.transform in DERIVED:
        return f"{_derived_subject(part, name)} {_verb(part, rule, still=still)}: {derived_value(rule)}{before}"
    return f"{name} {_verb(part, rule, still=still)}: <b>{_value(rule)}</b>{before}"


def part_text(part: ConditionReading, *, ended: bool = False) -> str:
    """One of several joined conditions: "Small above 200d 64.3 % (above 60 %)".

    `ended`: the rule has ended, and each condition says whether it still holds.
    """
    of, value, condition = part.reading.series.of, part.reading.figure.value, part.condition
    if value is None:
        return f"{escape(of.named())}: missing"
    shown = f"<b>{escape(of.show_near(value, levels_of_condition(condition)))}</b>"
    if condition.series.transform in DERIVED and part.reading.observed is not None:
        shown = f"{derived(part, levels_of_condition(condition))}; now {shown}"
    holds = "" if not ended else "still " if part.holds else "no longer "
    return f"{escape(of.named(value))} {shown} ({holds}{condition.operator.words} {target(condition)})"


def derived_value(rule: EventRule) -> str:
    """A transform beside its number: "percentile 92 (of 252 sessions); IWM/SPY 109.06"."""
    part = rule.conditions[0]
    of, value = part.reading.series.of, part.reading.figure.value
    if value is None:
        return "missing"
    named = escape(of.named(value))
    return f"<b>{derived(part, levels_of(rule, in_unit=False))}</b>; {named} {escape(of.show(value))}"


def derived(part: ConditionReading, levels: Sequence[float]) -> str:
    """What a transform makes of its metric: "percentile 92 (of 252 sessions)"."""
    series, observed = part.reading.series, part.reading.observed
    if observed is None:
        return "missing"
    if series.transform is Transform.CHANGE:
        return f"{escape(_change(part, observed, levels))} over {series.n} sessions"
    if series.transform is Transform.AVERAGE:
        return f"average {escape(series.of.show_near(observed, levels))} (of {series.n} sessions)"
    over = f"{series.n}" if series.n else f"all {part.reading.rank.count:,}"
    decimals = decimals_beside(observed, levels, _DECIMALS[series.transform])
    return f"{_CALLED[series.transform]} {number(observed, decimals)} (of {over} sessions)"


def _change(part: ConditionReading, observed: float, levels: Sequence[float]) -> str:
    of = part.reading.series.of
    if not of.unit:
        return of.show_change(observed)
    decimals = decimals_beside(observed, levels, of.decimals)
    return number(observed, decimals, sign=True) + (" pp" if of.unit in ("%", "pp") else "")


def before_text(reading: Reading, levels: Sequence[float] = ()) -> str:
    """The value before, in brackets: " (Thu 55.3 %)"; nothing where there is none."""
    before = reading.before
    if before is None:
        return ""
    return f" ({on_day(before, reading.figure.session)} {escape(reading.series.of.show_near(before.value, levels))})"


def on_day(value: DatedValue, session: date) -> str:
    """The weekday of a value of the last days, else its date."""
    near = 0 <= (session - value.session).days <= _THIS_WEEK
    return f"{value.session:%a}" if near else short_day(value.session)


def _verb(part: ConditionReading, rule: EventRule, *, still: bool) -> str:
    """What the value did: "rose through 60 %", "is above 60 %", "is outside −2 pp to 2 pp"."""
    operator, to = part.condition.operator, target(part.condition)
    if operator.ranged:
        return f"is {operator.words} {to}"
    moved = not still and rule.hold == 1 and _was_elsewhere(part)
    if moved and operator in _OR_BEYOND:
        return _OR_BEYOND[operator].format(to)
    if moved:
        return f"{_THROUGH[way(part)]} {to}"
    side = {1: "above", -1: "below"}[way(part)] if operator.momentary else operator.words
    return f"is {side} {to}" + (f", for {rule.hold} sessions" if rule.hold > 1 and not still else "")


def _was_elsewhere(part: ConditionReading) -> bool:
    """Whether the value before was not beyond the level; of a transform it is not known, and it was, for it fired."""
    before = part.reading.before
    if part.condition.series.transform in DERIVED:
        return True
    if before is None:
        return False
    if part.condition.operator is Operator.CROSSES:
        return (before.value > part.condition.level) is not (way(part) > 0)
    return not part.condition.holds(before.value)


def _beside_average(part: ConditionReading, *, still: bool) -> str:
    average, of = part.reading.average, part.reading.series.of
    shown = "" if average is None else f" ({escape(of.show(average))})"
    verb = {1: "rose above", -1: "fell below"}[way(part)]
    if still or not part.condition.operator.momentary:
        verb = {1: "is above", -1: "is below"}[way(part)]
    return f"{verb} its {part.reading.series.n}d average{shown}"


def _state(reading: Reading, name: str, *, still: bool) -> str:
    of, value, before = reading.series.of, reading.figure.value, reading.before
    assert value is not None
    now = f"<b>{escape(of.show(value))}</b>"
    if before is None or still or before.value == value:
        return f"{name}: {now}"
    return f"{name}: {escape(of.show(before.value))} → {now}"


def _derived_subject(part: ConditionReading, name: str) -> str:
    series = part.reading.series
    if series.transform is Transform.CHANGE:
        return f"{name}, its change over {series.n} sessions,"
    return f"{name}, its {series.n}-session average," if series.transform is Transform.AVERAGE else name


def target(condition: Condition) -> str:
    """The level, or both ends of the range, in HTML: "60 %", "−2 pp to 2 pp", "percentile 95", "its 50d average"."""
    series = condition.series
    if series.average is not None:
        return f"its {series.average}d average"
    levels = [level for level in (condition.level, condition.upper) if level is not None]
    in_unit = series.transform in (Transform.VALUE, Transform.AVERAGE)
    text = escape(" to ".join(series.of.show_level(level) if in_unit else plain(level) for level in levels))
    called = _CALLED.get(series.transform, "") if series.transform is not Transform.AVERAGE else ""
    return f"{called} {text}".strip()


def levels_of(rule: EventRule, *, in_unit: bool = True) -> tuple[float, ...]:
    """The levels that a rule's value is read against; none for a transform's metric (`in_unit`)."""
    first = rule.first
    if rule.joined or first.operator is Operator.HAPPENS or first.series.transform is Transform.GAP:
        return ()
    if in_unit and first.series.transform in DERIVED:
        return ()
    return tuple(level for level in (first.level, first.upper, rule.clear) if level is not None)


def levels_of_condition(condition: Condition) -> tuple[float, ...]:
    """The same of one condition."""
    if condition.operator is Operator.HAPPENS or condition.series.transform is Transform.GAP:
        return ()
    return tuple(level for level in (condition.level, condition.upper) if level is not None)


def _value(rule: EventRule) -> str:
    reading = rule.conditions[0].reading
    assert reading.figure.value is not None
    return escape(reading.series.of.show_near(reading.figure.value, levels_of(rule)))


def plain(value: float, levels: Sequence[float] = ()) -> str:
    """A number without a unit: four digits, or as many as it takes to read on its own side of each of `levels`."""
    if not math.isfinite(value):
        return "–"
    digits = max(0, 3 - math.floor(math.log10(abs(value)))) if value else 0
    text = number(value, decimals_beside(value, levels, min(digits, 9)))
    return text.rstrip("0").rstrip(".") if "." in text else text
