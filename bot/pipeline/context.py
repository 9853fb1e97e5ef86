"""What the stages of one run share: database, sources, time, progress, and who is told when a source fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from alerts.market.dates import Dates
from alerts.market.feed import FRED, EconomyFeed, MarketFeed

Report = Callable[[str, int, int], None]  # what is being done, how much of it is done, how much there is


def no_progress(_what: str, _done: int, _total: int) -> None:
    """A `Report` that shows nothing."""


@dataclass(frozen=True)
class RunContext:
    """One refresh, backfill or valuation history.

    now: the time of the whole run, UTC. economy: None where economic series are not fetched. operators: the chats that
    are told when a source fails and when it works again. at_once: companies whose closes are downloaded and stored at
    a time, the most work that a kill loses.
    """

    db: Database
    feed: MarketFeed
    now: datetime
    economy: EconomyFeed | None = None
    report: Report = no_progress
    operators: Sequence[int] = ()
    at_once: int = 100

    @property
    def economy_source(self) -> str:
        """How figures name the source of economic series."""
        return self.economy.name if self.economy else FRED

    @property
    def dates(self) -> list[Dates]:
        """The Date headers of the sources that have any; none of a simulated market."""
        sources = (self.feed, self.economy)
        return [source.dates for source in sources if source is not None and source.dates is not None]
