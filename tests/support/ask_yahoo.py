"""Asks `Yahoo` what each line of standard input says and answers with a line of JSON: run with a proxy's environment.

A line is {"call": "census", "session": …} or {"call": "closes", "symbols": […], "start": …, "through": …}.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from alerts.market.eligibility import SHELLS
from alerts.market.feed import FeedError
from alerts.market.yahoo import Yahoo


def answer(feed: Yahoo, asked: dict) -> dict:
    if asked["call"] == "census":
        quotes = feed.census(date.fromisoformat(asked["session"])).quotes
        return {
            "lines": len(quotes),
            "order": list(quotes.index),
            "apple": quotes.reindex(["AAPL"]).price.iloc[0],
            "shells": list(quotes.index[quotes.industry == SHELLS]),
        }
    start = date.fromisoformat(asked["start"]) if asked["start"] else None
    told: list = []
    closes = feed.closes(
        asked["symbols"],
        start=start,
        through=date.fromisoformat(asked["through"]),
        progress=lambda done, total: told.append([done, total]),
    )
    raw = closes.raw.astype(object).where(closes.raw.notna(), None)
    return {
        "sessions": [f"{day:%Y-%m-%d}" for day in raw.index],
        "raw": {symbol: list(raw[symbol]) for symbol in raw},
        "same_shape": closes.adjusted.index.equals(raw.index) and closes.adjusted.columns.equals(raw.columns),
        "adjusted_first": None if raw.empty else float(closes.adjusted.iloc[0, 0]),
        "told": told,
    }


def main() -> None:
    moment = datetime.fromisoformat(sys.argv[2]).replace(tzinfo=UTC)
    feed = Yahoo(Path(sys.argv[1]), lambda: moment, pause=0.02)
    for line in sys.stdin:
        try:
            given = answer(feed, json.loads(line))
        except FeedError as error:
            given = {"error": type(error).__name__, "text": str(error)}
        print(json.dumps(given), flush=True)


if __name__ == "__main__":
    main()
