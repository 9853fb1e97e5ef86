"""Computes base rates: the returns after firings and after all days, from closes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from alerts.rules.base_rates import FEWEST, HORIZONS, NO_CLOSES, BaseRates, Following, Horizon, Spread

Floats = npt.NDArray[np.float64]


def base_rates(
    fired: Sequence[date], tried: Sequence[date], sessions: Sequence[date], iwm: Sequence[float], spy: Sequence[float]
) -> BaseRates:
    """Base rates of the firings `fired` among the days `tried`.

    sessions, iwm, spy: total-return closes of consecutive sessions, NaN if there is none. Of firings closer together
    than the horizon only the first counts; a day with fewer sessions ahead than the horizon does not count.
    """
    known = {session: at for at, session in enumerate(sessions)}
    days = np.array([known[session] for session in tried if session in known], dtype=np.int64)
    firings = [known[session] for session in fired if session in known]
    small, large = np.asarray(iwm, dtype=np.float64), np.asarray(spy, dtype=np.float64)
    if not len(days) or np.isnan(small[days] + large[days]).all():
        return BaseRates(len(fired), (), NO_CLOSES)
    horizons = []
    for ahead in HORIZONS:
        gained, lead = _returns(small, ahead), _returns(small, ahead) - _returns(large, ahead)
        apart = _apart([at for at in firings if at < len(lead) and not np.isnan(lead[at])], ahead)
        horizons.append(
            Horizon(
                ahead,
                _following(gained, lead, np.array(apart, dtype=np.int64)),
                _following(gained, lead, days[(days < len(lead))]),
            )
        )
    return BaseRates(len(fired), tuple(horizons))


def _returns(closes: Floats, ahead: int) -> Floats:
    """100 · (close `ahead` sessions later/close − 1), for each session with that many sessions ahead."""
    if len(closes) <= ahead:
        return np.empty(0)
    later: Floats = 100.0 * (closes[ahead:] / closes[:-ahead] - 1.0)
    return later


def _apart(firings: Sequence[int], ahead: int) -> list[int]:
    out: list[int] = []
    for at in sorted(firings):
        if not out or at - out[-1] >= ahead:
            out.append(at)
    return out


def _following(gained: Floats, lead: Floats, days: npt.NDArray[np.int64]) -> Following:
    days = days[~np.isnan(lead[days])] if len(days) else days
    if len(days) < FEWEST:
        return Following(len(days), None, None)
    return Following(len(days), _spread(lead[days]), _spread(gained[days]))


def _spread(values: Floats) -> Spread:
    return Spread(float(np.median(values)), float(np.mean(values > 0)), float(np.min(values)))
