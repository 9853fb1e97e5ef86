"""Evaluates one session; the cost depends on how many rules a value moves, not on how many exist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alerts.rules.rule import Rule
from alerts.rules.state import Kind, Observation, State
from alerts.rules.step import step

#: What happens to a series, and so to all rules on it at once: one event a chat, not one a rule.
OF_SERIES = frozenset({Kind.NO_DATA, Kind.DATA_BACK})


@dataclass(frozen=True)
class Watch:
    """A stored rule with its state."""

    id: int
    chat: int
    number: int  # the number of the rule in its chat
    rule: Rule
    state: State


@dataclass(frozen=True)
class Change:
    """The effect of one session on a watch."""

    watch: Watch
    after: State
    kinds: tuple[Kind, ...]  # of its events


def evaluate(touched: Iterable[Watch], observation: Observation) -> list[Change]:
    """Step `watches` with one observation; watches that do not change are left out of the result.

    Pass the watches whose wait the value meets, and those that are due or expire; no other watch can change.
    """
    out = []
    for watch in touched:
        after, kinds = step(watch.rule, watch.state, observation)
        if not OF_SERIES.isdisjoint(kinds):
            kinds = tuple(kind for kind in kinds if kind not in OF_SERIES)
        if kinds or after != watch.state:
            out.append(Change(watch, after, kinds))
    return out
