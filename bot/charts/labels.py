"""Positions of labels, in pixels. Pure arithmetic; no drawing. The origin is the picture's lower left corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Box:
    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def top(self) -> float:
        return self.bottom + self.height

    def within(self, other: Box) -> bool:
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )

    def covers(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )

    def holds(self, points: NDArray[np.float64]) -> int:
        """How many of points (n, 2) are inside."""
        x, y = points[:, 0], points[:, 1]
        return int(((x >= self.left) & (x <= self.right) & (y >= self.bottom) & (y <= self.top)).sum())


def spread(wanted: Sequence[float], heights: Sequence[float], bottom: float, top: float, gap: float) -> list[float]:
    """Centres near the wanted ones, apart by at least `gap`, in the same order, inside [bottom, top] if they fit.

    Labels that touch form a block, centred on the mean of the wanted positions (pool adjacent violators).
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    blocks: list[tuple[list[int], float, float]] = []  # members from below, lower edge, height
    for i in order:
        block = ([i], _held(wanted[i] - heights[i] / 2, heights[i], bottom, top), heights[i])
        while blocks and blocks[-1][1] + blocks[-1][2] + gap > block[1]:
            block = _joined(blocks.pop()[0] + block[0], wanted, heights, bottom, top, gap)
        blocks.append(block)
    centres = [0.0] * len(wanted)
    for members, edge, _ in blocks:
        for i in members:
            centres[i] = edge + heights[i] / 2
            edge += heights[i] + gap
    return centres


def calmest(
    candidates: Sequence[Box], room: Box, points: NDArray[np.float64], taken: Sequence[Box], *, loyalty: int = 0
) -> Box | None:
    """The candidate over the fewest points, or None if each leaves the room or covers an occupied box.

    Of equals the first; each later place in the list counts as `loyalty` covered points.
    """
    costs = [
        (box.holds(points) + loyalty * turn, turn)
        for turn, box in enumerate(candidates)
        if box.within(room) and not any(box.covers(other) for other in taken)
    ]
    return candidates[min(costs)[1]] if costs else None


def _joined(
    members: list[int], wanted: Sequence[float], heights: Sequence[float], bottom: float, top: float, gap: float
) -> tuple[list[int], float, float]:
    edges, offset = 0.0, 0.0
    for i in members:
        edges += wanted[i] - heights[i] / 2 - offset
        offset += heights[i] + gap
    return members, _held(edges / len(members), offset - gap, bottom, top), offset - gap


def _held(edge: float, height: float, bottom: float, top: float) -> float:
    return max(bottom, min(edge, top - height))
