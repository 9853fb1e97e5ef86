"""step(rule, state, observation) → state, transitions: what one session does to one rule.

A level rule goes inactive → pending → firing → recovering → inactive; with `hold` 1 it skips pending, with `keep` 0
recovering. A crossing is armed until it fires, then spent until the value has been back at its clear level. An event,
an extreme or a change of state is a series that is 1 on the session on which it happens. A `once` rule is disarmed
after it fires; a rule whose last session is over has expired.

In every phase a rule waits for the value to pass one or two levels (`triggers.waits`), or for an observation number
(`State.due`). A session that does neither leaves the state as it is, so only rules that a value moves need a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alerts.rules.condition import Operator
from alerts.rules.rule import Repeat, Rule
from alerts.rules.state import NO_DATA_AFTER, OVER, TRUE, Kind, Observation, Phase, State
from alerts.rules.triggers import becomes_false, becomes_true, goes_back, past_clear

__all__ = ["Kind", "Observation", "Phase", "State", "announced", "initial", "looks_back", "settled", "step"]

Step = tuple[State, tuple[Kind, ...]]


def initial(rule: Rule) -> State:
    """The state of a rule before its first observation."""
    if not rule.momentary:
        return State(Phase.INACTIVE)
    return State(Phase.ARMED if rule.first.operator is Operator.HAPPENS else Phase.NEW)


def step(rule: Rule, state: State, observation: Observation) -> Step:
    """The state after one session, and the transitions. A missing value does not change the state of a live rule."""
    if state.phase in OVER:
        return state, ()
    if rule.until is not None and observation.session > rule.until:
        told = (Kind.EXPIRED,) if state.phase in TRUE and state.announced else ()
        return State(Phase.EXPIRED, observation.session, announced=state.announced), told
    if observation.value is None:
        return state, (Kind.NO_DATA,) if observation.missing == NO_DATA_AFTER else ()
    after, kinds = _present(rule, state, observation, observation.value)
    return after, (Kind.DATA_BACK, *kinds) if observation.missing >= NO_DATA_AFTER else kinds


def _present(rule: Rule, state: State, observation: Observation, value: float) -> Step:
    if not rule.momentary:
        after, kinds = _level(rule, state, observation, value)
        if rule.ranged and after.phase is not Phase.DISARMED:
            after = replace(after, side=rule.first.side(value))
        return after, kinds
    match rule.first.operator:
        case Operator.HAPPENS:
            after, fired = state, rule.holds(value)
        case Operator.CROSSES:
            after, fired = _cross_either_way(rule, state, observation, value)
        case _:
            after, fired = _cross(rule, state, observation, value)
    if not fired:
        return after, ()
    if rule.repeat is Repeat.ONCE:
        return State(Phase.DISARMED, observation.session, announced=True), (Kind.FIRED,)
    return replace(after, since=observation.session, announced=True), (Kind.FIRED,)


def _level(rule: Rule, state: State, observation: Observation, value: float) -> Step:
    number, true = observation.number, rule.holds(value)
    match state.phase:
        case Phase.INACTIVE if true and rule.hold == 1:
            return _fire(rule, observation)
        case Phase.INACTIVE if true:
            return State(Phase.PENDING, observation.session, due=number + rule.hold - 1), ()
        case Phase.PENDING if true and state.due is not None and number >= state.due:
            return _fire(rule, observation)
        case Phase.PENDING if not true:
            return State(Phase.INACTIVE, observation.session), ()
        case Phase.FIRING | Phase.RECOVERING:
            if past_clear(rule, value):
                return _clear(rule, state, observation)
            if state.phase is Phase.RECOVERING:
                return replace(state, phase=Phase.FIRING, due=_reminder(rule, state.told)), ()
            if state.due is not None and number >= state.due:
                return replace(state, due=_reminder(rule, number), told=number), (Kind.REMINDER,)
    return state, ()


def _fire(rule: Rule, observation: Observation) -> Step:
    if rule.repeat is Repeat.ONCE:
        return State(Phase.DISARMED, observation.session, announced=True), (Kind.FIRED,)
    told = observation.number
    fired = State(Phase.FIRING, observation.session, due=_reminder(rule, told), announced=True, told=told)
    return fired, (Kind.FIRED,)


def _reminder(rule: Rule, told: int | None) -> int | None:
    return told + rule.remind if rule.remind and told is not None else None


def _clear(rule: Rule, state: State, observation: Observation) -> Step:
    number = observation.number
    if state.phase is Phase.FIRING and rule.keep:
        return replace(state, phase=Phase.RECOVERING, due=number + rule.keep), ()
    if state.phase is Phase.FIRING or (state.due is not None and number >= state.due):
        return State(Phase.INACTIVE, observation.session), (Kind.RESOLVED,) if state.announced else ()
    return state, ()


def _cross(rule: Rule, state: State, observation: Observation, value: float) -> tuple[State, bool]:
    beyond = becomes_true(rule).met(value)
    match state.phase:
        case Phase.ARMED if beyond:
            return State(Phase.SPENT), True
        case Phase.NEW if beyond:
            return State(Phase.BEYOND, observation.session), False
        case Phase.NEW | Phase.BEYOND if becomes_false(rule).met(value):
            return State(Phase.ARMED, observation.session), False
        case Phase.SPENT if goes_back(rule).met(value):
            return State(Phase.ARMED, observation.session), False
    return state, False


def _cross_either_way(rule: Rule, state: State, observation: Observation, value: float) -> tuple[State, bool]:
    level = rule.first.level
    phase = Phase.ABOVE if value > level else Phase.BELOW if value < level else Phase.AT
    if phase is state.phase:
        return state, False
    fired = phase is not Phase.AT and state.phase is not Phase.NEW
    return State(phase, observation.session), fired


def settled(rule: Rule, past: Sequence[Observation]) -> State:
    """The starting state of a new rule: its state after the `past` observations, with nothing announced.

    A level rule that is already true starts as firing and unannounced: it fires after it has cleared and becomes true
    again. `past`: the latest observations, ascending; at least `looks_back` that are not missing, or all.
    """
    state, silent = initial(rule), rule.endless
    for observation in past:
        state, _ = step(silent, state, observation)
    return replace(state, announced=False, told=None)


def announced(rule: Rule, state: State, number: int) -> State | None:
    """The state once an episode that goes on is announced; None where none goes on, or it is announced.

    `number`: of the latest observation, from which reminders count.
    """
    if state.phase not in TRUE or state.announced:
        return None
    if rule.repeat is Repeat.ONCE:
        return State(Phase.DISARMED, state.since, announced=True)
    due = _reminder(rule, number) if state.phase is Phase.FIRING else None
    return replace(state, announced=True, told=number, due=state.due if due is None else due)


def looks_back(rule: Rule) -> int | None:
    """How many of the latest values determine a rule's starting state; None if any earlier value may matter."""
    return max(rule.hold, 2) if rule.clear is None and not rule.keep else None
