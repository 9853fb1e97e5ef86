"""The states of the regime, by its score."""

from __future__ import annotations

BROADENING, MIXED, NARROW = 1, 0, -1


def of_score(value: float) -> int:
    """The state for one score: broadening for 3 or 4, narrow for 0 or 1, otherwise mixed."""
    return BROADENING if value >= 3 else NARROW if value <= 1 else MIXED
