"""Closes and segments of companies on each session, from which breadth is computed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.metrics.transforms import reach

MILLIONTHS = 1_000_000
LARGEST = 1e9  # dollars; a larger close is a source error, and the sum of 250 such closes still fits into 64 bits
SEGMENT_CODES = {"large": 1, "mid": 2, "small": 3}
Flags = npt.NDArray[np.bool_]
_COLUMNS = 128  # companies processed at a time, to keep intermediate arrays small


@dataclass(frozen=True, eq=False)
class MemberCloses:
    """Closes and membership: T consecutive sessions × C companies.

    close: int64 (T, C), split-adjusted closes in millionths of a dollar, 0 if there is none. Integers compare exactly
        with their average, independent of the order of summation.
    segment: int8 (T, C), a value of SEGMENT_CODES, 0 if the company is not a member on that day.
    listed: datetime64[D] (C,), the first session on which the company traded; NaT if unknown.
    """

    sessions: pd.DatetimeIndex
    symbols: tuple[str, ...]
    close: npt.NDArray[np.int64]
    segment: npt.NDArray[np.int8]
    listed: npt.NDArray[np.datetime64]

    def in_segment(self, segment: str) -> Flags:
        """(T, C): whether a company is in `segment`: large, small, or all."""
        belongs: Flags = self.segment > 0 if segment == "all" else self.segment == SEGMENT_CODES[segment]
        return belongs

    @cached_property
    def age(self) -> npt.NDArray[np.int64]:
        """(T, C): sessions traded so far, today included; very large if listed before these sessions, or unknown."""
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

    def standing(self, n: int) -> tuple[Flags, Flags]:
        """(T, C) each: whether there is a close with a full window of n closes, and whether it is above their mean."""
        if n not in self._standing:
            sums = self.last_sums(n)
            self._standing[n] = (sums > 0, self.close * n > sums)
            self._standing[n][1][sums == 0] = False
        return self._standing[n]

    @cached_property
    def moves(self) -> tuple[Flags, Flags, Flags]:
        """(T, C) each: whether there are closes on this and the previous session; whether up; whether down."""
        today, before = self.close[1:], self.close[:-1]
        both, up, down = (np.zeros(self.close.shape, dtype=bool) for _ in range(3))
        both[1:] = (today > 0) & (before > 0)
        up[1:] = both[1:] & (today > before)
        down[1:] = both[1:] & (today < before)
        return both, up, down

    def extremes(self, n: int = 252) -> tuple[Flags, Flags, Flags]:
        """(T, C) each: whether there are n closes; whether the close is the highest of n sessions; or the lowest."""
        if n not in self._extremes:
            high, low = (np.zeros(self.close.shape, dtype=bool) for _ in range(2))
            for begin in range(0, self.close.shape[1], _COLUMNS):
                part = slice(begin, begin + _COLUMNS)
                close = np.ascontiguousarray(self.close[:, part])
                high[:, part] = close >= _highest(close, n)
                high[:, part] &= close > 0
                # With the sign reversed, a missing close is the lowest of all.
                low[:, part] = -close >= _highest(np.where(close > 0, -close, np.iinfo(np.int64).min), n)
                low[:, part] &= close > 0
            self._extremes[n] = (self.complete(n), high, low)
        return self._extremes[n]

    def complete(self, n: int) -> Flags:
        """(T, C): whether there is a close today and n closes within the last `reach(n)` sessions."""
        span = reach(n)
        _, count = self.running
        found = np.zeros(self.close.shape, dtype=bool)
        first = max(0, n - 1)
        ends = np.arange(first + 1, len(self.close) + 1)
        starts = np.maximum(ends - span, 0)
        found[first:] = count[ends] - count[starts] >= n
        return found & (self.close > 0)

    def last_sums(self, n: int) -> npt.NDArray[np.int64]:
        """(T, C): the sum of the last n closes, today's included; 0 if today's is missing or there are too few.

        The n closes must be within `reach(n)` sessions: one missing close must not exclude a company for n.
        """
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
        for extra in range(1, reach(n) - n + 1):
            start = rows + 1 - n - extra
            inside = start >= 0
            rows, columns, start = rows[inside], columns[inside], start[inside]
            if not len(rows):
                break
            enough = count[rows + 1, columns] - count[start, columns] == n
            found_rows, found_columns = rows[enough], columns[enough]
            out[found_rows, found_columns] = total[found_rows + 1, found_columns] - total[start[enough], found_columns]
            rows, columns = rows[~enough], columns[~enough]
        out[~today] = 0
        return out

    def gains(self, n: int) -> npt.NDArray[np.float64]:
        """(T, C): the close over that of n sessions before; NaN where one of them is missing."""
        if n not in self._gains:
            self._gains[n] = gained = np.full(self.close.shape, np.nan)
            if len(self.close) > n:
                now, then = self.close[n:], self.close[:-n]
                with np.errstate(divide="ignore", invalid="ignore"):
                    gained[n:] = np.where((now > 0) & (then > 0), now / then, np.nan)
        return self._gains[n]

    def ending(self, last: int, count: int, segment: npt.NDArray[np.int8]) -> MemberCloses:
        """The `count` sessions up to the one in row `last`, on which the companies are in `segment` ((C,), its codes).

        What was computed from closes serves again: no row depends on later ones. Windows reach back before the first of
        these sessions.
        """
        part = slice(max(0, last + 1 - count), last + 1)
        codes = self.segment[part].copy()
        codes[-1] = segment
        out = MemberCloses(self.sessions[part], self.symbols, self.close[part], codes, self.listed)
        shared: dict[str, object] = {"age": self.age[part], "moves": tuple(flags[part] for flags in self.moves)}
        for name in ("_standing", "_extremes"):
            held: dict[int, tuple[Flags, ...]] = getattr(self, name)
            shared[name] = {n: tuple(flags[part] for flags in found) for n, found in held.items()}
        shared["_gains"] = {n: gained[part] for n, gained in self._gains.items()}
        out.__dict__.update(shared)  # where cached properties keep what they have computed
        return out

    @cached_property
    def _gains(self) -> dict[int, npt.NDArray[np.float64]]:
        return {}

    @cached_property
    def _standing(self) -> dict[int, tuple[Flags, Flags]]:
        return {}  # by n: three segments use the same arrays

    @cached_property
    def _extremes(self) -> dict[int, tuple[Flags, Flags, Flags]]:
        return {}


def _highest(values: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """The highest of each column's last n rows, today's included, or of as many as there are.

    In blocks of n rows, each window is the end of one block and the start of the next, so two running maxima suffice.
    """
    length, width = values.shape
    blocks = -(-length // n)
    padded = np.full((blocks * n, width), np.iinfo(np.int64).min, dtype=np.int64)
    padded[:length] = values
    shaped = padded.reshape(blocks, n, width)
    so_far = np.maximum.accumulate(shaped, axis=1).reshape(-1, width)[:length]
    to_come = np.maximum.accumulate(shaped[:, ::-1], axis=1)[:, ::-1].reshape(-1, width)
    if length >= n:
        np.maximum(so_far[n - 1 :], to_come[: length - n + 1], out=so_far[n - 1 :])
    return so_far


def in_millionths(closes: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Closes in dollars as whole millionths; 0 for NaN and invalid prices (negative, infinite, above LARGEST)."""
    values = closes.to_numpy(dtype="float64", na_value=np.nan)
    prices = np.where((values > 0) & (values <= LARGEST), values, 0.0)
    millionths: npt.NDArray[np.int64] = np.rint(prices * MILLIONTHS).astype(np.int64)
    return millionths
