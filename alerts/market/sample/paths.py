"""Prices of the simulated companies, day by day.

A log price is the sum of a trend, the market's cycle, the lead of the largest and of the small companies, the sector
and the company's own path. All parts except the trend revert to their mean, so that sizes and valuations stay plausible
for decades. A cycle takes 540 days: few lead, everything falls, everything rises again with small companies ahead. Any
three years contain all three phases, ten years seven falls and the reversals after them; one fall is a crash.

A price depends only on the seed and the session: noise is drawn for whole calendar years, one row for each day, whether
traded or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from alerts.market.sample.companies import COUNT, FIRST_SESSION, START, Floats, World
from alerts.market.sample.names import SECTORS
from alerts.market.sessions import sessions_between

TREND = 0.075  # a year, in logs: prices and earnings
_YEAR = 252.0
_CYCLE = 540  # days
_ORIGIN = date(2019, 4, 1)  # a cycle begins here

# Positions in a cycle: few lead until .43, all fall until .53, rebound until .63, then many lead. Log levels.
_KNOTS = np.array([0.0, 0.43, 0.53, 0.63, 1.0])
_MARKET = np.array([0.0, 0.005, -0.125, -0.070, 0.0])
_MEGA = np.array([0.0, 0.14, 0.14, 0.09, 0.0])
_SMALL = np.array([0.0, -0.125, -0.135, -0.095, 0.0])
_SWING = np.array([0.0, -0.035, -0.06, -0.03, 0.0])

#: A crash in the past, and the reversal after it in which nearly everything rises: market levels that are added to it.
_CRASH = (
    (date(2018, 11, 20), 0.0), (date(2018, 12, 21), -0.34), (date(2018, 12, 31), -0.21), (date(2019, 1, 15), -0.10),
    (date(2019, 3, 29), -0.03), (date(2019, 9, 30), 0.0),
)  # fmt: skip

# Noise of the common levels: volatility a year, half-life in sessions.
_NOISE = {"market": (0.115, 13), "mega": (0.06, 30), "small": (0.085, 18), "sector": (0.07, 60)}
_COMMON = 3 + len(SECTORS)
_SLOW_HALF_LIFE, _FAST_HALF_LIFE = 250, 12


@dataclass(frozen=True)
class Paths:
    """Sessions from the first on; arrays are (sessions, …). Logs are relative to `START`, without the trend."""

    sessions: list[date]
    price: Floats  # (sessions, companies), US dollars
    own: Floats  # (sessions, companies), the company's slow path
    market: Floats  # (sessions,), the market's cycle and noise
    small: Floats  # (sessions,), the lead of small companies
    years: Floats  # (sessions,), since `START`, negative before
    start: int  # the number of that session


def simulate(world: World, seed: int, last_year: int, *, past: bool = True) -> Paths:
    """Prices of all sessions from the first to the end of `last_year`; from `START` on where there is no past.

    The past before `START` is drawn by itself and moved to end on the prices that the market starts with.
    """
    after = sessions_between(START, date(last_year, 12, 31))
    walked = _walk(world, seed, after)
    walked.log -= walked.log[0]
    before = sessions_between(FIRST_SESSION, START) if past else [START]
    if past:
        walked = _joined(_walk(world, seed, before), walked)
    price = np.exp(walked.log, out=walked.log)
    price *= world.price
    return Paths(
        [*before[:-1], *after], np.round(price, 2, out=price), walked.own, walked.market, walked.small, walked.years,
        len(before) - 1,
    )  # fmt: skip


@dataclass
class _Walk:
    """A stretch of sessions: logs of prices, the companies' slow paths, the common levels, years since `START`."""

    log: Floats  # (sessions, companies)
    own: Floats  # (sessions, companies)
    market: Floats
    small: Floats
    years: Floats


def _joined(past: _Walk, walked: _Walk) -> _Walk:
    """Both, the past moved to end where the other begins, on the same session."""
    past.log -= past.log[-1]
    past.own += walked.own[0] - past.own[-1]
    past.market += walked.market[0] - past.market[-1]
    past.small += walked.small[0] - past.small[-1]
    return _Walk(
        *(
            np.concatenate([getattr(past, name)[:-1], getattr(walked, name)])
            for name in ("log", "own", "market", "small", "years")
        )
    )


def _walk(world: World, seed: int, sessions: list[date]) -> _Walk:
    """Walk along consecutive sessions, with noise that begins at 0."""
    days = np.array([(session - _ORIGIN).days for session in sessions])
    years = (days - (START - _ORIGIN).days) / 365.25
    common, slow, fast = _noise(world, seed, sessions, _stress(days))
    market = _cycle(_MARKET, days, seed) + _crash(days) + common[:, 0]
    mega = _cycle(_MEGA, days, seed) + common[:, 1]
    small = _cycle(_SMALL, days, seed) + common[:, 2]
    swing = _cycle(_SWING, days, seed)
    log = slow + fast
    log += common[:, 3:][:, world.sector]
    for level, loading in ((market, world.beta), (mega, world.mega), (small, world.small), (swing, world.swing)):
        log += level[:, None] * loading
    log += TREND * years[:, None]
    return _Walk(log, slow, market, small, years)


def cycle_position(day: date) -> float:
    """How much of its cycle has passed on `day`, 0 to 1."""
    return ((day - _ORIGIN).days % _CYCLE) / _CYCLE


def _cycle(levels: Floats, days: np.ndarray, seed: int) -> Floats:
    """A level along its cycles, each a little longer here, deeper there."""
    found = np.empty(len(days))
    number = days // _CYCLE
    for cycle in np.unique(number):
        chance = np.random.default_rng(np.random.SeedSequence([seed, 3, int(cycle) % 2**32]))
        shift = chance.uniform(-0.035, 0.035) * np.array([0, 1, 1, 1, 0])
        depth = chance.uniform(0.92, 1.1)
        here = number == cycle
        found[here] = np.interp((days[here] % _CYCLE) / _CYCLE, _KNOTS + shift, depth * levels)
    return found


def _crash(days: np.ndarray) -> Floats:
    added: Floats = np.interp(days, [(day - _ORIGIN).days for day, _ in _CRASH], [level for _, level in _CRASH])
    return added


def _stress(days: np.ndarray) -> Floats:
    """How much more volatile than usual the market is during and after a fall."""
    return np.interp((days % _CYCLE) / _CYCLE, (0.40, 0.45, 0.58, 0.72), (0.9, 1.35, 1.35, 0.9))


def _noise(world: World, seed: int, sessions: list[date], stress: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean-reverting levels: common (sessions, 3 + sectors), slow and fast own ones (sessions, companies)."""
    shocks = _shocks(seed, sessions)
    vols = [_NOISE["market"], _NOISE["mega"], _NOISE["small"], *[_NOISE["sector"]] * len(SECTORS)]
    common = shocks[:, :_COMMON] * stress[:, None] * np.array([vol for vol, _ in vols])
    slow = shocks[:, _COMMON : _COMMON + COUNT] * world.slow_vol
    fast = shocks[:, _COMMON + COUNT :] * world.fast_vol
    keep = kept(np.array([half_life for _, half_life in vols]))
    return wander(common, keep), wander(slow, kept(_SLOW_HALF_LIFE)), wander(fast, kept(_FAST_HALF_LIFE))


def _shocks(seed: int, sessions: list[date]) -> Floats:
    return yearly_draws([seed, 4], sessions, _COMMON + 2 * COUNT)


def yearly_draws(seeds: list[int], sessions: list[date], count: int) -> Floats:
    """(sessions, count): standard normal draws; always drawn for a whole year."""
    blocks = []
    for year in range(sessions[0].year, sessions[-1].year + 1):
        chance = np.random.Generator(np.random.Philox(np.random.SeedSequence([*seeds, year])))
        block = chance.standard_normal((366, count), dtype=np.float32)
        rows = [session.timetuple().tm_yday - 1 for session in sessions if session.year == year]
        blocks.append(block[rows])
    return np.concatenate(blocks).astype(np.float64)


def kept(half_life: float | np.ndarray) -> float | np.ndarray:
    """The share of a deviation that remains after one session."""
    kept: float | np.ndarray = 0.5 ** (1 / half_life)
    return kept


def wander(shocks: Floats, keep: float | np.ndarray) -> Floats:
    """x(t) = keep · x(t−1) + shock(t), from 0; `shocks` in volatility a year. Overwrites `shocks`."""
    shocks /= np.sqrt(_YEAR)
    shocks[0] = 0
    for row in range(1, len(shocks)):
        shocks[row] += keep * shocks[row - 1]
    return shocks


def third_friday(year: int, month: int) -> date:
    """The day on which funds go ex-distribution."""
    first = date(year, month, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)
