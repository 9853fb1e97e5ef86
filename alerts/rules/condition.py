"""One condition on one series: whether it is true for a value, or happens with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, lru_cache

from alerts.rules.series import Series, Transform, extreme_name, typed_name


class Operator(StrEnum):
    """How a value compares with a level. The first six last for several sessions, the others happen on one."""

    ABOVE = ">"
    BELOW = "<"
    AT_LEAST = "≥"
    AT_MOST = "≤"
    INSIDE = "inside"
    OUTSIDE = "outside"
    CROSSES_ABOVE = "crosses above"
    CROSSES_BELOW = "crosses below"
    CROSSES = "crosses"
    HAPPENS = "happens"  # an event, an extreme, a change of state: the series is 1

    @property
    def words(self) -> str:
        """As it is said after "is": "above", "at least", "inside"; a crossing as it is typed."""
        return _WORDS.get(self, self.value)

    @property
    def momentary(self) -> bool:
        return self in (Operator.CROSSES_ABOVE, Operator.CROSSES_BELOW, Operator.CROSSES, Operator.HAPPENS)

    @property
    def ranged(self) -> bool:
        return self in (Operator.INSIDE, Operator.OUTSIDE)

    @cached_property
    def sign(self) -> int:
        """+1 if a value must be high, −1 if it must be low, 0 if it depends."""
        if self in (Operator.ABOVE, Operator.AT_LEAST, Operator.CROSSES_ABOVE, Operator.HAPPENS):
            return 1
        return -1 if self in (Operator.BELOW, Operator.AT_MOST, Operator.CROSSES_BELOW) else 0


_WORDS = {
    Operator.ABOVE: "above",
    Operator.BELOW: "below",
    Operator.AT_LEAST: "at least",
    Operator.AT_MOST: "at most",
}


@dataclass(frozen=True)
class Condition:
    """`level` is in the series' unit; `upper` is the upper end of a range; `inside` includes both ends."""

    series: Series
    operator: Operator
    level: float = 0.0
    upper: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a level condition is true for `value`; for a momentary one, whether `value` is beyond the level."""
        match self.operator:
            case Operator.ABOVE | Operator.CROSSES_ABOVE | Operator.CROSSES:
                return value > self.level
            case Operator.BELOW | Operator.CROSSES_BELOW:
                return value < self.level
            case Operator.AT_LEAST | Operator.HAPPENS:
                return value >= self.level
            case Operator.AT_MOST:
                return value <= self.level
            case Operator.INSIDE | Operator.OUTSIDE:
                return (self.side(value) == 0) is (self.operator is Operator.INSIDE)

    def side(self, value: float) -> int:
        """The position of a value relative to a range: −1 below, 0 inside, +1 above."""
        assert self.upper is not None
        return -1 if value < self.level else 1 if value > self.upper else 0

    @property
    def key(self) -> str:
        """The stored form of the condition in a joined rule."""
        return f"{self.series.key} {self.operator.value} {self.threshold}"

    @property
    def threshold(self) -> str:
        """The level as typed: "60", "-25", "-2..2", "its 50d average"; empty if there is none."""
        if self.operator is Operator.HAPPENS:
            return ""
        if self.series.transform is Transform.GAP:
            return f"its {self.series.n}d average"
        low = typed_number(self.level)
        return low if self.upper is None else f"{low}..{typed_number(self.upper)}"

    @property
    def line(self) -> str:
        """The condition as a person would type it."""
        series, name = self.series, typed_name(self.series.of)
        if self.operator is Operator.HAPPENS:
            match series.transform:
                case Transform.HIGH | Transform.LOW:
                    return f"{extreme_name(series.of)} at a new {series.transform.value} {series.n}d"
                case Transform.CHANGED:
                    return f"{name} changes"
            return name
        if series.transform is Transform.CHANGE and self.level == 0 and self.operator in _TRENDS:
            return f"{name} {_TRENDS[self.operator]} {series.n}d"
        comparison = self.operator.value
        if series.transform is Transform.GAP:
            comparison = self.operator.words
        elif series.transform in _OF:
            name = f"{_OF[series.transform]} {f'{series.n}d' if series.n else 'all'} of {name}"
        return f"{name} {comparison} {self.threshold}"


_TRENDS = {Operator.ABOVE: "rising", Operator.BELOW: "falling"}
_OF = {
    Transform.PERCENTILE: "percentile",
    Transform.ZSCORE: "z-score",
    Transform.CHANGE: "change",
    Transform.AVERAGE: "average",
}


def typed_number(value: float) -> str:
    """The number with every digit, never as "1e-05" or "-0"."""
    return f"{Decimal(repr(value + 0.0)):f}".removesuffix(".0")


@dataclass(frozen=True)
class Joined:
    """Two to four level conditions: 1 if all are true, 0 if any is false, otherwise missing."""

    conditions: tuple[Condition, ...]

    @property
    def key(self) -> str:
        return " and ".join(condition.key for condition in self.conditions)

    def value(self, values: Sequence[float | None]) -> float | None:
        """Its value for `values`, one for each condition's series in order."""
        unknown = False
        for condition, value in zip(self.conditions, values, strict=True):
            if value is None:
                unknown = True
            elif not condition.holds(value):
                return 0.0
        return None if unknown else 1.0


Watched = Series | Joined

_CONDITION = re.compile(
    r"(?P<series>\S+(?: (?:- avg|pct|z|change|avg)\(\w+\))?) (?P<operator>>|<|≥|≤|inside|outside) (?P<threshold>.+)"
)


@lru_cache(maxsize=65536)
def watched_from(key: str) -> Watched:
    """The series or joined conditions with a stored key. Raises ValueError."""
    parts = key.split(" and ")
    return Series.from_key(key) if len(parts) == 1 else Joined(tuple(_condition_from(part) for part in parts))


def _condition_from(key: str) -> Condition:
    found = _CONDITION.fullmatch(key)
    if found is None:
        raise ValueError(f"{key}: no condition has that key")
    series, operator = Series.from_key(found["series"]), Operator(found["operator"])
    if series.transform is Transform.GAP:
        return Condition(series, operator)
    low, _, high = found["threshold"].partition("..")
    return Condition(series, operator, float(low), float(high) if high else None)


def series_of(watched: Watched) -> tuple[Series, ...]:
    """The series that it depends on, each once."""
    if isinstance(watched, Series):
        return (watched,)
    return tuple(dict.fromkeys(condition.series for condition in watched.conditions))
