"""Returns after earlier firings, beside returns after all days: n, median, share above zero, worst."""

from __future__ import annotations

from dataclasses import dataclass

HORIZONS = (21, 63, 126, 252)  # sessions
FEWEST = 5  # firings for which figures are given
TOO_FEW = "too few to say"
NO_CLOSES = "closes of IWM and SPY are not held for these sessions"


@dataclass(frozen=True)
class Spread:
    """The distribution of a return over one horizon, in % or pp."""

    median: float
    share_above_zero: float  # 0–1
    worst: float


@dataclass(frozen=True)
class Following:
    """Returns after `n` days; no figures if `n` is too small."""

    n: int
    lead: Spread | None  # IWM's return minus SPY's, pp
    iwm: Spread | None  # IWM's return, %


@dataclass(frozen=True)
class Horizon:
    """Returns over `sessions`: after the firings, and after all days."""

    sessions: int
    firings: Following
    all_days: Following


@dataclass(frozen=True)
class BaseRates:
    """Base rates of a rule over the backtested sessions; if there are none, `missing` says why."""

    fired: int
    horizons: tuple[Horizon, ...]
    missing: str | None = None
