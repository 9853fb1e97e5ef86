"""Which companies moved a figure that counts members, between two sessions: parts that add up to the change exactly.

A share is 100 · A/E: A of E eligible companies are on its side. With the share p₀ = A₀/E₀ before, the change is

    100 · (A₁/E₁ − A₀/E₀) = 100/E₁ · Σ (w₁ − p₀ over those eligible now) − 100/E₁ · Σ (w₀ − p₀ over those eligible then)

where w is 1 for a company on the figure's side and 0 otherwise. So a company that is eligible on both sessions counts
only if it crossed, by 100/E₁, and one that came or went counts by how far it is from the share before. Of a number (new
highs less new lows) a company's part is w₁ − w₀. Parts are fractions: no rounding stands between them and the change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from alerts.metrics.funds import INDEX_FUNDS
from alerts.metrics.transforms import reach

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from alerts.metrics.members import Flags, MemberCloses

_NAME = re.compile(r"breadth\.(above_(?:20|50|200)d|beating_index_(?:63|252)d|net_highs)\.(large|small|all)")


class Cause(StrEnum):
    """Why a company has a part in the change."""

    IN = "crossed in"
    OUT = "crossed out"
    JOINED = "joined"  # the segment, by ranks or by a listing
    LEFT = "left"  # the segment, by ranks
    GONE = "left the market"
    OLD_ENOUGH = "listed long enough now"
    TOO_YOUNG = "not listed long enough any more"  # its symbol belongs to a new company
    CLOSES_AGAIN = "has its closes again"
    LACKS_CLOSES = "lacks closes"


@dataclass(frozen=True)
class Part:
    """A company's part in the change, in the figure's unit: pp of a share, companies of a number."""

    symbol: str
    cause: Cause
    effect: Fraction


@dataclass(frozen=True, eq=False)
class Side:
    """Companies on one session, (C,) each: in the segment, counted, eligible, and the weight w (0 if not eligible)."""

    within: Flags
    counted: Flags
    eligible: Flags
    weight: npt.NDArray[np.int64]


def is_explained(metric: str) -> bool:
    """Whether the movers of a metric can be told: a share or a number of members."""
    return _NAME.fullmatch(metric) is not None


def is_share(metric: str) -> bool:
    """Whether it is a share of the eligible members, in %."""
    return not metric.startswith("breadth.net_highs.")


def window(metric: str) -> int:
    """How many sessions, the last one included, a company's place in the metric is taken from."""
    found = _NAME.fullmatch(metric)
    if found is None:
        raise ValueError(metric)
    return reach(_sessions(found[1])) + 1


def _sessions(kind: str) -> int:
    return 252 if kind == "net_highs" else int(kind.removesuffix("d").rpartition("_")[2])


def sides(metric: str, closes: MemberCloses, funds: pd.DataFrame, rows: Iterable[int]) -> list[Side]:
    """The companies on those rows of `closes`. `funds`: as `breadth.beating_index` takes them.

    Raises ValueError for a metric that is not explained.
    """
    import numpy as np

    from alerts.metrics import breadth

    found = _NAME.fullmatch(metric)
    if found is None:
        raise ValueError(metric)
    kind, segment = found[1], found[2]
    if kind == "net_highs":
        counted, eligible, high, low = breadth.extreme_flags(closes, segment)
        weight = high.astype(np.int64) - low
    else:
        n = _sessions(kind)
        if kind.startswith("above"):
            counted, eligible, over = breadth.above_flags(closes, segment, n)
        else:
            counted, eligible, over = breadth.beating_flags(closes, segment, funds[INDEX_FUNDS[segment]], n)
        weight = over.astype(np.int64)
    within = closes.in_segment(segment)
    return [Side(within[row], counted[row], eligible[row], weight[row]) for row in rows]


def parts(symbols: Iterable[str], before: Side, after: Side, *, share: bool) -> list[Part]:
    """The parts of all companies that have one, in the order of `symbols`. Both sides have at least one company."""
    was, now = int(before.eligible.sum()), int(after.eligible.sum())
    base = Fraction(int(before.weight.sum()), was) if share else Fraction(0)
    unit = Fraction(100, now) if share else Fraction(1)
    out = []
    for at, symbol in enumerate(symbols):
        cause = _cause(before, after, at)
        if cause is None:
            continue
        effect = Fraction(0)
        if after.eligible[at]:
            effect += int(after.weight[at]) - base
        if before.eligible[at]:
            effect -= int(before.weight[at]) - base
        out.append(Part(symbol, cause, unit * effect))
    return out


def _cause(before: Side, after: Side, at: int) -> Cause | None:
    then, now = bool(before.eligible[at]), bool(after.eligible[at])
    if then and now:
        moved = int(after.weight[at]) - int(before.weight[at])
        return None if moved == 0 else Cause.IN if moved > 0 else Cause.OUT
    if not then and not now:
        return None
    if before.within[at] != after.within[at]:
        return Cause.JOINED if now else Cause.LEFT
    if before.counted[at] != after.counted[at]:
        return Cause.OLD_ENOUGH if now else Cause.TOO_YOUNG
    return Cause.CLOSES_AGAIN if now else Cause.LACKS_CLOSES
