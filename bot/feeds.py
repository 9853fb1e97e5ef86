"""MARKET → the feeds that answer."""

from __future__ import annotations

from datetime import UTC, datetime

from alerts.market.feed import EconomyFeed, MarketFeed
from bot.settings import Settings


def make_feed(settings: Settings) -> MarketFeed:
    """The market that the settings name."""
    if settings.market == "sample":
        from alerts.market.sample import SampleMarket

        return SampleMarket(now=_now)
    from alerts.market.yahoo import Yahoo

    return Yahoo(settings.cache_path, now=_now, per_second=settings.yahoo_per_second)


def make_economy(settings: Settings) -> EconomyFeed:
    """Where economic series come from."""
    if settings.market == "sample":
        from alerts.market.sample.economy import SampleEconomy

        return SampleEconomy()
    from alerts.market.fred import Fred

    return Fred()


def _now() -> datetime:
    return datetime.now(UTC)
