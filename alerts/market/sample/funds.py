"""Index funds and indices of the simulated market, under the symbols of the real ones."""

from __future__ import annotations

from datetime import date

import numpy as np

from alerts.market.sample.companies import COUNT, LARGE, MID, SMALL, Flags, Floats, World
from alerts.market.sample.elsewhere import elsewhere, indices
from alerts.market.sample.names import SECTORS
from alerts.market.sample.paths import Paths, third_friday

_SECTOR_FUNDS = {
    "XLB": "Materials", "XLC": "Communication Services", "XLE": "Energy", "XLF": "Financials", "XLI": "Industrials",
    "XLK": "Information Technology", "XLP": "Consumer Staples", "XLRE": "Real Estate", "XLU": "Utilities",
    "XLV": "Health Care", "XLY": "Consumer Discretionary",
}  # fmt: skip
_START = {
    "SPY": 320.0, "RSP": 115.0, "IWM": 165.0, "IWC": 95.0, "IJR": 83.0, "QQQ": 210.0, "MDY": 370.0, "VTI": 163.0,
    "ACWX": 49.0, "VSS": 112.0, "IWD": 136.0, "IWF": 176.0, "IWN": 128.0, "IWO": 214.0, "IJH": 206.0, "MGC": 110.0,
    "SPHB": 45.0, "SPLV": 58.0, "EFA": 69.0, "EEM": 45.0, "VXUS": 56.0, "GLD": 143.0, "IEF": 110.0, "TLT": 136.0,
    "HYG": 88.0,
}  # fmt: skip
_EQUAL_SECTOR_FUNDS = {"RSPD": "Consumer Discretionary", "RSPS": "Consumer Staples"}
INDICES = ("^GSPC", "^RUT", "^VIX", "^TNX", "^IRX")  # pay nothing
DISTRIBUTION = 0.0035  # of the price, every quarter


def fund_levels(world: World, paths: Paths, seed: int) -> dict[str, Floats]:
    """Total return of each fund by session, US dollars at `START`; indices in their points."""
    weights = {fund: world.shares * holds for fund, holds in _holdings(world).items()}
    values = paths.price @ np.column_stack(list(weights.values()))
    levels = {fund: values[:, column] for column, fund in enumerate(weights)}
    levels["RSP"] = _equal_weight(paths.price[:, LARGE], paths.sessions)
    for fund, sector in _EQUAL_SECTOR_FUNDS.items():
        held = np.flatnonzero(world.sector[LARGE] == SECTORS.index(sector))
        levels[fund] = _equal_weight(paths.price[:, held], paths.sessions)
    levels |= elsewhere(paths, seed)
    levels = {fund: level / level[paths.start] for fund, level in levels.items()}
    return {fund: _START.get(fund, 60.0) * level for fund, level in levels.items()} | indices(paths, seed, levels)


def _holdings(world: World) -> dict[str, Flags]:
    """Which companies each fund holds."""
    rank = np.arange(COUNT)
    large, mid, small = ((rank >= part.start) & (rank < part.stop) for part in (LARGE, MID, SMALL))
    cheap = np.concatenate([_cheaper_half(world.earnings_yield[part]) for part in (LARGE, MID, SMALL)])
    lively = np.argsort(np.argsort(world.beta[LARGE] * (1 + world.slow_vol[LARGE])))
    chips = large & (world.sector == SECTORS.index("Information Technology"))
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
        "IWD": (large | mid) & cheap,
        "IWF": (large | mid) & ~cheap,
        "IWN": small & cheap,
        "IWO": small & ~cheap,
        "MGC": rank < 190,
        "SPHB": np.isin(rank, np.flatnonzero(lively >= 400)),
        "SPLV": np.isin(rank, np.flatnonzero(lively < 100)),
        "SMH": chips & (np.cumsum(chips) % 3 == 1),
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


def _cheaper_half(earnings_yield: Floats) -> Flags:
    cheap: Flags = np.argsort(np.argsort(earnings_yield)) >= len(earnings_yield) // 2
    return cheap


def payouts(sessions: list[date], start: int) -> Floats:
    """The part of a fund's total return that remains after the distributions since session number `start`, by session.

    Above 1 before it.
    """
    days = np.array(sessions, dtype="datetime64[D]")
    paid = np.zeros(len(sessions))
    for year in range(sessions[0].year, sessions[-1].year + 1):
        for month in (3, 6, 9, 12):
            paid += days >= np.datetime64(third_friday(year, month), "D")
    left: Floats = (1 - DISTRIBUTION) ** (paid - paid[start])
    return left
