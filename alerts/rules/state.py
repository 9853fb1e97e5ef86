"""step(rule, state, observation) → state, transitions: what one session does to one rule.

Level rules go inactive → pending → firing → inactive; with `hold` 1 they skip pending. Crossings above (below) are
armed once the value has been at or below (above) the level, and spent until then. A crossing either way remembers the
side. A rule that speaks once is disarmed after it has.

State is position: in every phase a rule waits for the value to get past one level (`waits`), or, while pending, for an
observation number. A session that does neither leaves it as it is, so that only the rules that a move touches need a
step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from alerts.rules.rule import Operator, Repeat, Rule


class Phase(StrEnum):
    """Where a rule stands."""

    NEW = "new"  # a crossing that has not seen a value yet
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    ARMED = "armed"
    SPENT = "spent"
    BELOW = "below"  # a crossing either way: the side of the last value
    AT = "at"
    ABOVE = "above"
    DISARMED = "disarmed"


class Kind(StrEnum):
    """What happened to a rule."""

    FIRED = "fired"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Observation:
    """One session's value of a series; `number` counts the observations that were not missing, this one included."""

    session: date
    number: int
    value: float | None


@dataclass(frozen=True)
class State:
    """What is remembered of a rule between sessions.

    since: the session of the phase's beginning. due: the observation number at which a pending rule fires.
    announced: whether the episode was made known; what never was is never resolved.
    """

    phase: Phase
    since: date | None = None
    due: int | None = None
    announced: bool = False


@dataclass(frozen=True)
class Wait:
    """What moves a rule: sign · value > sign · level, or ≥ where not strict."""

    sign: int
    strict: bool
    level: float

    def met(self, value: float) -> bool:
        ours, theirs = self.sign * value, self.sign * self.level
        return ours > theirs if self.strict else ours >= theirs


ANY_VALUE = Wait(1, False, -math.inf)


def initial(rule: Rule) -> State:
    """The state of a rule that has seen nothing."""
    return State(Phase.NEW if rule.operator.momentary else Phase.INACTIVE)


def becomes_true(rule: Rule) -> Wait:
    """What an inactive or armed rule waits for."""
    sign = 1 if rule.operator in (Operator.ABOVE, Operator.AT_LEAST, Operator.CROSSES_ABOVE, Operator.CROSSES) else -1
    return Wait(sign, rule.operator not in (Operator.AT_LEAST, Operator.AT_MOST), rule.level)


def becomes_false(rule: Rule) -> Wait:
    """What a pending, firing or spent rule waits for: the opposite of becoming true."""
    true = becomes_true(rule)
    return Wait(-true.sign, not true.strict, rule.level)


def waits(rule: Rule, phase: Phase) -> tuple[Wait, ...]:
    """What moves the rule out of `phase`; nothing does once it is disarmed."""
    match phase:
        case Phase.NEW:
            return (ANY_VALUE,)
        case Phase.INACTIVE | Phase.ARMED:
            return (becomes_true(rule),)
        case Phase.PENDING | Phase.FIRING | Phase.SPENT:
            return (becomes_false(rule),)
        case Phase.BELOW:
            return (Wait(1, False, rule.level),)
        case Phase.ABOVE:
            return (Wait(-1, False, rule.level),)
        case Phase.AT:
            return (Wait(1, True, rule.level), Wait(-1, True, rule.level))
        case Phase.DISARMED:
            return ()


def all_waits(rule: Rule) -> frozenset[Wait]:
    """Every wait the rule can have, in whatever phase: where to look for its row."""
    return frozenset(wait for phase in Phase for wait in waits(rule, phase))


def step(rule: Rule, state: State, observation: Observation) -> tuple[State, tuple[Kind, ...]]:
    """The state after one session, and what is to be told. A missing value changes nothing."""
    value = observation.value
    if value is None or state.phase is Phase.DISARMED:
        return state, ()
    if rule.operator is Operator.CROSSES:
        after, fired = _cross_either_way(rule, state, observation, value)
    elif rule.operator.momentary:
        after, fired = _cross(rule, state, observation, value)
    else:
        return _level(rule, state, observation, value)
    return (_fire(rule, after, observation) if fired else after), ((Kind.FIRED,) if fired else ())


def _fire(rule: Rule, state: State, observation: Observation) -> State:
    if rule.repeat is Repeat.ONCE:
        return State(Phase.DISARMED, observation.session, announced=True)
    return replace(state, since=observation.session, due=None, announced=True)


def _level(rule: Rule, state: State, observation: Observation, value: float) -> tuple[State, tuple[Kind, ...]]:
    true = rule.holds(value)
    match state.phase:
        case Phase.INACTIVE if true and rule.hold == 1:
            return _fire(rule, State(Phase.FIRING), observation), (Kind.FIRED,)
        case Phase.INACTIVE if true:
            return State(Phase.PENDING, observation.session, due=observation.number + rule.hold - 1), ()
        case Phase.PENDING if true and state.due is not None and observation.number >= state.due:
            return _fire(rule, State(Phase.FIRING), observation), (Kind.FIRED,)
        case Phase.PENDING if not true:
            return State(Phase.INACTIVE, observation.session), ()
        case Phase.FIRING if not true:
            told = (Kind.RESOLVED,) if state.announced else ()
            return State(Phase.INACTIVE, observation.session), told
    return state, ()


def _cross(rule: Rule, state: State, observation: Observation, value: float) -> tuple[State, bool]:
    beyond = becomes_true(rule).met(value)
    if beyond and state.phase is Phase.ARMED:
        return State(Phase.SPENT), True
    phase = Phase.SPENT if beyond else Phase.ARMED
    return (state if phase is state.phase else State(phase, observation.session)), False


def _cross_either_way(rule: Rule, state: State, observation: Observation, value: float) -> tuple[State, bool]:
    phase = Phase.ABOVE if value > rule.level else Phase.BELOW if value < rule.level else Phase.AT
    if phase is state.phase:
        return state, False
    fired = phase is not Phase.AT and state.phase is not Phase.NEW
    return State(phase, observation.session), fired


def settled(rule: Rule, past: Sequence[Observation]) -> State:
    """The state of a rule made now, as if it had watched `past` in silence: it starts where the market is.

    A level rule that is already true starts as firing and unannounced: it speaks once it has cleared and come true
    again. `past`: the latest observations, ascending, as many as `hold` that are not missing.
    """
    state, silent = initial(rule), replace(rule, repeat=Repeat.EVERY_TIME)
    for observation in past:
        state, _ = step(silent, state, observation)
    return replace(state, announced=False)
