"""A rule that is already true when it is set, and whose owner wants to be told at once."""

from __future__ import annotations

from dataclasses import replace

from alerts.rules.rule import Repeat, Rule
from alerts.rules.state import TRUE, Phase, State


def announced(rule: Rule, state: State, number: int) -> State | None:
    """The state after the current episode is announced; None if there is no episode, or it is announced already.

    `number`: that of the latest observation, from which reminders count.
    """
    if state.phase not in TRUE or state.announced:
        return None
    if rule.repeat is Repeat.ONCE:
        return State(Phase.DISARMED, state.since, announced=True)
    due = number + rule.remind if rule.remind and state.phase is Phase.FIRING else state.due
    return replace(state, announced=True, told=number, due=due)
