"""Companies that leave, go on under another symbol, and arrive large, between one ranking and the next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.market.sessions import next_session, sessions_between
from alerts.market.universe import plain_name

GONE_AFTER = 5  # sessions in a row with neither a quote nor a close
SAME_CLOSES = 20  # that two symbols must have in common to be one company without the same name
SAME = 0.001  # closes that differ by no more are the same
FAST_SESSIONS = 5  # a newcomer's market value counts at the close of this session
FAST_RANK = 500


@dataclass(frozen=True)
class Listing:
    """A symbol as a census lists it. first_trade: the first session on which it traded."""

    symbol: str
    name: str
    first_trade: date | None


@dataclass(frozen=True)
class FastEntry:
    """A newcomer that is a member of large from session `enters` on; rank and value at the close of its fifth one."""

    symbol: str
    listed: date
    enters: date
    rank: int
    market_value: float  # US dollars


def gone_from(last_seen: date | None, listed: date | None, sessions: Sequence[date]) -> date | None:
    """The session from which a company is gone; None while it is not.

    last_seen: the last session with a quote or a close of it, None if there never was one. sessions: the latest ones
    that have data at all, ascending; a session that nothing was fetched for says nothing of anybody.
    """
    recent = list(sessions[-GONE_AFTER:])
    if len(recent) < GONE_AFTER or (last_seen is not None and last_seen >= recent[0]):
        return None
    if last_seen is None:
        return None if listed is not None and listed >= recent[0] else recent[0]
    return next_session(last_seen)


def renamed(
    vanished: Sequence[Listing],
    newcomers: Sequence[Listing],
    closes: Mapping[str, npt.NDArray[np.int64]] | None = None,
) -> dict[str, str]:
    """New symbol by old one of the companies that go on under another symbol.

    vanished: companies that stood in a census of the last five sessions, and are not in this one. newcomers: symbols
    that are new in this one. Both must have the same first trade date, and the same plain name or the same last
    `SAME_CLOSES` closes. closes: by symbol, on the same sessions, 0 if there is none. A newcomer that two companies
    would claim is nobody's.
    """
    found: dict[str, list[str]] = {}
    for new in newcomers:
        for old in vanished:
            if new.first_trade is None or new.first_trade != old.first_trade:
                continue
            if plain_name(new.name) == plain_name(old.name) or _same_closes(closes or {}, old.symbol, new.symbol):
                found.setdefault(new.symbol, []).append(old.symbol)
    claims = [olds[0] for olds in found.values() if len(olds) == 1]
    return {olds[0]: new for new, olds in found.items() if len(olds) == 1 and claims.count(olds[0]) == 1}


def _same_closes(closes: Mapping[str, npt.NDArray[np.int64]], old: str, new: str) -> bool:
    """Whether both have closes on at least `SAME_CLOSES` sessions, and the last so many are the same."""
    if old not in closes or new not in closes:
        return False
    one, other = closes[old], closes[new]
    both = np.flatnonzero((one > 0) & (other > 0))[-SAME_CLOSES:]
    if len(both) < SAME_CLOSES:
        return False
    return bool((np.abs(other[both] / one[both] - 1) <= SAME).all())


def fifth_session(first_trade: date, through: date) -> date | None:
    """The session at whose close a newcomer's market value counts; None if it lies after `through`."""
    traded = sessions_between(first_trade, through)
    return traded[FAST_SESSIONS - 1] if len(traded) >= FAST_SESSIONS else None


def fast_entry(symbol: str, listed: date, fifth: date, market_value: pd.Series) -> FastEntry | None:
    """The entry of a newcomer whose first session is `listed`; None if it is not among the first `FAST_RANK`.

    market_value: US dollars at the close of its `fifth` session, by symbol, of all companies.
    """
    own = float(market_value.get(symbol, np.nan))
    if not own > 0:
        return None
    rank = 1 + int((market_value > own).sum())
    return FastEntry(symbol, listed, next_session(fifth), rank, own) if rank <= FAST_RANK else None
