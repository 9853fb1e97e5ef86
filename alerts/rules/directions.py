"""The ways in which a metric can be watched that a person chooses by a tap: which there are, and the rule of each."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from alerts.metrics.catalog import Metric, metric
from alerts.rules.check import RuleError, check
from alerts.rules.condition import Condition, Operator
from alerts.rules.rule import Rule
from alerts.rules.series import Series, Transform

YEAR, AVERAGE = 252, 200  # sessions of an extreme and of a percentile; of an average


class Direction(StrEnum):
    """A way in which a metric is watched, by the short name that stands in a button's data."""

    RISES = "up"
    FALLS = "down"
    IS_ABOVE = "above"
    IS_BELOW = "below"
    CROSSES = "cross"
    NEW_HIGH = "high"
    NEW_LOW = "low"
    ABOVE_AVERAGE = "avgup"
    BELOW_AVERAGE = "avgdown"
    HIGH_PERCENTILE = "pctup"
    LOW_PERCENTILE = "pctdown"
    CHANGES = "changes"
    HAPPENS = "happens"

    @property
    def has_level(self) -> bool:
        """Whether a level has to be chosen for it."""
        return self not in _WITHOUT_LEVEL


_WITHOUT_LEVEL = frozenset(
    {
        Direction.NEW_HIGH, Direction.NEW_LOW, Direction.ABOVE_AVERAGE, Direction.BELOW_AVERAGE, Direction.CHANGES,
        Direction.HAPPENS,
    }
)  # fmt: skip
_OPERATORS = {
    Direction.RISES: Operator.CROSSES_ABOVE,
    Direction.FALLS: Operator.CROSSES_BELOW,
    Direction.IS_ABOVE: Operator.ABOVE,
    Direction.IS_BELOW: Operator.BELOW,
    Direction.CROSSES: Operator.CROSSES,
    Direction.ABOVE_AVERAGE: Operator.CROSSES_ABOVE,
    Direction.BELOW_AVERAGE: Operator.CROSSES_BELOW,
    Direction.HIGH_PERCENTILE: Operator.CROSSES_ABOVE,
    Direction.LOW_PERCENTILE: Operator.CROSSES_BELOW,
}
_SERIES = {
    Direction.NEW_HIGH: (Transform.HIGH, YEAR),
    Direction.NEW_LOW: (Transform.LOW, YEAR),
    Direction.ABOVE_AVERAGE: (Transform.GAP, AVERAGE),
    Direction.BELOW_AVERAGE: (Transform.GAP, AVERAGE),
    Direction.HIGH_PERCENTILE: (Transform.PERCENTILE, YEAR),
    Direction.LOW_PERCENTILE: (Transform.PERCENTILE, YEAR),
    Direction.CHANGES: (Transform.CHANGED, 0),
}
_NUMERIC = tuple(one for one in Direction if one not in (Direction.CHANGES, Direction.HAPPENS))


def directions(of: Metric) -> tuple[Direction, ...]:
    """The ways in which the metric can be watched: a state changes or reaches one, an event happens."""
    if of.unit == "event":
        return (Direction.HAPPENS,)
    if of.unit == "state":
        return (Direction.CHANGES, Direction.RISES, Direction.FALLS)
    return _NUMERIC


def condition_of(identity: str, direction: Direction, level: float = 0.0) -> Condition:
    """The condition on the metric of that id; `level` counts where the direction has one."""
    transform, n = _SERIES.get(direction, (Transform.VALUE, 0))
    operator = _OPERATORS.get(direction, Operator.HAPPENS)
    if metric(identity).unit == "state" and direction in (Direction.RISES, Direction.FALLS):
        operator = Operator.AT_LEAST if direction is Direction.RISES else Operator.AT_MOST
    if not direction.has_level:
        level = 1.0 if operator is Operator.HAPPENS else 0.0
    return Condition(Series(identity, transform, n), operator, level)


def leveled(rule: Rule) -> bool:
    """Whether the rule has one level, which can be moved."""
    first = rule.first
    return not (rule.joined or rule.ranged or first.series.happens or first.series.transform is Transform.GAP)


def at_level(rule: Rule, level: float) -> Rule | None:
    """The rule at another level; its clear level keeps its distance. None if that rule could never fire."""
    clear = None if rule.clear is None else round(rule.clear + level - rule.first.level, 10)
    return possible(replace(rule, conditions=(replace(rule.first, level=level),), clear=clear))


def cleared_at(rule: Rule, clear: float | None) -> Rule | None:
    """The rule with another clear level, or without one. None if that rule could never resolve."""
    return possible(replace(rule, clear=clear))


def possible(rule: Rule) -> Rule | None:
    """The rule; None if it could never fire."""
    try:
        return check(rule)
    except RuleError:
        return None
