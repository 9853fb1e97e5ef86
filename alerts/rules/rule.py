"""Rule: which condition a chat watches, how long it must hold, and how often the chat is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from alerts.rules.condition import Condition, Joined, Operator, Watched, typed_number
from alerts.rules.series import Series


class Repeat(StrEnum):
    """How often a rule fires."""

    EVERY_TIME = "every time"
    ONCE = "once"


@dataclass(frozen=True)
class Rule:
    """One line of one chat.

    conditions: one, or two to four that must be true together. hold: how many observations in a row must be true before
    it fires. clear: the level that a value must pass before the rule resolves. keep: how many clear observations an
    episode survives. remind: observations between two reminders while it is firing, 0 for none. until: the last session
    on which it is evaluated.
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
        """A rule with one condition."""
        return cls((Condition(series, operator, level, options.pop("upper", None)),), **options)

    @property
    def endless(self) -> Rule:
        """The same conditions without an end: fires every time, without reminders and without a last session."""
        return replace(self, repeat=Repeat.EVERY_TIME, remind=0, until=None)

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
        """The series, or joined conditions, that its observations come from."""
        return Joined(self.conditions) if self.joined else self.first.series

    def holds(self, value: float) -> bool:
        """Whether it is true for an observed value."""
        return value >= 1.0 if self.joined else self.first.holds(value)

    @cached_property
    def line(self) -> str:
        """The rule as a person would type it; parsing it gives the same rule."""
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
