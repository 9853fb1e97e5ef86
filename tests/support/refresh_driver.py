"""Runs refreshes and backfills as lines of standard input ask, in a process whose environment names the market's proxy.

    refresh_driver.py CACHE
    {"do": "refresh", "database": …, "session": "2025-08-20", "now": "2025-08-20T21:00:00+00:00"}
    {"do": "backfill", "database": …, "from": "2025-08-01", "now": …}
    {"do": "valuations", "database": …, "now": …}

The clock is an argument, as everywhere; nothing else differs from the console's commands.
"""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from alerts.market import fred
from alerts.market.dates import Dates
from alerts.market.feed import FeedError
from alerts.market.fred import Fred
from alerts.market.yahoo import Yahoo
from alerts.market.yahoo.session import Limits
from bot.pipeline.backfill import backfill
from bot.pipeline.context import RunContext
from bot.pipeline.session import refresh
from bot.pipeline.valuations import fill_valuations
from storage.database import open_database

OPERATOR = 4242


def answer(db: Database, cache: Path, asked: dict[str, Any]) -> Any:
    now = datetime.fromisoformat(asked["now"])
    feed = Yahoo(cache, lambda: now, pause=0.01)
    feed.fewest_lines = asked.get("fewest_lines", feed.fewest_lines)
    if "limits" in asked:  # seconds for a request, and for a fetch
        feed.limits = Limits(feed.dates, *asked["limits"])
        fred.REQUEST_SECONDS = asked["limits"][0]
    economy = Fred(lambda: now, pause=0.001)
    if not asked.get("dates", True):
        # A market whose answers carry this machine's time, whatever session its quotes are of.
        feed.dates = feed.limits.dates = economy.dates = Dates(lambda: datetime.now(UTC))
    context = RunContext(db, feed, now, economy, operators=(OPERATOR,), at_once=asked.get("at_once", 100))
    if asked["do"] == "backfill":
        end = date.fromisoformat(asked["to"]) if "to" in asked else None
        done = backfill(context, date.fromisoformat(asked["from"]), end, pauses=asked.get("pauses", ()))
        return asdict(done)
    if asked["do"] == "valuations":
        return asdict(fill_valuations(context, feed))
    outcomes = refresh(context, date.fromisoformat(asked["session"]))
    return [asdict(outcome) | {"session": outcome.session.isoformat()} for outcome in outcomes]


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    for line in sys.stdin:
        asked = json.loads(line)
        db = open_database(Path(asked["database"]))
        try:
            given = answer(db, Path(sys.argv[1]), asked)
        except FeedError as error:
            given = {"error": type(error).__name__, "text": str(error)}
        db.close()
        print(json.dumps(given), flush=True)


if __name__ == "__main__":
    main()
