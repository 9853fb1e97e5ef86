"""The years of the simulated market that lie before what a demo begins with: filled while the demo is in use.

    python -m bot.demo.history DATABASE YEARS

A process of its own, so that neither the page nor a step of the clock waits for it, with a low priority. It ends when
its standard input does; what it has not recorded by then is filled at the next start.
"""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path

from sqlite_utils import Database

from alerts.market.feed import EconomyFeed, MarketFeed
from bot.child_process import end_with_stdin
from bot.demo.clock import evening
from bot.pipeline.backfill import backfill
from bot.pipeline.context import RunContext
from bot.pipeline.refresher import SLACK, history_passes
from storage import histories, sessions
from storage.database import open_database

_NICE = 10


def missing_from(db: Database, years: int) -> date | None:
    """The first session of the last `years` years; None where their figures are there, or no session is judged."""
    last, filled = sessions.last_sealed(db), histories.filled_from(db)
    if last is None or not (passes := history_passes(last, years)):
        return None
    return passes[-1] if filled is None or filled > passes[-1] + SLACK else None


def fill(db: Database, feed: MarketFeed, economy: EconomyFeed, years: int) -> bool:
    """Fill the figures of the last `years` years before the last judged session; whether any were missing."""
    start, last = missing_from(db, years), sessions.last_sealed(db)
    if start is None or last is None:
        return False
    backfill(RunContext(db, feed, evening(last), economy), start, last)
    return True


def main() -> None:
    """Fill what is missing in the file of a demo."""
    from alerts.market.sample import SampleMarket
    from alerts.market.sample.economy import SampleEconomy

    path, years = Path(sys.argv[1]), int(sys.argv[2])
    end_with_stdin()
    os.nice(_NICE)
    db = open_database(path)
    try:
        fill(db, SampleMarket(), SampleEconomy(), years)
    finally:
        db.close()


if __name__ == "__main__":
    main()
