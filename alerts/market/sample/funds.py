"""Index funds of the simulated market, under the symbols of the real ones."""

from __future__ import annotations

from datetime import date

import numpy as np

from alerts.market.sample.companies import COUNT, LARGE, MID, SMALL, Flags, Floats, World
from alerts.market.sample.names import SECTORS
from alerts.market.sample.paths import Paths, third_friday

_SECTOR_FUNDS = {
    "XLB": "Materials", "XLC": "Communication Services", "XLE": "Energy", "XLF": "Financials", "XLI": "Industrials",
    "XLK": "Information Technology", "XLP": "Consumer Staples", "XLRE": "Real Estate", "XLU": "Utilities",
    "XLV": "Health Care", "XLY": "Consumer Discretionary",
}  # fmt: skip
_START = {
    "SPY": 320.0, "RSP": 115.0, "IWM": 165.0, "IWC": 95.0, "IJR": 83.0, "QQQ": 210.0, "MDY": 370.0, "VTI": 163.0,
    "ACWX": 49.0, "VSS": 112.0,
}  # fmt: skip
DISTRIBUTION = 0.0035  # of the price, every quarter


def fund_levels(world: World, paths: Paths) -> dict[str, Floats]:
    """Total return of each fund by session, US dollars at the start. Weighted by market value, except RSP."""
    weights = {fund: world.shares * holds for fund, holds in _holdings(world).items()}
    values = paths.price @ np.column_stack(list(weights.values()))
    levels = {fund: values[:, column] / values[0, column] for column, fund in enumerate(weights)}
    levels["RSP"] = _equal_weight(paths.price[:, LARGE], paths.sessions)
    return {fund: _START.get(fund, 60.0) * level for fund, level in levels.items()}


def _holdings(world: World) -> dict[str, Flags]:
    """Which companies each fund holds."""
    rank = np.arange(COUNT)
    large, mid, small = ((rank >= part.start) & (rank < part.stop) for part in (LARGE, MID, SMALL))
    tech = np.isin(world.sector, [SECTORS.index(s) for s in SECTORS if s.startswith(("Comm", "Inf", "Consumer D"))])
    held = {
        "SPY": large,
        "IWM": small,
        "IWC": rank >= SMALL.stop - 250,
        "IJR": small & (world.earnings_yield > 0),
        "QQQ": large & tech & (np.cumsum(large & tech) <= 100),
        "MDY": mid,
        "IJH": mid,
        "VTI": np.ones(COUNT, dtype=bool),
        # There is no foreign market here: its funds hold companies of this market that follow it less.
        "ACWX": large & ~tech,
        "VSS": mid & (rank % 2 == 0),
    }
    return held | {fund: large & (world.sector == SECTORS.index(sector)) for fund, sector in _SECTOR_FUNDS.items()}


def _equal_weight(prices: Floats, sessions: list[date]) -> Floats:
    """Equal weights on the first session of every quarter, not rebalanced in between."""
    quarter = np.array([4 * session.year + (session.month - 1) // 3 for session in sessions])
    starts = np.flatnonzero(np.diff(quarter, prepend=quarter[0] - 1))
    level = np.ones(len(sessions))
    for start, end in zip(starts, [*starts[1:], len(sessions) - 1], strict=True):
        level[start : end + 1] = level[start] * (prices[start : end + 1] / prices[start]).mean(axis=1)
    return level


def payouts(sessions: list[date]) -> Floats:
    """The part of a fund's total return that remains after the distributions so far, by session."""
    days = np.array(sessions, dtype="datetime64[D]")
    paid = np.zeros(len(sessions))
    for year in range(sessions[0].year, sessions[-1].year + 1):
        for month in (3, 6, 9, 12):
            paid += days >= np.datetime64(third_friday(year, month), "D")
    left: Floats = (1 - DISTRIBUTION) ** paid
    return left
