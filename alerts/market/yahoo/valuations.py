"""Month-end valuation measures of one company, from one request."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime
from typing import Any

import pandas as pd

from alerts.market.feed import FeedUnavailable, TurnedAway
from alerts.market.sessions import sessions_between
from alerts.market.yahoo.errors import NO_FIGURES, reason_of
from alerts.market.yahoo.frames import NAME

COLUMNS = {"Market Cap": "market_value", "Forward P/E": "forward_pe"}


def month_measures(yfinance: Any, symbol: str, through: date) -> pd.DataFrame:
    """One row for each month ("2025-08") that ended by `through`: market_value, forward_pe; NaN if Yahoo has none.

    Empty if Yahoo has no month of this company. Raises FeedUnavailable if it does not answer, TurnedAway.
    """
    try:
        told = yfinance.Ticker(symbol).get_valuation_measures(freq="monthly", periods=None)
    except Exception as error:  # noqa: BLE001 – whatever yfinance raises becomes one of ours
        reason = reason_of(error)
        if reason.turned_away:
            raise TurnedAway(f"{NAME}: valuation measures: {reason.text}") from None
        if reason is NO_FIGURES or not reason.passing:
            return pd.DataFrame(columns=list(COLUMNS.values()), dtype="float64")
        raise FeedUnavailable(f"{NAME}: valuation measures of {symbol}: {reason.text}") from None
    rows: dict[str, dict[str, float]] = {}
    for label in told.columns:
        day = _day(label)
        if day is None or day > through or day < _month_end(day):
            continue  # the current month is listed by its last day so far
        rows[f"{day:%Y-%m}"] = {
            ours: float(told.at[theirs, label]) if theirs in told.index else float("nan")
            for theirs, ours in COLUMNS.items()
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS.values())).astype("float64").sort_index()


def _month_end(day: date) -> date:
    """The last session of the month of `day`."""
    return sessions_between(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))[-1]


def _day(label: object) -> date | None:
    """A month's end as the columns name it, "8/29/2025"; None for "Current"."""
    try:
        return datetime.strptime(str(label), "%m/%d/%Y").date()  # noqa: DTZ007 – a date without a time
    except ValueError:
        return None
