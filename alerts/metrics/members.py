"""The closes of companies with their segment on each session: what breadth is counted over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

MILLIONTHS = 1_000_000
LARGEST = 1e9  # dollars; a close beyond is an error of the source, and 250 of them still add up in 64 bits
SEGMENT_CODES = {"large": 1, "mid": 2, "small": 3}


@dataclass(frozen=True, eq=False)
class MemberCloses:
    """Closes and membership: T consecutive sessions × C companies.

    close: int64 (T, C), split-adjusted closes in millionths of a dollar, 0 where there is none. Whole numbers compare
        exactly with their average, whatever the order of summation.
    segment: int8 (T, C), a value of SEGMENT_CODES, 0 where the company is no member that day.
    listed: datetime64[D] (C,), the first session the company traded; NaT where unknown.
    """

    sessions: pd.DatetimeIndex
    symbols: tuple[str, ...]
    close: npt.NDArray[np.int64]
    segment: npt.NDArray[np.int8]
    listed: npt.NDArray[np.datetime64]

    def in_segment(self, segment: str) -> npt.NDArray[np.bool_]:
        """(T, C): who belongs to `segment`: large, small, or all."""
        belongs: npt.NDArray[np.bool_] = (
            self.segment > 0 if segment == "all" else self.segment == SEGMENT_CODES[segment]
        )
        return belongs

    @cached_property
    def age(self) -> npt.NDArray[np.int64]:
        """(T, C): sessions traded so far, today included; very large where listed before these sessions, or unknown."""
        days = self.sessions.to_numpy().astype("datetime64[D]")
        position = np.searchsorted(days, self.listed)
        before = np.isnat(self.listed) | (self.listed < days[0])
        age = np.arange(1, len(days) + 1)[:, None] - position[None, :]
        return np.where(before[None, :], np.iinfo(np.int64).max, age)

    @cached_property
    def running(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """(T+1, C) each: the sum and the number of closes before each session."""
        total = np.zeros((self.close.shape[0] + 1, self.close.shape[1]), dtype=np.int64)
        count = np.zeros(total.shape, dtype=np.int32)
        np.cumsum(self.close, axis=0, out=total[1:])
        np.cumsum(self.close > 0, axis=0, out=count[1:])
        return total, count

    def last_sums(self, n: int) -> npt.NDArray[np.int64]:
        """(T, C): the sum of the last n closes, today's included; 0 where there is none today or too few.

        The n closes have to lie within n + max(2, n/20) sessions: one hole must not cost a company its place for n.
        """
        if n not in self._sums:
            self._sums[n] = self._sum_last(n)
        return self._sums[n]

    @cached_property
    def _sums(self) -> dict[int, npt.NDArray[np.int64]]:
        return {}  # by n: three segments ask for the same sums

    def _sum_last(self, n: int) -> npt.NDArray[np.int64]:
        total, count = self.running
        length = len(self.close)
        out = np.zeros(self.close.shape, dtype=np.int64)
        if length < n:
            return out
        today = self.close > 0
        full = count[n:] - count[:-n] == n
        out[n - 1 :] = np.where(full, total[n:] - total[:-n], 0)
        lacking = today & (out == 0)
        lacking[: n - 1] = False
        rows, columns = np.nonzero(lacking)
        for extra in range(1, max(2, n // 20) + 1):
            start = rows + 1 - n - extra
            inside = start >= 0
            rows, columns, start = rows[inside], columns[inside], start[inside]
            if not len(rows):
                break
            enough = count[rows + 1, columns] - count[start, columns] == n
            found_rows, found_columns = rows[enough], columns[enough]
            out[found_rows, found_columns] = total[found_rows + 1, found_columns] - total[start[enough], found_columns]
            rows, columns = rows[~enough], columns[~enough]
        return np.where(today, out, 0)


def in_millionths(closes: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Closes in dollars as whole millionths; 0 for NaN and what is no price (negative, infinite, beyond LARGEST)."""
    values = closes.to_numpy(dtype="float64", na_value=np.nan)
    prices = np.where((values > 0) & (values <= LARGEST), values, 0.0)
    millionths: npt.NDArray[np.int64] = np.rint(prices * MILLIONTHS).astype(np.int64)
    return millionths
