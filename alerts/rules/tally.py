"""What is said of a firing beside its value: how often the rule fired lately, and which signs of the regime flipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

RECENT = 21  # sessions, about a month
OFTEN = 3  # firings in RECENT sessions; more are too many for a person to follow


@dataclass(frozen=True)
class FiringTally:
    """How often a rule fired, this firing included, by the history held.

    times: in twelve months, or since `since` where the history is shorter. last: the firing before. recent: in
    `RECENT` sessions. back: how often the value went back through the level in those sessions. clear: a clear level
    with which it would have fired less often, where it fires more than `OFTEN` times in RECENT sessions.
    """

    times: int
    recent: int = 1
    back: int = 0
    last: date | None = None
    since: date | None = None
    clear: float | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "times": self.times,
            "recent": self.recent,
            "back": self.back,
            "last": self.last.isoformat() if self.last else None,
            "since": self.since.isoformat() if self.since else None,
            "clear": self.clear,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> FiringTally:
        """The reverse."""
        last, since = (date.fromisoformat(day) if (day := document.get(name)) else None for name in ("last", "since"))
        return cls(document["times"], document["recent"], document["back"], last, since, document.get("clear"))


def tally(fired: list[date], sessions: list[date], back: int, clear: float | None) -> FiringTally:
    """The tally on the last of `sessions` of a rule that fired on `fired`, both ascending; that session fires."""
    today = sessions[-1]
    earlier = [day for day in fired if day < today]
    year_ago = date(today.year - 1, today.month, min(today.day, 28))
    recent = set(sessions[-RECENT:])
    return FiringTally(
        times=1 + sum(day > year_ago for day in earlier),
        recent=1 + sum(day in recent for day in earlier),
        back=back,
        last=earlier[-1] if earlier else None,
        since=sessions[0] if sessions[0] > year_ago else None,
        clear=clear,
    )


@dataclass(frozen=True)
class SignFlip:
    """One of the regime's signs (a column of `alerts.metrics.regime.signs`) that holds now, or no longer does."""

    sign: str
    holds: bool
