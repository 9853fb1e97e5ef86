"""Scenarios in shorthand, and two ways to walk a rule along a path: every session, or those that touch it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from alerts.rules.condition import Operator
from alerts.rules.evaluate import OF_SERIES
from alerts.rules.rule import Rule
from alerts.rules.series import Series, derive
from alerts.rules.step import Observation, Phase, State, step
from alerts.rules.triggers import waits

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
START = date(2025, 1, 1)
Told = list[tuple[int, str]]


@dataclass(frozen=True)
class Scenario:
    name: str
    rule: str
    past: str | None
    path: str
    told: str
    ends: str
    made_of: bool = False  # the path is of the metric, and the rule's series is made of it
    second: str | None = None  # the path of the second condition's metric

    def watched(self, rule: Rule) -> list[float | None]:
        """What the rule watches, session by session."""
        values = values_of(self.path)
        if isinstance(rule.watched, Series):
            return derive(rule.watched, values) if self.made_of else values
        paths = [values, values_of(self.second or "")]
        parts = [derive(one.series, path) for one, path in zip(rule.conditions, paths, strict=True)]
        return [rule.watched.value(each) for each in zip(*parts, strict=True)]

    @property
    def expected(self) -> Told:
        parts = [part.split(maxsplit=1) for part in self.told.split(",") if part.strip()]
        return [(int(position), kind) for position, kind in parts]


def scenarios() -> list[Scenario]:
    found = []
    for file in sorted(SCENARIOS.glob("*.toml")):
        for entry in tomllib.loads(file.read_text(encoding="utf-8"))["scenario"]:
            found.append(Scenario(past=entry.pop("past", None), **entry))
    return found


def values_of(path: str) -> list[float | None]:
    """ "52 _ 61x3" → 52, None, 61, 61, 61."""
    out: list[float | None] = []
    for word in path.split():
        value, _, times = word.partition("x")
        out += [None if value == "_" else float(value)] * int(times or 1)
    return out


def observations(values: Sequence[float | None], after: Sequence[Observation] = ()) -> list[Observation]:
    """One a session, numbered by those that are not missing."""
    number = after[-1].number if after else 0
    missing = after[-1].missing if after and after[-1].value is None else 0
    out = []
    for at, value in enumerate(values, start=len(after)):
        number += value is not None
        missing += value is None
        out.append(Observation(START + timedelta(days=at), number, value, missing))
        missing = 0 if value is not None else missing
    return out


def quiet(rule: Rule) -> State:
    """The state of a rule that has seen sessions, none of which was true; of a crossing, before any session."""
    if not rule.momentary:
        return State(Phase.INACTIVE)
    return State(Phase.ARMED if rule.first.operator is Operator.HAPPENS else Phase.NEW)


def touches(rule: Rule, state: State, observation: Observation) -> bool:
    """Whether the observation can move the rule: it meets a wait, the rule is due, or its time is over."""
    if rule.until is not None and observation.session > rule.until:
        return True
    if observation.value is None:
        return False
    due = state.due is not None and observation.number >= state.due
    return due or any(wait.met(observation.value) for wait in waits(rule, state))


def walk(
    rule: Rule, state: State, path: Sequence[Observation], *, only_touched: bool = False
) -> tuple[list[State], Told]:
    """The state after each session, and what was told at which position."""
    states, told = [], []
    for position, observation in enumerate(path, start=1):
        if not only_touched or touches(rule, state, observation):
            state, kinds = step(rule, state, observation)
            told += [(position, kind.value) for kind in kinds if not only_touched or kind not in OF_SERIES]
        states.append(state)
    return states, told
