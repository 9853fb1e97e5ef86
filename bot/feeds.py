"""MARKET → the feed that answers."""

from __future__ import annotations

from datetime import UTC, datetime

from alerts.market.feed import MarketFeed
from bot.settings import Settings


def make_feed(settings: Settings) -> MarketFeed:
    """The market that the settings name."""
    if settings.market == "sample":
        from alerts.market.sample import SampleMarket

        return SampleMarket(now=_now)
    from alerts.market.yahoo import Yahoo

    return Yahoo(settings.cache_path, now=_now)


def _now() -> datetime:
    return datetime.now(UTC)
