"""Which new closes are stored, and why others are held back. A close is never repaired: it is stored or held back.

A close above three times the previous one, or below a third of it, is stored once a second session confirms it: some
companies do treble in a day, while a bad print is gone on the next. Splits do not matter, because the source adjusts
the whole history for them; a split that the source has not applied yet looks like such a move and waits too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

JUMP = 3  # times, up or down, within one session
FUND_MOVE = 0.15  # of an index fund within one session, up or down, beyond which a second fetch must agree
FUND_STEP = (0.92, 1.0005)  # what a distribution may leave of a close; the source rounds
SAME = 0.005  # moves of two fetches that differ by less agree
Floats = npt.NDArray[np.float64]
_DOLLAR = 1_000_000  # millionths


@dataclass(frozen=True)
class HeldBack:
    """A close that is held back, and the last accepted close before it."""

    symbol: str
    session: date
    close: int  # millionths of a dollar
    before: int

    @property
    def reason(self) -> str:
        """Why it is held back, for people."""
        times = self.close / self.before
        move = f"× {times:,.1f}" if times > 1 else f"÷ {1 / times:,.1f}"
        return (
            f"{self.before / _DOLLAR:,.2f} → {self.close / _DOLLAR:,.2f} on {self.session} ({move} in one session, "
            "no split): held back until a second session confirms it"
        )


def absurd(
    close: npt.NDArray[np.int64], before: npt.NDArray[np.int64], sessions: list[date], symbols: list[str]
) -> list[HeldBack]:
    """The closes to hold back, by symbol and session.

    close: (T, C) millionths of a dollar on ascending sessions, 0 if there is none. before: (C,) the last stored close
    before the first of them, 0 if there is none.
    """
    found = []
    for column in np.flatnonzero(_moves(close, before)):
        rows = np.flatnonzero(close[:, column])
        last = int(before[column])
        for place, row in enumerate(rows):
            value = int(close[row, column])
            following = int(close[rows[place + 1], column]) if place + 1 < len(rows) else 0
            if last and _jumps(last, value) and (not following or _jumps(value, following)):
                found.append(HeldBack(symbols[column], sessions[row], value, last))
            else:
                last = value
    return found


def _moves(close: npt.NDArray[np.int64], before: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """(C,): whether a column has any step that is too large; missing closes are skipped."""
    filled = np.vstack([before[None, :], close])
    rows = np.where(filled > 0, np.arange(len(filled))[:, None], 0)
    np.maximum.accumulate(rows, axis=0, out=rows)
    filled = np.take_along_axis(filled, rows, axis=0)
    earlier, later = filled[:-1], filled[1:]
    moved = (earlier > 0) & ((later > JUMP * earlier) | (JUMP * later < earlier))
    return np.asarray(moved.any(axis=0))


def _jumps(one: int, other: int) -> bool:
    return other > JUMP * one or JUMP * other < one


@dataclass(frozen=True)
class Doubt:
    """A fund's session whose move waits until the fetch of a later session agrees.

    move: its close over the one before. step: adjusted over raw of the session before, over the same of this one; what
    a distribution leaves of a close, 1 where there is none.
    """

    symbol: str
    session: date
    move: float
    step: float

    @property
    def reason(self) -> str:
        """Why it is held back, for people."""
        if abs(self.move - 1) > FUND_MOVE:
            what = f"{100 * (self.move - 1):+.1f} % in one session, no split".replace("-", "\N{MINUS SIGN}")
        else:
            what = f"the adjusted close steps by a factor of {self.step:.2f}, more than a distribution"
        return f"{what}: held back until the next session's fetch agrees"

    def agrees(self, other: Doubt) -> bool:
        """Whether another fetch has the same move."""
        return abs(self.move / other.move - 1) <= SAME and abs(self.step / other.step - 1) <= SAME


def doubts(raw: pd.Series, adjusted: pd.Series, after: date) -> list[Doubt]:
    """The sessions later than `after` whose move no index fund makes in a day. Closes of one fund by session."""
    frame = pd.DataFrame({"raw": raw, "adjusted": adjusted}).dropna()
    move = frame["raw"] / frame["raw"].shift()
    ratio = frame["adjusted"] / frame["raw"]
    step = ratio.shift() / ratio
    off = ((move - 1).abs() > FUND_MOVE) | (step < FUND_STEP[0]) | (step > FUND_STEP[1])
    off &= np.asarray(frame.index > pd.Timestamp(after))
    found = pd.DatetimeIndex(frame.index[off.to_numpy()])
    return [Doubt(str(raw.name), stamp.date(), float(move[stamp]), float(step[stamp])) for stamp in found]


def carried_over(kept: Floats, fetched: Floats) -> Floats:
    """(T,) closes that are kept and that a new fetch lacks, on the fetch's scale; NaN on any other session.

    kept, fetched: (T,) closes of the same sessions, NaN where there is none. The scale is that of the nearest sessions
    that both have, interpolated between two; where they share none, the kept closes stay as they are.
    """
    both = np.flatnonzero(np.isfinite(kept) & np.isfinite(fetched))
    lost = np.flatnonzero(np.isfinite(kept) & ~np.isfinite(fetched))
    out = np.full(len(kept), np.nan)
    factor = np.interp(lost, both, np.log(fetched[both] / kept[both])) if len(both) else np.zeros(len(lost))
    out[lost] = kept[lost] * np.exp(factor)
    return out


def suspect_quotes(quotes: pd.DataFrame) -> pd.Series:
    """Why a census quote is not used, by symbol: its price is too far from its own previous close."""
    price, previous = quotes["price"], quotes["previous_close"]
    known = (price > 0) & (previous > 0)
    off = known & ((price > JUMP * previous) | (JUMP * price < previous))
    return pd.Series(
        [
            f"{last:,.2f} → {now:,.2f} in one session, no split"
            for last, now in zip(previous[off], price[off], strict=True)
        ],
        index=quotes.index[off],
        dtype=object,
    )


def one_a_session(prices: pd.Series) -> pd.Series:
    """One price for each session from bars that may be duplicated and in any order.

    `prices`: by time, no time zone. A session's latest bar counts; if two bars of that time differ, NaN.
    """
    moments = pd.DatetimeIndex(prices.index)
    sessions = moments.normalize()
    if sessions.is_unique and sessions.is_monotonic_increasing:  # nearly always
        return prices.set_axis(sessions)
    bars = pd.DataFrame({"moment": moments, "price": prices.to_numpy(dtype=float)}).dropna()
    bars = bars.groupby("moment", sort=True)["price"].agg(["min", "max"]).reset_index()
    bars["session"] = bars["moment"].dt.normalize()
    latest = bars.groupby("session", sort=True).last()
    agreed = latest["min"].where(latest["min"] == latest["max"])
    agreed.index.name = None
    return agreed
