"""A metric beside another series of the same thing: how far they agree, and where they do not.

Days that only one of the two has are left out. Differences are ours less theirs, in the metric's unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

LEAST = 2  # days in common


class NothingInCommon(ValueError):
    """The two have fewer than `LEAST` days in common."""


@dataclass(frozen=True)
class Pair:
    """Both values of a day."""

    session: date
    ours: float
    theirs: float

    @property
    def difference(self) -> float:
        return self.ours - self.theirs


@dataclass(frozen=True)
class YearBias:
    """A calendar year's mean difference and mean absolute difference, over `days` days."""

    year: int
    days: int
    bias: float
    absolute: float


@dataclass(frozen=True)
class Comparison:
    """How far two series agree on their days in common.

    correlation: Pearson's, of the values; of_changes: of the changes between consecutive days in common; None where one
    of the two does not move. absolute: the mean absolute difference. bias: the mean difference. only_ours, only_theirs:
    days left out. level, apart: the days on which one is above `level` and the other at or below it.
    """

    pairs: tuple[Pair, ...]
    correlation: float | None
    of_changes: float | None
    absolute: float
    bias: float
    years: tuple[YearBias, ...]
    only_ours: int
    only_theirs: int
    level: float | None = None
    apart: tuple[Pair, ...] = ()


def compare(ours: Mapping[date, float], theirs: Mapping[date, float], level: float | None = None) -> Comparison:
    """Compare two series by day. Raises NothingInCommon."""
    days = sorted(ours.keys() & theirs.keys())
    if len(days) < LEAST:
        raise NothingInCommon("one day in common" if days else "no day in common")
    pairs = tuple(Pair(day, ours[day], theirs[day]) for day in days)
    a, b = (np.array([series[day] for day in days], dtype=np.float64) for series in (ours, theirs))
    return Comparison(
        pairs=pairs,
        correlation=_correlation(a, b),
        of_changes=_correlation(np.diff(a), np.diff(b)),
        absolute=float(np.abs(a - b).mean()),
        bias=float((a - b).mean()),
        years=tuple(_year(year, pairs) for year in sorted({day.year for day in days})),
        only_ours=len(ours) - len(days),
        only_theirs=len(theirs) - len(days),
        level=level,
        apart=() if level is None else tuple(one for one in pairs if (one.ours > level) != (one.theirs > level)),
    )


def _year(year: int, pairs: Sequence[Pair]) -> YearBias:
    differences = np.array([one.difference for one in pairs if one.session.year == year])
    return YearBias(year, len(differences), float(differences.mean()), float(np.abs(differences).mean()))


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """Pearson's correlation; None of fewer than two values, or where one of the two is constant."""
    if len(a) < 2 or np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return None
    return float(np.corrcoef(a, b)[0, 1])
