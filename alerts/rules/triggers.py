"""The levels that a value must pass to move a rule, for each phase."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from alerts.rules.condition import Operator
from alerts.rules.rule import Rule
from alerts.rules.state import OVER, Phase, State


class Wait(NamedTuple):
    """Met if sign · value > sign · level, or ≥ if not strict."""

    sign: int
    strict: bool
    level: float

    def met(self, value: float) -> bool:
        ours, theirs = self.sign * value, self.sign * self.level
        return ours > theirs if self.strict else ours >= theirs

    @property
    def opposite(self) -> Wait:
        return Wait(-self.sign, not self.strict, self.level)


ANY_VALUE = Wait(1, False, -math.inf)
_INCLUSIVE = frozenset({Operator.AT_LEAST, Operator.AT_MOST, Operator.HAPPENS})


def becomes_true(rule: Rule) -> Wait:
    """What an inactive or armed rule with one level waits for."""
    if rule.joined:
        return Wait(1, False, 1.0)
    first = rule.first
    return Wait(first.operator.sign or 1, first.operator not in _INCLUSIVE, first.level)


def becomes_false(rule: Rule) -> Wait:
    """What a pending rule with one level waits for."""
    return becomes_true(rule).opposite


def clears(rule: Rule) -> Wait:
    """What a firing level rule with one level waits for: its clear level, if set, must be passed."""
    return becomes_false(rule) if rule.clear is None else Wait(-becomes_true(rule).sign, True, rule.clear)


def past_clear(rule: Rule, value: float) -> bool:
    """Whether the condition is false and the value is past the clear level, if one is set."""
    if rule.clear is None:
        return not rule.holds(value)
    return not rule.holds(value) and clears(rule).met(value)


def goes_back(rule: Rule) -> Wait:
    """What a spent crossing above or below waits for; reaching its clear level is enough."""
    return Wait(-becomes_true(rule).sign, False, rule.first.level if rule.clear is None else rule.clear)


#: What moves a rule with one level out of a phase; out of any other, that its condition becomes true. A table, because
#: a session asks for two phases of each of thousands of rules.
_WAITS: Mapping[Phase, Callable[[Rule], tuple[Wait, ...]]] = {
    Phase.PENDING: lambda rule: (becomes_false(rule),),
    Phase.BEYOND: lambda rule: (becomes_false(rule),),
    Phase.FIRING: lambda rule: (clears(rule),),
    Phase.RECOVERING: lambda rule: (clears(rule).opposite,),
    Phase.SPENT: lambda rule: (goes_back(rule),),
    Phase.BELOW: lambda rule: (Wait(1, False, rule.first.level),),
    Phase.ABOVE: lambda rule: (Wait(-1, False, rule.first.level),),
    Phase.AT: lambda rule: (Wait(1, True, rule.first.level), Wait(-1, True, rule.first.level)),
}


def waits(rule: Rule, state: State) -> tuple[Wait, ...]:
    """What moves the rule out of its state; empty once it is over."""
    phase = state.phase
    if phase in OVER:
        return ()
    if phase is Phase.NEW:
        return (ANY_VALUE,)
    if rule.ranged:
        return _beside_a_range(rule, state.side)
    waits_of = _WAITS.get(phase)
    return (becomes_true(rule),) if waits_of is None else waits_of(rule)


def all_waits(rule: Rule) -> frozenset[Wait]:
    """Every wait that the rule can have in any state: the keys of its possible rows."""
    if rule.ranged:
        return frozenset(wait for side in (None, -1, 0, 1) for wait in _beside_a_range(rule, side))
    phases = (
        (Phase.NEW, Phase.ARMED) if rule.first.operator is Operator.HAPPENS
        else (Phase.NEW, Phase.BELOW, Phase.AT, Phase.ABOVE) if rule.first.operator is Operator.CROSSES
        else (Phase.NEW, Phase.ARMED, Phase.BEYOND, Phase.SPENT) if rule.momentary
        else (Phase.NEW, Phase.INACTIVE, Phase.PENDING, Phase.FIRING, Phase.RECOVERING)
    )  # fmt: skip
    return frozenset(wait for phase in phases for wait in waits(rule, State(phase)))


def _beside_a_range(rule: Rule, side: int | None) -> tuple[Wait, ...]:
    low, high = rule.first.level, rule.first.upper
    assert high is not None
    match side:
        case -1:
            return (Wait(1, False, low),)
        case 1:
            return (Wait(-1, False, high),)
        case 0:
            return Wait(-1, True, low), Wait(1, True, high)
    return (ANY_VALUE,)
