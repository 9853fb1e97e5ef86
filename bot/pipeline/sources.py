"""MARKET → the feeds that answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alerts.market.feed import EconomyFeed
from bot.settings import Settings

if TYPE_CHECKING:
    from alerts.market.sample import SampleMarket
    from alerts.market.yahoo import Yahoo


def make_feed(settings: Settings) -> SampleMarket | Yahoo:
    """The market that the settings name."""
    if settings.market == "sample":
        from alerts.market.sample import SampleMarket

        return SampleMarket(now=_now, past=_needs_past(settings))
    from alerts.market.yahoo import Yahoo

    return Yahoo(settings.cache_folder, now=_now, per_second=settings.yahoo_per_second)


def make_economy(settings: Settings) -> EconomyFeed:
    """Where economic series come from."""
    if settings.market == "sample":
        from alerts.market.sample.economy import SampleEconomy

        return SampleEconomy(past=_needs_past(settings))
    from alerts.market.fred import Fred

    key = settings.fred_api_key
    return Fred(_now, key=key.get_secret_value() if key else None)


def _needs_past(settings: Settings) -> bool:
    """Whether the history that the settings ask for begins before the simulated market's later part."""
    from alerts.market.sample.companies import NEEDS_PAST

    return settings.history_years >= NEEDS_PAST


def _now() -> datetime:
    return datetime.now(UTC)
