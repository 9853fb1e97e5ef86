"""All rules on one session, at a cost that follows the rules a move touches and not those that exist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alerts.rules.rule import Rule
from alerts.rules.state import Kind, Observation, State
from alerts.rules.step import step

#: What happens to a series, and so to all rules on it at once: told once a chat, not once a rule.
OF_SERIES = frozenset({Kind.NO_DATA, Kind.DATA_BACK})


@dataclass(frozen=True)
class Watch:
    """A stored rule with where it stands."""

    id: int
    chat: int
    number: int  # what the chat calls the rule
    rule: Rule
    state: State


@dataclass(frozen=True)
class Change:
    """What one session did to a watch."""

    watch: Watch
    after: State
    told: tuple[Kind, ...]


def evaluate(touched: Iterable[Watch], observation: Observation) -> list[Change]:
    """Step every watch that `observation` touches; those it leaves as they were are left out.

    Give the watches whose wait the value meets, and those that are due or whose time is over; others cannot change.
    """
    out = []
    for watch in touched:
        after, kinds = step(watch.rule, watch.state, observation)
        told = tuple(kind for kind in kinds if kind not in OF_SERIES)
        if after != watch.state or told:
            out.append(Change(watch, after, told))
    return out
