"""Earnings, book value and EV/EBIT of the simulated companies. They change from month to month, not from day to day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alerts.market.sample.companies import Floats, World
from alerts.market.sample.paths import TREND, Paths, cycle_position


@dataclass(frozen=True)
class Fundamentals:
    """By company, (companies,). Per share in US dollars; NaN if a company reports none."""

    eps_forward: Floats
    eps_trailing: Floats
    book_value: Floats
    ev_ebit: Floats


def fundamentals(world: World, paths: Paths, at: int) -> Fundamentals:
    """Figures as known on session number `at`: those of the first session of its month, at that day's price.

    Earnings grow with the trend and partly follow the company's own slow path and falls of the market; earnings near
    zero change sign with the cycle. Small companies grow faster while leadership is broad.
    """
    then = at
    while then > 0 and paths.sessions[then - 1].month == paths.sessions[at].month:
        then -= 1
    grown = TREND * paths.years[then] + 0.7 * paths.own[then] + 0.25 * paths.market[then]
    # In the past good and bad years differed more; in its first year small companies earned more, and lost less.
    swing = float(np.interp(paths.years[then], (-1.0, 0.0), (3.0, 1.0)))
    early = float(np.interp(paths.years[then], (-3.93, -3.86, -3.75, -3.2), (0.0, 1.0, 1.0, 0.0)))
    turn = swing * _turn(cycle_position(paths.sessions[then]))
    earnings_yield = np.where(world.earnings_yield < 0, (1 - 0.5 * early) * world.earnings_yield, world.earnings_yield)
    earnings_yield = earnings_yield + np.where(world.earnings_yield < 0.03, 0.006 * turn, 0.0)
    forward = world.price * earnings_yield * np.exp(grown + 0.75 * early * world.small)
    growth = world.growth + 0.11 + world.small * (0.03 + 0.07 * turn)
    trailing = np.where(forward > 0, forward / (1 + np.maximum(growth, -0.3)), 1.25 * forward)
    pe = paths.price[at] / forward
    ev_ebit = np.where(forward > 0, pe * world.ev_multiple, np.maximum(pe * world.ev_multiple, -80.0))
    nothing = np.where(world.unreported, np.nan, 1.0)
    return Fundamentals(
        eps_forward=np.round(forward * nothing, 4),
        eps_trailing=np.round(trailing * nothing, 4),
        book_value=np.round(world.price * world.book_yield * np.exp(TREND * paths.years[then]), 4),
        ev_ebit=np.round(ev_ebit * nothing, 4),
    )


def _turn(position: float) -> float:
    """The position of earnings in the cycle, −1 to 1: low after a fall, high after long broad leadership."""
    return float(np.interp(position, (0.0, 0.35, 0.65, 0.9, 1.0), (1.0, -0.2, -1.0, 0.8, 1.0)))
