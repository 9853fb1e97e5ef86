"""A simulated market: seeded, the same on every machine, to try the program on without a source of data."""

from alerts.market.sample.feed import SampleMarket

__all__ = ["SampleMarket"]
