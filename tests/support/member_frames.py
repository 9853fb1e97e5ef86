"""Members' closes written by hand: dollars by company, a list a company, NaN where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from alerts.metrics.members import SEGMENT_CODES, MemberCloses, in_millionths

NONE = float("nan")
FIRST = "2024-01-02"


def sessions_of(count: int, first: str = FIRST) -> pd.DatetimeIndex:
    return pd.bdate_range(first, periods=count)


def members(
    closes: Mapping[str, Sequence[float]],
    segment: str | Mapping[str, Sequence[str | None]] = "large",
    listed: Mapping[str, str] | None = None,
) -> MemberCloses:
    """`segment`: one for all, or by company one a session; `listed`: first sessions, of those that are young."""
    frame = pd.DataFrame(closes, index=sessions_of(len(next(iter(closes.values())))), dtype="float64")
    codes = np.zeros(frame.shape, dtype=np.int8)
    for at, symbol in enumerate(frame.columns):
        held = [segment] * len(frame) if isinstance(segment, str) else segment[symbol]
        codes[:, at] = [0 if name is None else SEGMENT_CODES[name] for name in held]
    born = [np.datetime64((listed or {}).get(symbol, "NaT"), "D") for symbol in frame.columns]
    return MemberCloses(
        pd.DatetimeIndex(frame.index), tuple(frame.columns), in_millionths(frame), codes, np.array(born)
    )


def rising(count: int, first: float = 10.0) -> list[float]:
    return [first + at for at in range(count)]


def falling(count: int, first: float = 1000.0) -> list[float]:
    return [first - at for at in range(count)]
