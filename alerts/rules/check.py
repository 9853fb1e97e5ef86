"""Refuses rules that can never fire, with a line that would be accepted."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

from alerts.metrics.catalog import Metric, number
from alerts.rules.condition import Condition, Operator, typed_number
from alerts.rules.rule import Repeat, Rule
from alerts.rules.series import Series, Transform, extreme_name, needs, typed_name

MAX_HOLD = 250
MAX_WINDOW = 1260  # sessions: five years
MAX_CONDITIONS = 4
LARGEST, SMALLEST = 1e12, 1e-9  # largest and smallest size of a level
_LEAST_WINDOW = {Transform.CHANGE: 1, Transform.PERCENTILE: 20, Transform.ZSCORE: 5}


class RuleError(ValueError):
    """A rule that can never fire: why, and a line that would be accepted."""

    def __init__(self, problem: str, example: str) -> None:
        super().__init__(problem, example)
        self.problem = problem
        self.example = example

    def __str__(self) -> str:
        return f"{self.problem} An example that works: {self.example}"


def check(rule: Rule, today: date | None = None) -> Rule:
    """Return the rule if it can ever fire; check its last session if `today` is given. Raises RuleError."""
    for condition in rule.conditions:
        _check_condition(condition)
    _check_joined(rule)
    _check_lasting(rule)
    if rule.clear is not None:
        _check_clear(rule, rule.clear)
    if today is not None and rule.until is not None and rule.until < today:
        raise RuleError(
            f"{rule.until} is gone by; today is {today}.",
            replace(rule, until=today.replace(year=today.year + 1, day=min(today.day, 28))).line,
        )
    return rule


def check_history(rule: Rule, series: Series, held: int) -> None:
    """Refuse a window longer than the history: `held` values of the series' metric. Raises RuleError."""
    if series.transform is Transform.VALUE or held >= needs(series):
        return
    kept = f"{held} session{'s' if held != 1 else ''}"
    fits = held - 1 if series.transform is Transform.CHANGE else held
    example = example_of(series.of)
    if series.n and fits >= max(2, _LEAST_WINDOW.get(series.transform, 2)):
        condition = next(condition for condition in rule.conditions if condition.series == series)
        example = replace(condition, series=replace(series, n=min(fits, MAX_WINDOW))).line
    raise RuleError(f"{series.words} needs {needs(series)} sessions; {kept} of history are held so far.", example)


def example_of(of: Metric) -> str:
    """A line about that metric that works."""
    name = typed_name(of)
    if of.unit == "event":
        return name
    level = {"%": "60", "index": "100", "×": "1", "count": "3", "USD": "200"}.get(of.unit, "0")
    if of.high is not None and of.high <= 0:
        level = "-5"
    elif of.low is not None and of.low < 0:
        level = "-25" if of.direction < 0 else "0"
    elif of.id.startswith("valuation.forward_pe"):
        level = "20"
    return f"{name} crosses above {level}"


def example_near(of: Metric, value: float | None) -> str:
    """A line about that metric that may fire soon: its level is the next round number above `value`."""
    if value is None or not math.isfinite(value) or of.unit in ("event", "state"):
        return example_of(of)
    step = 10.0 ** math.floor(math.log10(max(abs(value), 10.0**-of.decimals))) / 2
    level = (math.floor(value / step) + 1) * step
    up = of.high is None or level < of.high
    if not up:
        level = (math.ceil(value / step) - 1) * step
    if of.low is not None and level < of.low:
        return example_of(of)
    shown = f"{level + 0.0:.8f}".rstrip("0").rstrip(".")
    return f"{typed_name(of)} crosses {'above' if up else 'below'} {shown}"


def _level_example(condition: Condition) -> str:
    """A level condition close to the given one, if there is any."""
    if condition.operator is Operator.HAPPENS:
        return "small above 200d > 60"
    downward = condition.operator.sign < 0 or condition.level == bounds(condition.series)[1]
    return replace(condition, operator=Operator.BELOW if downward else Operator.ABOVE).line


def bounds(series: Series) -> tuple[float, float]:
    """The least and the greatest value of a series; infinite if there is no bound."""
    low = -math.inf if series.of.low is None else series.of.low
    high = math.inf if series.of.high is None else series.of.high
    match series.transform:
        case Transform.VALUE | Transform.AVERAGE:
            return low, high
        case Transform.PERCENTILE:
            return 0.0, 100.0
        case Transform.CHANGE:
            return low - high, high - low
    return -math.inf, math.inf


def _check_condition(condition: Condition) -> None:
    series = condition.series
    of, name = series.of, typed_name(series.of)
    _check_window(series)
    if of.unit == "event" and not (condition.operator is Operator.HAPPENS and series.transform is Transform.VALUE):
        raise RuleError(f"{of.title} is an event: it happens on a session, and its name says all.", name)
    if series.transform is Transform.CHANGED and not _categorical(of):
        raise RuleError(f"{of.title} changes nearly every session; “changes” is for states.", f"{name} rising 21d")
    if condition.operator is Operator.HAPPENS:
        if not series.happens:
            raise RuleError(f"{of.title} is no event; a comparison is missing.", example_of(of))
        return
    ends = (condition.level,) if condition.upper is None else (condition.level, condition.upper)
    for level in ends:
        if not math.isfinite(level):
            raise RuleError("The threshold has to be a number.", example_of(of))
        if level and not SMALLEST <= abs(level) <= LARGEST:
            size = "beyond any figure kept here" if abs(level) > 1 else "as good as 0"
            raise RuleError(f"A threshold of {level:g} is {size}.", example_of(of))
    if condition.operator.ranged is not (condition.upper is not None):
        raise RuleError("inside and outside need a range such as 1..2.", f"{name} inside 1..2")
    if series.transform is Transform.GAP:
        if condition.level or condition.operator.ranged or condition.operator in (Operator.AT_LEAST, Operator.AT_MOST):
            raise RuleError(
                "Against its own average a value is above, below, or crosses it.",
                f"{name} above its {series.n}d average",
            )
    elif condition.upper is None:
        _check_level(condition)
    else:
        _check_range(condition, condition.upper)


def _categorical(of: Metric) -> bool:
    return of.unit in ("state", "count", "companies", "") or of.id.startswith("rates.fed_")


def _check_window(series: Series) -> None:
    least = _LEAST_WINDOW.get(series.transform, 2)
    if series.transform in (Transform.VALUE, Transform.CHANGED) or least <= series.n <= MAX_WINDOW:
        return
    if series.transform is Transform.PERCENTILE and series.n == 0:
        return
    name = typed_name(series.of)
    what, example = {
        Transform.GAP: ("An average", f"{name} crosses above its 50d average"),
        Transform.AVERAGE: ("An average", f"{name} crosses above its 50d average"),
        Transform.CHANGE: ("A change", f"{name} rising 21d"),
        Transform.PERCENTILE: ("A percentile", f"percentile 252d of {name} < 5"),
        Transform.ZSCORE: ("A z-score", f"z-score 252d of {name} > 2"),
        Transform.HIGH: ("A high", f"{extreme_name(series.of)} at a new high 252d"),
        Transform.LOW: ("A low", f"{extreme_name(series.of)} at a new low 252d"),
    }[series.transform]
    if series.of.unit == "event":
        example = name
    raise RuleError(f"{what} of {series.n} sessions is not kept; say {least} to {MAX_WINDOW}.", example)


def _span(low: float, high: float) -> str:
    if math.isfinite(low) and math.isfinite(high):
        return f"from {_bound(low)} to {_bound(high)}"
    return f"at least {_bound(low)}" if math.isfinite(low) else f"at most {_bound(high)}"


def _bound(value: float) -> str:
    return number(value, 0 if value == round(value) else 2)


def _example_beside(condition: Condition) -> str:
    """A line with a level in the middle of the possible range, or any that works."""
    low, high = bounds(condition.series)
    if condition.series.transform is Transform.VALUE or not (math.isfinite(low) and math.isfinite(high)):
        return example_of(condition.series.of)
    return replace(condition, operator=Operator.ABOVE, level=(low + high) / 2, upper=None).line


def _check_level(condition: Condition) -> None:
    """Refuse a level that no value can pass in the direction of the rule."""
    low, high = bounds(condition.series)
    level = condition.level
    never, always = {
        Operator.ABOVE: (level >= high, level < low),
        Operator.AT_LEAST: (level > high, level <= low),
        Operator.BELOW: (level <= low, level > high),
        Operator.AT_MOST: (level < low, level >= high),
        Operator.CROSSES_ABOVE: (level >= high or level < low, False),
        Operator.CROSSES_BELOW: (level <= low or level > high, False),
        Operator.CROSSES: (not low <= level <= high, False),
    }[condition.operator]
    if never or always:
        raise RuleError(
            f"“{condition.operator.value} {condition.threshold}” would {'never' if never else 'always'} be true: "
            f"{condition.series.words} is {_span(low, high)}.",
            _example_beside(condition),
        )


def _check_range(condition: Condition, upper: float) -> None:
    low, high = bounds(condition.series)
    if condition.level >= upper:
        raise RuleError(
            f"A range goes from the lower end to the higher one; {condition.threshold} does not.",
            replace(condition, level=upper, upper=condition.level).line
            if condition.level > upper and low <= upper and condition.level <= high
            else _example_beside(condition),
        )
    if condition.level < low or upper > high or (condition.level == low and upper == high):
        raise RuleError(
            f"{condition.threshold} has to lie within the possible: {condition.series.words} is {_span(low, high)}.",
            _example_beside(condition),
        )


def _check_joined(rule: Rule) -> None:
    if not 1 <= len(rule.conditions) <= MAX_CONDITIONS:
        raise RuleError(
            f"{len(rule.conditions)} conditions are too many; two to {MAX_CONDITIONS} may be joined by “and”.",
            "iwm/spy rising 21d and small above 200d > 50",
        )
    if not rule.joined:
        return
    if momentary := next((condition for condition in rule.conditions if condition.operator.momentary), None):
        raise RuleError(
            f"“{momentary.line}” happens on one session; “and” joins conditions that hold for a stretch.",
            "iwm/spy rising 21d and small above 200d > 50",
        )
    if rule.clear is not None:
        raise RuleError(
            "“clear” belongs to one level, and a rule joined by “and” has several; “keep 3 days” is understood.",
            replace(rule, clear=None, keep=3).line,
        )


def _check_lasting(rule: Rule) -> None:
    first = rule.first
    for word, sessions, least in (("for", rule.hold, 1), ("keep", rule.keep, 0), ("remind every", rule.remind, 0)):
        if not least <= sessions <= MAX_HOLD:
            raise RuleError(
                f"“{word} {sessions} days” is out of range; say 1 to {MAX_HOLD}.",
                f"{_level_example(first)} {word} 3 days" if not rule.joined else
                f"{' and '.join(condition.line for condition in rule.conditions)} {word} 3 days",
            )  # fmt: skip
    if rule.momentary:
        happening = "A crossing" if first.operator is not Operator.HAPPENS else "That"
        for word, sessions in (("for", rule.hold if rule.hold > 1 else 0), ("keep", rule.keep)):
            if sessions:
                raise RuleError(
                    f"{happening} happens on one session and cannot last: “{word} {sessions} days” means nothing.",
                    f"{_level_example(first)} {word} {sessions} days",
                )
        if rule.remind:
            raise RuleError(
                f"{happening} happens on one session: there is nothing to remind of.",
                f"{_level_example(first)} remind every {rule.remind} days",
            )
    if rule.remind and rule.repeat is Repeat.ONCE:
        raise RuleError(
            "“once” speaks once, and a reminder is a second time.", replace(rule, repeat=Repeat.EVERY_TIME).line
        )


def _check_clear(rule: Rule, clear: float) -> None:
    first = rule.first
    without = replace(rule, clear=None).line
    if first.operator.ranged or first.operator in (Operator.CROSSES, Operator.HAPPENS):
        why = {Operator.CROSSES: "a crossing either way", Operator.HAPPENS: "what happens on one session"}
        raise RuleError(
            f"“clear {typed_number(clear)}” means nothing with {why.get(first.operator, 'a range')}.", without
        )
    if first.series.transform is Transform.GAP:
        raise RuleError("“clear” takes a level, and an average moves; “keep 3 days” is understood.", without)
    if not math.isfinite(clear) or (clear and not SMALLEST <= abs(clear) <= LARGEST):
        raise RuleError(f"A clear level of {clear:g} is out of range.", without)
    low, high = bounds(first.series)
    up = first.operator.sign > 0
    if clear > first.level if up else clear < first.level:
        side, level = ("at or below" if up else "at or above"), typed_number(first.level)
        raise RuleError(
            f"“clear {typed_number(clear)}” is on the wrong side: a rule that fires {first.operator.value} {level} "
            f"clears {side} {level}.",
            without,
        )
    reached = clear > low if up else clear < high
    if not (reached or (first.operator.momentary and clear in (low, high))):
        raise RuleError(
            f"“clear {typed_number(clear)}” would never be reached: {first.series.words} is {_span(low, high)}.",
            without,
        )
