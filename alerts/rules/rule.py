"""Rule: what a chat wants to hear of, for how long it has to hold, and how often to speak of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from alerts.rules.condition import Condition, Joined, Operator, Watched, typed_number
from alerts.rules.series import Series


class Repeat(StrEnum):
    """How often a rule speaks."""

    EVERY_TIME = "every time"
    ONCE = "once"


@dataclass(frozen=True)
class Rule:
    """One line of one chat.

    conditions: one, or two to four that have to be true at once. hold: how many observations in a row have to be true
    before it fires. clear: the level a value has to be past before the rule counts as over. keep: how many clear
    observations it survives. remind: observations between two reminders while it fires, 0 for none. until: the last
    session it is for.
    """

    conditions: tuple[Condition, ...]
    hold: int = 1
    clear: float | None = None
    keep: int = 0
    repeat: Repeat = Repeat.EVERY_TIME
    remind: int = 0
    until: date | None = None

    @classmethod
    def on(cls, series: Series, operator: Operator, level: float = 0.0, **options: Any) -> Rule:
        """A rule of one condition."""
        return cls((Condition(series, operator, level, options.pop("upper", None)),), **options)

    @property
    def first(self) -> Condition:
        return self.conditions[0]

    @cached_property
    def joined(self) -> bool:
        return len(self.conditions) > 1

    @cached_property
    def ranged(self) -> bool:
        return not self.joined and self.first.upper is not None

    @cached_property
    def momentary(self) -> bool:
        return not self.joined and self.first.operator.momentary

    @cached_property
    def watched(self) -> Watched:
        """What its observations are of."""
        return Joined(self.conditions) if self.joined else self.first.series

    def holds(self, value: float) -> bool:
        """Whether it is true of an observation of what it watches."""
        return value >= 1.0 if self.joined else self.first.holds(value)

    @cached_property
    def line(self) -> str:
        """The rule as a person would type it; reading it back gives the same rule."""
        return " ".join((" and ".join(condition.line for condition in self.conditions), *self._options()))

    def _options(self) -> list[str]:
        words = [f"for {self.hold} days"] if self.hold > 1 else []
        if self.clear is not None:
            words.append(f"clear {typed_number(self.clear)}")
        if self.keep:
            words.append(f"keep {self.keep} days" if self.keep > 1 else "keep 1 day")
        if self.repeat is Repeat.ONCE:
            words.append("once")
        if self.remind:
            words.append(f"remind every {self.remind} days" if self.remind > 1 else "remind every 1 day")
        if self.until is not None:
            words.append(f"until {self.until.isoformat()}")
        return words
