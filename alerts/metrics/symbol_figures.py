"""Figures of symbols that people ask for: a ratio of two, or one alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.metrics.frames import figures
from alerts.metrics.size import closing_price, size_ratio
from alerts.metrics.symbols import is_ratio, symbols_of


def symbol_figures(
    metric_id: str, closes: Mapping[str, pd.Series], until: date, source: str, sessions: Sequence[date] | None = None
) -> list[Figure]:
    """A figure on each session from the first on which every symbol has a close, up to `until`; of `sessions` alone.

    closes: by symbol, dollars by session, the whole history: adjusted of a ratio, raw of a price.
    """
    columns = [closes[symbol].dropna() for symbol in symbols_of(metric_id)]
    if any(column.empty for column in columns):
        return []
    first = max(column.index[0].date() for column in columns)
    held = sessions_between(first, until)
    if not held:
        return []
    index = pd.DatetimeIndex(pd.to_datetime(held))
    parts = [
        column.reindex(index).rename(symbol) for symbol, column in zip(symbols_of(metric_id), columns, strict=True)
    ]
    frame = size_ratio(parts[0], parts[1], metric_id) if is_ratio(metric_id) else closing_price(parts[0], metric_id)
    wanted = None if sessions is None else index.intersection(pd.DatetimeIndex(pd.to_datetime(list(sessions))))
    return figures(metric_id, frame, source, wanted)
