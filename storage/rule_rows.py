"""A rule as a row, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from alerts.rules.condition import Condition, Joined, Operator, watched_from
from alerts.rules.evaluate import Watch
from alerts.rules.rule import Repeat, Rule
from alerts.rules.step import Phase, State

COLUMNS = (
    "rules.id, chat, rules.number, rules.series, operator, rules.level, upper, hold, clear, keep, repeat, remind, "
    "until, disarmed_session, expired"
)
WIDTH = 15
CHAT = 1  # the position of chat in COLUMNS
OVER = 13  # the position of disarmed_session in COLUMNS
_AND = "and"  # the operator of a rule with several conditions; its key contains them


@lru_cache(maxsize=65536)
def rule_from(columns: tuple[Any, ...]) -> Rule:
    """The rule of stored columns, those of `columns_of`."""
    key, operator, level, upper, hold, clear, keep, repeat, remind, until = columns
    watched = watched_from(key)
    conditions = (
        watched.conditions
        if isinstance(watched, Joined)
        else (Condition(watched, Operator(operator), level, upper),)
    )  # fmt: skip
    last = None if until is None else date.fromisoformat(until)
    return Rule(conditions, hold, clear, keep, Repeat(repeat), remind, last)


def columns_of(rule: Rule) -> list[Any]:
    """The stored values of a rule, in the order of COLUMNS from `series` to `until`."""
    first = rule.first
    level, upper = (1.0, None) if rule.joined else (first.level, first.upper)
    return [
        rule.watched.key, _AND if rule.joined else first.operator.value, level, upper, rule.hold, rule.clear, rule.keep,
        rule.repeat.value, rule.remind, rule.until.isoformat() if rule.until else None,
    ]  # fmt: skip


def watch_of(row: Sequence[Any], state: State | None = None) -> Watch:
    """A row of COLUMNS as a Watch; `state` is given unless the rule is over."""
    identity, chat, number, *fields, over, expired = row
    if over is not None:
        phase = Phase.EXPIRED if expired else Phase.DISARMED
        state = State(phase, date.fromisoformat(over), announced=True)
    assert state is not None
    return Watch(identity, chat, number, rule_from(tuple(fields)), state)
