"""The constant properties of the simulated companies, drawn once from the seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from alerts.market.sample.names import SECTORS, name_all

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LARGE, MID, SMALL = slice(0, 500), slice(500, 1_000), slice(1_000, 1_600)
COUNT = 1_600
FIRST_SESSION = date(2014, 10, 1)  # ten years of figures before the demo: the longest windows need 300 sessions
START = date(2020, 1, 2)  # what is given "at the start" holds on this session, between the past and what follows
NEEDS_PAST = 5  # years of history, from which on it begins before `START`

_LARGEST = (2.1e12, 1.9e12, 1.6e12, 1.3e12, 1.05e12, 0.9e12, 0.75e12)  # US dollars: seven lead
#: Share of companies, P/E at the start, and sign in a cyclical swing (1 cyclical, −1 defensive), by sector.
_SECTOR_SHARE = np.array([5, 11, 8, 5, 15, 13, 15, 13, 6, 5, 4]) / 100
_SECTOR_PE = np.array([18.0, 20.0, 19.0, 12.0, 13.5, 18.0, 19.5, 24.0, 16.0, 27.0, 17.0])
_SECTOR_SWING = np.array([0.0, 1.0, -1.0, 0.6, 1.0, -1.0, 1.0, 0.2, 0.6, -0.2, -1.0])
_SECTORS_OF_LARGEST = (7, 7, 7, 0, 1, 7, 0)
_LOSSES = {"large": 0.05, "mid": 0.14, "small": 0.375}  # share of companies


@dataclass(frozen=True)
class World:
    """Company i is the i-th largest at the start; arrays are (companies,). Yields are of the price at the start."""

    symbols: list[str]
    names: list[str]
    sector: npt.NDArray[np.int64]  # into SECTORS
    exchange: list[str]
    price: Floats  # US dollars at the start
    shares: Floats
    beta: Floats
    mega: Floats  # 1 for the largest seven, 0 for most
    small: Floats  # 0 for large, 1 for small companies
    swing: Floats  # with cyclicals 1, with defensives −1
    slow_vol: Floats  # own yearly volatility that persists for months
    fast_vol: Floats  # own yearly volatility that fades within weeks
    earnings_yield: Floats  # forward EPS/price
    growth: Floats  # forward over trailing EPS, − 1
    book_yield: Floats
    ev_multiple: Floats  # EV/EBIT as a multiple of forward P/E
    unreported: Flags  # no earnings figures
    listed: npt.NDArray[np.datetime64]  # listing days; the first trade is on the next session, or on that day

    @property
    def market_value(self) -> Floats:
        return self.price * self.shares


def make_world(seed: int) -> World:
    """The companies of a seed."""
    chance = np.random.default_rng(np.random.SeedSequence([seed, 1]))
    rank = np.arange(1, COUNT + 1, dtype=np.int64)
    sector = chance.choice(len(SECTORS), COUNT, p=_SECTOR_SHARE)
    sector[: len(_SECTORS_OF_LARGEST)] = _SECTORS_OF_LARGEST
    symbols, names = name_all(sector.tolist(), chance)
    small = np.interp(rank, (450, 650, 950, 1_100), (0.0, 0.4, 0.6, 1.0))
    usual = np.log(np.interp(rank, (1, 500, 1_600), (180, 90, 18)))
    price: Floats = np.exp(usual + 0.5 * chance.standard_normal(COUNT)).round(2)
    spread = chance.uniform(0.8, 1.25, COUNT)
    return World(
        symbols=symbols,
        names=names,
        sector=sector,
        exchange=[("NMS", "NYQ")[draw] for draw in chance.integers(0, 2, COUNT)],
        price=price,
        shares=np.round(_values(rank) / price),
        beta=np.clip(chance.normal(1.0, 0.2, COUNT) + 0.1 * _SECTOR_SWING[sector], 0.5, 1.6),
        mega=np.interp(rank, (7, 8, 30), (1.0, 0.5, 0.0)),
        small=small,
        swing=_SECTOR_SWING[sector],
        slow_vol=spread * np.interp(small, (0, 1), (0.19, 0.29)),
        fast_vol=spread * np.interp(small, (0, 1), (0.14, 0.31)),
        earnings_yield=_earnings_yield(rank, sector, small, chance),
        growth=chance.normal(0.0, 0.06, COUNT),
        book_yield=chance.uniform(0.15, 0.6, COUNT) + 0.2 * small,
        ev_multiple=chance.uniform(0.65, 0.95, COUNT),
        unreported=np.isin(rank, (1_234, 1_457)),
        listed=_listing_days(seed),
    )


def _values(rank: npt.NDArray[np.int64]) -> Floats:
    """Market value at the start by rank: seven giants, a power law down to 12 bn, a steady fall to 0.25 bn."""
    rest = np.where(
        rank <= 500,
        6e11 * (8 / rank) ** 0.946,
        np.exp(np.interp(rank, (500, 1_000, 1_600), np.log((12e9, 3.6e9, 0.25e9)))),
    )
    rest[: len(_LARGEST)] = _LARGEST
    return rest


def _earnings_yield(
    rank: npt.NDArray[np.int64], sector: npt.NDArray[np.int64], small: Floats, chance: np.random.Generator
) -> Floats:
    """Forward EPS/price at the start: by sector, small companies cheaper, some of each size losing money."""
    pe = _SECTOR_PE[sector] * np.interp(rank, (7, 40), (1.15, 0.93)) * (1 - 0.17 * small)
    found = np.exp(chance.normal(0, 0.22, len(rank))) / pe
    size = np.select([rank <= 500, rank <= 1_000], ["large", "mid"], "small")
    # Young drugmakers lose money more often than banks do.
    prone = np.where(sector == SECTORS.index("Health Care"), 2.0, 1.0) * chance.uniform(0, 1, len(rank))
    for name, share in _LOSSES.items():
        of_size = np.flatnonzero((size == name) & (rank > 30))
        losing = of_size[np.argsort(-prone[of_size])][: round(share * np.count_nonzero(size == name))]
        found[losing] = -chance.uniform(0.0, 0.05, len(losing))
    return found


def _listing_days(seed: int) -> npt.NDArray[np.datetime64]:
    """A small company is listed about every five months from the start on; all others trade before it."""
    chance = np.random.default_rng(np.random.SeedSequence([seed, 2]))
    days = np.full(COUNT, np.datetime64("2009-06-01", "D"))
    young = chance.choice(np.arange(SMALL.start, SMALL.stop), 40, replace=False)
    apart = chance.integers(80, 220, len(young)).cumsum()
    days[young] = np.datetime64(START, "D") + apart
    return days
