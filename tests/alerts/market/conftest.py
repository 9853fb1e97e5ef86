"""Censuses written by hand."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from alerts.market.feed import CENSUS_COLUMNS

SESSION = pd.Timestamp("2025-07-30").as_unit("s")
SOUND = {
    "exchange": "NYQ",
    "quote_type": "EQUITY",
    "currency": "USD",
    "financial_currency": "USD",
    "price": 50.0,
    "previous_close": 49.0,
    "market_value": 5e9,
    "session": SESSION,
}

Census = Callable[..., pd.DataFrame]


def census_of(**lines: object) -> pd.DataFrame:
    """A census: symbol=name, or symbol=dict of figures that differ from a sound company's; "__" in a symbol is "-"."""
    rows = {}
    for symbol, given in lines.items():
        figures = {"name": given} if isinstance(given, str) else given
        assert isinstance(figures, dict)
        rows[symbol.replace("__", "-")] = {"name": f"{symbol} Inc.", **SOUND, **figures}
    frame = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=list(CENSUS_COLUMNS))
    return frame.astype(CENSUS_COLUMNS)


@pytest.fixture
def census() -> Census:
    return census_of
