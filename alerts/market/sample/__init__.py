"""A simulated market: seeded, the same on every machine, to try the program without a data source."""

from alerts.market.sample.feed import SampleMarket

__all__ = ["SampleMarket"]
