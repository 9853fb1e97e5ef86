"""What it means that a metric has risen, fallen, or come into a state: a headline, and a sentence of what follows.

The texts stand in catalog.toml. They say what is the case, never what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SEGMENT_NOUNS = {"large": "large caps", "small": "small caps", "all": "companies"}
_EACH_WAY = ("up", "up_means", "up_below", "down", "down_means", "down_above")


@dataclass(frozen=True)
class Meaning:
    """A headline, and one sentence more; "" for none."""

    headline: str
    means: str = ""


@dataclass(frozen=True)
class Meanings:
    """The meanings of one metric.

    up, down: what a rise or a fall means, with a sentence each. up_below: what a rise means that ends at or below zero,
    down_above: what a fall means that ends at or above zero, where zero divides two cases; they have no sentence.
    states, states_mean: the same for each state of a metric that has states.
    """

    up: str = ""
    up_means: str = ""
    up_below: str = ""
    down: str = ""
    down_means: str = ""
    down_above: str = ""
    states: Mapping[int, str] = field(default_factory=dict)
    states_mean: Mapping[int, str] = field(default_factory=dict)

    def of(self, way: int, value: float) -> Meaning:
        """The meaning of a value that has risen (`way` +1) or fallen (−1) to where it is; of a state, that of it."""
        if self.states:
            state = round(value)
            return Meaning(self.states.get(state, ""), self.states_mean.get(state, ""))
        if way > 0:
            below = self.up_below and value <= 0
            return Meaning(self.up_below) if below else Meaning(self.up, self.up_means)
        above = self.down_above and value >= 0
        return Meaning(self.down_above) if above else Meaning(self.down, self.down_means)


def meanings_from(entry: Mapping[str, Any], segment: str | None) -> Meanings:
    """The meanings of a catalogue's entry for one of its segments."""
    texts = {name: in_segment(entry.get(name, ""), segment) for name in _EACH_WAY}
    states, means = (
        {int(state): text for state, text in entry.get(name, {}).items()} for name in ("states", "states_mean")
    )
    return Meanings(**texts, states=states, states_mean=means)


def in_segment(text: str | Mapping[str, str], segment: str | None) -> str:
    """A text with {who} as the segment's noun ({Who} with a capital), or the text of a segment that has its own."""
    if not isinstance(text, str):
        return text.get(segment or "", "")
    who = SEGMENT_NOUNS.get(segment or "", "")
    return text.replace("{who}", who).replace("{Who}", who[:1].upper() + who[1:])
