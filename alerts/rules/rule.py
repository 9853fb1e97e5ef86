"""Rule and its validation: one condition on one series, and how often to speak of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from alerts.metrics.catalog import Metric, metric, number

MAX_HOLD = 250
MAX_AVERAGE = 250
LARGEST, SMALLEST = 1e12, 1e-9  # sizes of a level; beyond them no figure is kept


class RuleError(ValueError):
    """A rule that can never mean anything: why, and a line that would be accepted."""

    def __init__(self, problem: str, example: str) -> None:
        super().__init__(problem, example)
        self.problem = problem
        self.example = example

    def __str__(self) -> str:
        return f"{self.problem} An example that works: {self.example}"


class Operator(StrEnum):
    """How a value stands against a level. The first four hold for a stretch of sessions, crossings happen on one."""

    ABOVE = ">"
    BELOW = "<"
    AT_LEAST = "≥"
    AT_MOST = "≤"
    CROSSES_ABOVE = "crosses above"
    CROSSES_BELOW = "crosses below"
    CROSSES = "crosses"

    @property
    def momentary(self) -> bool:
        return self in (Operator.CROSSES_ABOVE, Operator.CROSSES_BELOW, Operator.CROSSES)


class Repeat(StrEnum):
    """How often a rule speaks."""

    EVERY_TIME = "every time"
    ONCE = "once"


@dataclass(frozen=True, order=True)
class Series:
    """What a rule watches: a metric, or a metric less its own n-session average."""

    metric: str
    average: int | None = None

    @property
    def key(self) -> str:
        return self.metric if self.average is None else f"{self.metric} - avg({self.average})"

    @classmethod
    def from_key(cls, key: str) -> Series:
        name, _, rest = key.partition(" - avg(")
        return cls(name, int(rest.rstrip(")")) if rest else None)

    @property
    def of(self) -> Metric:
        return metric(self.metric)


@dataclass(frozen=True)
class Rule:
    """One threshold of one chat.

    `hold`: how many observations in a row have to be true before it fires; 1 for momentary rules. `level` is in the
    metric's unit; 0 where the series is a difference to its average.
    """

    series: Series
    operator: Operator
    level: float
    hold: int = 1
    repeat: Repeat = Repeat.EVERY_TIME

    def holds(self, value: float) -> bool:
        """Whether a level condition is true of `value`; of a crossing, whether `value` lies beyond the level."""
        match self.operator:
            case Operator.ABOVE | Operator.CROSSES_ABOVE | Operator.CROSSES:
                return value > self.level
            case Operator.BELOW | Operator.CROSSES_BELOW:
                return value < self.level
            case Operator.AT_LEAST:
                return value >= self.level
            case Operator.AT_MOST:
                return value <= self.level

    @property
    def line(self) -> str:
        """The rule as a person would type it; reading it back gives the same rule."""
        words = [self.series.of.aliases[0], self.operator.value, self.threshold]
        if self.series.average is not None and not self.operator.momentary:
            words[1] = {Operator.ABOVE: "above", Operator.BELOW: "below"}[self.operator]
        if self.hold > 1:
            words.append(f"for {self.hold} days")
        if self.repeat is Repeat.ONCE:
            words.append("once")
        return " ".join(words)

    @property
    def threshold(self) -> str:
        """The level as typed: "60", "-25", "its 50d average"."""
        if self.series.average is not None:
            return f"its {self.series.average}d average"
        return f"{Decimal(repr(self.level + 0.0)):f}".removesuffix(".0")  # every digit, and never "1e-05" or "-0"


def check(rule: Rule) -> Rule:
    """The rule itself, if it can ever fire. Raises RuleError."""
    of = rule.series.of
    name = of.aliases[0]
    if not math.isfinite(rule.level):
        raise RuleError("The threshold has to be a number.", example_of(of))
    if rule.level and not SMALLEST <= abs(rule.level) <= LARGEST:
        size = "beyond any figure kept here" if abs(rule.level) > 1 else "as good as 0"
        raise RuleError(f"A threshold of {rule.level:g} is {size}.", example_of(of))
    if rule.series.average is None:
        _check_level(rule, of)
    elif not 2 <= rule.series.average <= MAX_AVERAGE:
        raise RuleError(
            f"An average of {rule.series.average} sessions is not kept; say 2 to {MAX_AVERAGE}.",
            f"{name} crosses above its 50d average",
        )
    elif rule.level or rule.operator in (Operator.AT_LEAST, Operator.AT_MOST):
        raise RuleError(
            "Against its own average a value is above, below, or crosses it.",
            f"{name} above {rule.threshold}",
        )
    if not 1 <= rule.hold <= MAX_HOLD:
        raise RuleError(
            f"“for {rule.hold} days” is out of range; say 1 to {MAX_HOLD}.",
            f"{example_of(of).replace(' crosses', '')} for 3 days",
        )
    if rule.operator.momentary and rule.hold > 1:
        below = rule.operator is Operator.CROSSES_BELOW or (rule.series.average is None and rule.level == of.high)
        raise RuleError(
            f"A crossing happens on one session and cannot last {rule.hold} days.",
            f"{name} {'below' if below else 'above'} {rule.threshold} for {rule.hold} days",
        )
    return rule


def example_of(of: Metric) -> str:
    """A line about that metric that works."""
    level = {"%": "60", "index": "100", "×": "1", "count": "3"}.get(of.unit, "0")
    if of.high is not None and of.high <= 0:
        level = "-5"
    elif of.low is not None and of.low < 0:
        level = "-25" if of.direction < 0 else "0"
    elif of.id.startswith("valuation.forward_pe"):
        level = "20"
    return f"{of.aliases[0]} crosses above {level}"


def _check_level(rule: Rule, of: Metric) -> None:
    """A level that no value can get past, on the side the rule asks for, is a mistake."""
    low = -math.inf if of.low is None else of.low
    high = math.inf if of.high is None else of.high
    never = {
        Operator.ABOVE: rule.level >= high,
        Operator.AT_LEAST: rule.level > high,
        Operator.BELOW: rule.level <= low,
        Operator.AT_MOST: rule.level < low,
        Operator.CROSSES_ABOVE: rule.level >= high or rule.level < low,
        Operator.CROSSES_BELOW: rule.level <= low or rule.level > high,
        Operator.CROSSES: not low <= rule.level <= high,
    }[rule.operator]
    always = {
        Operator.ABOVE: rule.level < low,
        Operator.AT_LEAST: rule.level <= low,
        Operator.BELOW: rule.level > high,
        Operator.AT_MOST: rule.level >= high,
    }.get(rule.operator, False)
    if never or always:
        span = (
            f"from {number(low, 0)} to {number(high, 0)}" if math.isfinite(low) and math.isfinite(high)
            else f"at least {number(low, 0)}" if math.isfinite(low) else f"at most {number(high, 0)}"
        )  # fmt: skip
        raise RuleError(
            f"“{rule.operator.value} {rule.threshold}” would {'never' if never else 'always'} be true: "
            f"{of.title} is {span}.",
            example_of(of),
        )
