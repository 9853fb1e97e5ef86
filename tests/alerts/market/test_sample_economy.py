"""The simulated economy and its futures: whole, plausible, and the same however they are asked for."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from alerts.market.feed import FeedUnavailable
from alerts.market.sample import SampleMarket
from alerts.market.sample.economy import SampleEconomy, contract_prices
from alerts.market.sessions import sessions_between
from alerts.metrics.catalog import fred_series
from alerts.metrics.fed_meetings import scheduled
from alerts.metrics.odds import TargetRange, tree
from bot.pipeline.gather import months_from


@pytest.mark.parametrize("identity", fred_series())
def test_every_series_that_is_asked_for_is_there(identity: str) -> None:
    told = SampleEconomy().series(identity)
    assert told.index.is_monotonic_increasing and told.index.is_unique
    assert np.isfinite(told).all()
    assert told.index[0] < pd.Timestamp("2014-10-01") < told.index[-1]


def test_what_is_no_series_is_said_to_be_none() -> None:
    with pytest.raises(FeedUnavailable, match="simulated: NOPE: no such series"):
        SampleEconomy().series("NOPE")


def test_the_range_moves_on_the_day_after_a_meeting_alone_and_a_quarter_at_a_time() -> None:
    economy = SampleEconomy()
    upper, lower = economy.series("DFEDTARU"), economy.series("DFEDTARL")
    assert ((upper - lower) == 0.25).all()
    moved = lower.diff().fillna(0.0)
    decided = {pd.Timestamp(day) + pd.Timedelta(days=1) for day in scheduled().decisions}
    assert set(moved[moved != 0].index) <= decided
    assert set(moved.abs().unique()) == {0.0, 0.25}


def test_futures_agree_with_the_range_in_force_and_with_each_other() -> None:
    economy, checked = SampleEconomy(), 0
    lower = economy.series("DFEDTARL")
    for day in sessions_between(date(2024, 1, 2), date(2025, 9, 30))[::20]:
        if day in scheduled().decisions:  # the range of that evening is in force from the next day on
            continue
        prices = contract_prices(months_from(day, 12), [day]).iloc[0].dropna().to_dict()
        bound = float(lower[pd.Timestamp(day)])
        told = tree(day, prices, TargetRange(bound, bound + 0.25, day), scheduled())
        assert told.meetings[0].start == pytest.approx(bound + 0.08, abs=0.06)
        assert all(abs(meeting.left_over or 0.0) < 0.05 for meeting in told.meetings)
        checked += 1
    assert checked > 15


def test_a_contract_trades_until_its_month_is_over() -> None:
    market = SampleMarket()
    told = market.contracts(["2025-07", "2025-08"], start=date(2025, 7, 30), through=date(2025, 8, 1))
    assert told["2025-07"].notna().tolist() == [True, True, False]
    assert told["2025-08"].notna().all()


def test_a_price_does_not_depend_on_how_it_is_asked_for() -> None:
    days = sessions_between(date(2025, 6, 2), date(2025, 6, 30))
    whole = contract_prices(["2025-07", "2025-09"], days)
    assert contract_prices(["2025-09"], days[5:6]).iloc[0, 0] == whole["2025-09"].iloc[5]
