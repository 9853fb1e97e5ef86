"""step(rule, state, observation) → state, transitions: what one session does to one rule.

A level rule goes inactive → pending → firing → recovering → inactive; with `hold` 1 it skips pending, with `keep` 0
recovering. A crossing is armed until it fires, then spent until the value has been back at its clear level. An event,
an extreme or a change of state is a series that is 1 on the session on which it happens. A `once` rule is disarmed
after it fires; a rule whose last session is over has expired.

Every rule is new until the first observation of its history, which fires nothing: what is true there may have begun
long before. A level rule that is true there counts as firing, unannounced, since that session at least.

In every phase a rule waits for the value to pass one or two levels (`triggers.waits`), or for an observation number
(`State.due`). A session that does neither leaves the state as it is, so only rules that a value moves need a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from alerts.rules.condition import Operator
from alerts.rules.rule import Repeat, Rule
from alerts.rules.state import NO_DATA_AFTER, OVER, TRUE, Kind, Observation, Phase, State
from alerts.rules.triggers import becomes_false, becomes_true, goes_back, past_clear, waits

__all__ = ["Kind", "Observation", "Phase", "State", "announced", "initial", "settled", "step"]

Step = tuple[State, tuple[Kind, ...]]


def initial(rule: Rule) -> State:
    """The state of a rule before its first observation."""
    return State(Phase.NEW)


def step(rule: Rule, state: State, observation: Observation) -> Step:
    """The state after one session, and the transitions. A missing value does not change the state of a live rule."""
    if state.phase in OVER:
        return state, ()
    if rule.until is not None and observation.session > rule.until:
        told = (Kind.EXPIRED,) if state.phase in TRUE and state.announced else ()
        return State(Phase.EXPIRED, observation.session, announced=state.announced), told
    if observation.value is None:
        return state, (Kind.NO_DATA,) if observation.missing == NO_DATA_AFTER else ()
    kinds: tuple[Kind, ...] = ()
    if state.phase is Phase.NEW:
        after = _first(rule, state, observation, observation.value)
    else:
        after, kinds = _present(rule, state, observation, observation.value)
    return after, (Kind.DATA_BACK, *kinds) if observation.missing >= NO_DATA_AFTER else kinds


def _first(rule: Rule, state: State, observation: Observation, value: float) -> State:
    """The state after the first observation of a history; `since` is the earliest session it is known to hold."""
    if not rule.momentary:
        phase = Phase.FIRING if rule.holds(value) else Phase.INACTIVE
        side = rule.first.side(value) if rule.ranged else None
        return State(phase, observation.session, side=side, at_least=True)
    match rule.first.operator:
        case Operator.HAPPENS:
            after = State(Phase.ARMED, observation.session)
        case Operator.CROSSES:
            after, _ = _cross_either_way(rule, state, observation, value)
        case _:
            after, _ = _cross(rule, state, observation, value)
    return replace(after, since=observation.session, at_least=True)


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
    return replace(after, since=observation.session, announced=True, at_least=False), (Kind.FIRED,)


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
    """The starting state of a new rule: its state after the whole `past`, ascending, with nothing announced.

    A level rule that is already true starts as firing and unannounced: it fires after it has cleared and becomes true
    again. Observations that move nothing are skipped, so a long history costs little.
    """
    state, silent, at = initial(rule), rule.endless, 0
    while at < len(past):
        state, _ = step(silent, state, past[at])
        moves = _mover(silent, state)
        at = next((later for later in range(at + 1, len(past)) if moves(past[later])), len(past))
    return replace(state, announced=False, told=None)


def _mover(rule: Rule, state: State) -> Callable[[Observation], bool]:
    """Whether an observation can move the rule out of `state`."""
    limits = [(wait.sign, wait.strict, wait.sign * wait.level) for wait in waits(rule, state)]
    due = state.due

    def moves(observation: Observation) -> bool:
        value = observation.value
        if value is None:
            return False
        if due is not None and observation.number >= due:
            return True
        for sign, strict, level in limits:  # a loop, for it runs once a session of the history
            compared = sign * value
            if compared > level or (compared == level and not strict):
                return True
        return False

    return moves


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
