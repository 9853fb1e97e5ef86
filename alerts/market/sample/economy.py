"""The simulated economy: a central bank that reacts to the market's cycle, and series that depend on it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.market.feed import SIMULATED, FeedUnavailable
from alerts.market.sample.companies import FIRST_SESSION, START
from alerts.market.sample.paths import cycle_position
from alerts.metrics.fed_meetings import scheduled

NAME = SIMULATED
LAST = date(2032, 12, 31)
STEP = 0.25
_ABOVE_LOWER = 0.08  # the position of the effective rate in its range
_FORESIGHT = 220.0  # days ahead at which two thirds of the bank's moves are not priced yet
Floats = npt.NDArray[np.float64]


class SampleEconomy:
    """Economic series by FRED's ids, from 400 days before the simulated market begins. No figure is real.

    Without its past they begin 400 days before 2 January 2020, with the same observations from there on.

    The series include future observations, because nothing here knows the current day; metrics use none before its day.
    """

    name = NAME
    dates = None

    def __init__(self, seed: int = 2025, *, past: bool = True) -> None:
        self._seed = seed
        self._first = _days()[0] if past else _days()[_begun()]

    def series(self, identity: str) -> pd.Series:
        """All observations by their date, ascending. Raises FeedUnavailable if there is no such series."""
        found = self._whole(identity)
        return found[found.index >= self._first]

    def _whole(self, identity: str) -> pd.Series:
        days = _days()
        wish = _wished()
        lower = lower_bounds()
        chance = np.random.default_rng(np.random.SeedSequence([self._seed, 6, sum(identity.encode())]))
        wander = _wandering(chance, len(days))
        yields = {"DGS3MO": lower + 0.15, "T10Y3M": 3.9 - lower - 0.15 + 0.3 * wander}
        monthly = days.day == 1
        match identity:
            case "DFEDTARL" | "DFEDTARU":
                above = {"DFEDTARL": 0.0, "DFEDTARU": STEP}[identity]
                return pd.Series(lower + above, days, name=identity)
            case "DGS3MO" | "T10Y3M":
                found = pd.Series(np.round(yields[identity], 2), days)[days.dayofweek < 5]
            case "T10Y2Y":
                found = pd.Series(np.round(0.6 * (3.9 - wish) + 0.25 * wander, 2), days)[days.dayofweek < 5]
            case "BAMLH0A0HYM2":
                found = pd.Series(np.round(3.6 + 1.4 * _fear() + 0.2 * wander, 2), days)[days.dayofweek < 5]
            case "WALCL":
                drift = _since_start(-0.04 * (wish - 3.3)) / 365.25
                found = pd.Series(np.round(7.2e6 * np.exp(drift)), days)[days.dayofweek == 2]
            case "UNRATE":
                found = pd.Series(np.round(4.2 + 0.7 * _fear() + 0.1 * wander, 1), days)[monthly]
            case "PCEPILFE":
                risen = _since_start(0.022 + 0.003 * (wish - 3.0)) / 365.25
                found = pd.Series(np.round(110.0 * np.exp(risen), 3), days)[monthly]
            case "FEDTARMD":
                ends = pd.DatetimeIndex([pd.Timestamp(year, 12, 31) for year in range(days[0].year, LAST.year + 1)])
                told = pd.Series(lower, days).reindex(ends) + STEP / 2
                found = pd.Series(told.to_numpy(), [pd.Timestamp(end.year, 1, 1) for end in ends])
            case _:
                raise FeedUnavailable(f"{NAME}: {identity}: no such series")
        return found.rename(identity)


def contract_prices(months: list[str], sessions: list[date]) -> pd.DataFrame:
    """Closes of fed funds futures: sessions × months, NaN outside the fourteen months before a month's end.

    100 minus the expected average rate of the month. Expectations include less of the bank's future moves the further
    away they are.
    """
    effective = lower_bounds() + _ABOVE_LOWER
    ordinals = np.array([day.toordinal() for day in _days().date])
    asked = np.array([session.toordinal() for session in sessions], dtype=np.int64)
    at = np.searchsorted(ordinals, asked)
    since = (ordinals - ordinals[0]) / _FORESIGHT
    steps = np.cumsum(np.diff(effective, prepend=effective[0]) * np.exp(-since))
    out = np.full((len(sessions), len(months)), np.nan)
    for column, month in enumerate(months):
        first = date(int(month[:4]), int(month[5:]), 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        inside = (ordinals >= first.toordinal()) & (ordinals <= last.toordinal())
        trades = (asked <= last.toordinal()) & (asked > last.toordinal() - 427)
        if not inside.any() or not trades.any():
            continue
        rows = at[trades]
        ahead = effective[rows, None] + np.exp(since[rows])[:, None] * (steps[None, inside] - steps[rows, None])
        past = ordinals[None, inside] <= asked[trades, None]
        expected = np.where(past, effective[None, inside], ahead)
        out[trades, column] = np.round(100.0 - expected.mean(axis=1), 4)
    return pd.DataFrame(out, pd.DatetimeIndex(pd.to_datetime(sessions)), list(months), dtype="float64")


@lru_cache(maxsize=1)
def lower_bounds() -> Floats:
    """Lower bound of the target range by day: at each meeting a step towards the wished rate, or none."""
    days = _days()
    wish = _wished()
    decided = {day + timedelta(days=1) for day in scheduled().decisions}
    out = np.empty(len(days))
    rate = STEP * round(wish[_begun()] / STEP)
    for at, day in enumerate(days.date):
        if day in decided and abs(wish[at] - rate) > STEP / 2:
            rate += STEP if wish[at] > rate else -STEP
        out[at] = rate
    return out


@lru_cache(maxsize=1)
def _days() -> pd.DatetimeIndex:
    return pd.date_range(FIRST_SESSION - timedelta(days=400), LAST)


def _begun() -> int:
    """The number of the day on which the series had begun before the market had a past: levels are scaled to it."""
    return (START - FIRST_SESSION).days


def _since_start(changes: Floats) -> Floats:
    total = np.cumsum(changes)
    since: Floats = total - total[_begun() - 1]
    return since


def _wished() -> Floats:
    """The rate that the bank wants, by day: high while few companies lead, lower during a fall and after it."""
    return np.interp(_positions(), (0, 0.35, 0.6, 0.85, 1), (3.6, 4.6, 3.0, 2.9, 3.6))


def _fear() -> Floats:
    """By day: 1 in the fall of a cycle, 0 while all is well."""
    return np.interp(_positions(), (0.4, 0.53, 0.7), (0.0, 1.0, 0.0))


@lru_cache(maxsize=1)
def _positions() -> Floats:
    return np.array([cycle_position(day) for day in _days().date])


def _wandering(chance: np.random.Generator, count: int) -> Floats:
    after, before = (_walked(0.1 * chance.standard_normal(part)) for part in (count - _begun(), _begun()))
    return np.concatenate([before[::-1], after])


def _walked(shocks: Floats) -> Floats:
    for at in range(1, len(shocks)):
        shocks[at] += 0.98 * shocks[at - 1]
    return shocks
