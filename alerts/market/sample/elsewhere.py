"""What is not made of the simulated companies: funds of foreign stocks, gold and bonds, and indices."""

from __future__ import annotations

import numpy as np

from alerts.market.sample.companies import Floats
from alerts.market.sample.paths import TREND, Paths, kept, wander, yearly_draws

# Noise: volatility a year, half-life in sessions.
_NOISE = {"developed": (0.08, 250), "emerging": (0.12, 250), "gold": (0.14, 500), "rates": (0.008, 250),
          "credit": (0.035, 60)}  # fmt: skip
_YIELD, _BILL = 3.9, 3.75  # %, about which yields of ten-year bonds wander; of three-month bills
_DURATION = {"IEF": 7.5, "TLT": 16.5, "HYG": 2.0}  # years
_CARRY = {"IEF": 0.0, "TLT": 0.3, "HYG": 2.6}  # % a year above the yield
_CALMEST = 0.06  # a year: what VIX takes volatility to be at least
_DIVIDENDS = 0.014  # a year, that an index of prices lacks


def elsewhere(paths: Paths, seed: int) -> dict[str, Floats]:
    """Total returns by fund and session; foreign stocks follow this market in part."""
    noise = _noise(paths, seed)
    years, market = paths.years, paths.market
    developed = 0.8 * market + noise["developed"] + 0.06 * years
    emerging = 0.9 * market + noise["emerging"] + 0.055 * years
    yields = _yields(noise)
    logs = {
        "EFA": developed,
        "EEM": emerging,
        "VXUS": 0.7 * developed + 0.3 * emerging,
        "GLD": noise["gold"] + TREND * years - 0.03 * (yields - _YIELD),
    }
    paid = np.cumsum(yields * np.diff(years, prepend=years[0]))
    for fund, duration in _DURATION.items():
        logs[fund] = (paid - duration * (yields - _YIELD)) / 100 + _CARRY[fund] / 100 * years
    logs["HYG"] += 0.35 * market + noise["credit"]
    return {fund: np.exp(log) for fund, log in logs.items()}


def indices(paths: Paths, seed: int, levels: dict[str, Floats]) -> dict[str, Floats]:
    """Indices in points and yields in %. VIX: volatility lately seen, dearer in a fall. `levels`: total returns."""
    moves = np.diff(np.log(levels["SPY"]), prepend=np.log(levels["SPY"][0]))
    seen = np.maximum(np.sqrt(252 * _mean_of_last(moves**2, 15)), _CALMEST)
    fall = np.clip(-10 * _mean_of_last(moves, 10), 0, None)
    without = np.exp(-_DIVIDENDS * paths.years)
    return {
        "^GSPC": 3_258.0 * levels["SPY"] * without,
        "^RUT": 1_667.0 * levels["IWM"] * without,
        "^VIX": 100 * (0.035 + 0.85 * seen + 1.1 * fall),
        "^TNX": _yields(_noise(paths, seed)),
        "^IRX": np.full(len(moves), _BILL),
    }


def _noise(paths: Paths, seed: int) -> dict[str, Floats]:
    vols, half_lives = np.array(list(_NOISE.values())).T
    draws = yearly_draws([seed, 7], paths.sessions, len(_NOISE)) * vols
    # As prices do, levels walk from the start on, and end there in the past.
    past, walked = (wander(part, kept(half_lives)) for part in (draws[: paths.start + 1].copy(), draws[paths.start :]))
    return dict(zip(_NOISE, np.concatenate([past[:-1] - past[-1], walked]).T, strict=True))


def _yields(noise: dict[str, Floats]) -> Floats:
    return _YIELD + 100 * noise["rates"]


def _mean_of_last(values: Floats, count: int) -> Floats:
    """The mean of up to `count` values so far."""
    total = np.cumsum(values)
    before = np.concatenate([np.zeros(min(count, len(values))), total[:-count]])
    found: Floats = (total - before) / np.minimum(np.arange(1, len(values) + 1), count)
    return found
