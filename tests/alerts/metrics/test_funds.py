"""Ratios, trends, leads and highs of a few funds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.member_frames import NONE

from alerts.metrics import size
from alerts.metrics.series import mean_of_last, ratio, return_since_quarter, slope

DRAWDOWN = "breadth.equal_weight_drawdown"


def fund(values: list[float] | np.ndarray, first: str = "2019-12-31", name: str = "IWM") -> pd.Series:
    return pd.Series(np.asarray(values, dtype="float64"), pd.bdate_range(first, periods=len(values)), name=name)


# ---- the ratio -----------------------------------------------------------------------------------------------------


def test_the_ratio_is_a_hundred_on_the_second_of_january_2020() -> None:
    # 31 December, 1 January (no session, but in these frames), 2 January, 3 January; quotients 2, 2, 4, 5
    told = ratio(fund([20, 20, 40, 50]), fund([10, 10, 10, 10]))
    assert told["2020-01-02"] == 100.0
    assert told.tolist() == [50.0, 50.0, 100.0, 125.0]


def test_a_younger_history_is_a_hundred_on_the_first_session_with_both() -> None:
    told = ratio(fund([NONE, 30, 60], "2023-05-01"), fund([10, 10, 10], "2023-05-01"))
    assert told.tolist()[1:] == [100.0, 200.0]


def test_the_ratio_has_no_base_without_closes() -> None:
    told = size.size_ratio(fund([NONE, NONE]), fund([10, 10], name="SPY"))
    assert told["value"].isna().all()
    assert set(told["reason"]) == {"coverage 50 % is under 100 %, no close of IWM"}


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100.0))
@settings(max_examples=40, deadline=None)
def test_rescaling_a_whole_adjusted_history_changes_nothing(seed: int, factor: float) -> None:
    source = np.random.default_rng(seed)
    small, large = (fund(np.exp(source.normal(0, 0.01, 260).cumsum() + 4), "2019-06-03") for _ in range(2))
    for told in (size.size_ratio, size.trend, size.equal_weight, size.lead_quarter):
        before, after = told(small, large)["value"], told(small * factor, large)["value"]
        np.testing.assert_allclose(before, after, rtol=1e-9, atol=1e-9)


# ---- the trend -----------------------------------------------------------------------------------------------------


def test_the_trend_is_the_distance_from_the_mean_of_two_hundred() -> None:
    # 199 times 1 and today 2: mean 201/200 = 1.005; 2/1.005 − 1 = 99.00 %
    frame = size.trend(fund([10] * 199 + [20]), fund([10] * 200, name="SPY"))
    assert frame["value"].iloc[-1] == pytest.approx(100 * (2 / 1.005 - 1))
    assert frame["reason"].iloc[-2] == "fewer than 200 sessions of IWM/SPY"


def test_an_average_tolerates_as_many_holes_as_a_member_may_have() -> None:
    # 4 values within 4 + max(2, 0) = 6 sessions
    values = fund([1, NONE, 2, NONE, 3, 4])
    assert mean_of_last(values, 4).iloc[-1] == 2.5
    assert np.isnan(mean_of_last(fund([1, NONE, 2, NONE, NONE, 3, 4]), 4).iloc[-1])
    assert np.isnan(mean_of_last(fund([1, 2, 3, 4, NONE]), 4).iloc[-1])


# ---- leads ---------------------------------------------------------------------------------------------------------


def test_a_lead_is_the_difference_of_two_returns() -> None:
    # IWM 100 → 110: +10 %; SPY 200 → 208: +4 %; 6 points
    small, large = [100] * 21 + [110], [200] * 21 + [208]
    frame = size.lead(fund(small), fund(large, name="SPY"), 21)
    assert frame["value"].iloc[-1] == pytest.approx(6.0)
    assert frame["reason"].iloc[-2] == "no close 21 sessions ago"


def test_a_lead_over_a_hole_is_missing() -> None:
    start = fund([NONE, *[100] * 21])
    assert size.lead(start, fund([200] * 22, name="SPY"), 21)["reason"].iloc[-1] == "no close 21 sessions ago"
    today = size.lead(fund([100] * 22), fund([200] * 21 + [NONE], name="SPY"), 21)
    assert np.isnan(today["value"].iloc[-1])
    assert today["reason"].iloc[-1] == "coverage 50 % is under 100 %, no close of SPY"


def test_the_quarter_starts_from_the_last_close_of_the_one_before_over_a_year_too() -> None:
    small = fund([90, 100, 103, 106], "2024-12-30")  # 30, 31 December, 1, 2 January
    large = fund([50, 50, 50, 51], "2024-12-30", "SPY")
    frame = size.lead_quarter(small, large)
    # first session of the quarter: 3 − 0; second: 6 − 2
    assert frame["value"].tolist()[2:] == [pytest.approx(3.0), pytest.approx(4.0)]
    assert frame["reason"].tolist()[:2] == ["no close at the end of last quarter"] * 2


def test_the_last_session_of_a_quarter_still_belongs_to_it() -> None:
    days = pd.bdate_range("2024-12-31", "2025-04-01")
    values = pd.Series(np.arange(100.0, 100.0 + len(days)), index=days)
    told = return_since_quarter(values)
    end, next_ = len(days) - 2, len(days) - 1
    assert told.iloc[end] == pytest.approx(100 * (values.iloc[end] / 100 - 1))
    assert told.iloc[next_] == pytest.approx(100 * (values.iloc[next_] / values.iloc[end] - 1))


def test_a_hole_at_the_end_of_a_quarter_leaves_the_next_without_a_lead() -> None:
    small = fund([90, NONE, 103], "2024-12-30")
    frame = size.lead_quarter(small, fund([50, 50, 50], "2024-12-30", "SPY"))
    assert frame["reason"].iloc[-1] == "no close at the end of last quarter"


# ---- equal weight --------------------------------------------------------------------------------------------------


def test_equal_weight_takes_252_sessions() -> None:
    frame = size.equal_weight(fund([30] * 252, name="RSP"), fund([20] * 252, name="SPY"))
    assert frame["value"].notna().tolist() == [False] * 251 + [True]
    assert frame["reason"].iloc[250] == "fewer than 252 sessions of RSP/SPY"


def test_the_drawdown_is_zero_at_a_high_and_negative_below() -> None:
    frame = size.drawdown(fund([100] * 251 + [120.1, 120.1, 90.075], name="RSP"), DRAWDOWN)
    assert frame["value"].tolist()[251:] == [0.0, 0.0, pytest.approx(-25.0)]
    assert frame["reason"].iloc[250] == "fewer than 252 sessions of RSP"


def test_a_high_before_the_minimum_still_counts() -> None:
    frame = size.drawdown(fund([200] + [100] * 251, name="RSP"), DRAWDOWN)
    assert frame["value"].iloc[-1] == -50.0


# ---- slope ---------------------------------------------------------------------------------------------------------


def test_the_slope_of_a_line_is_its_step() -> None:
    assert slope(fund([3.0 + 0.5 * at for at in range(63)]), 63).iloc[-1] == pytest.approx(0.5)


def test_the_slope_of_a_flat_line_is_exactly_zero() -> None:
    assert [slope(fund([value] * 63), 63).iloc[-1] for value in (97.3, 0.1, 123.456789)] == [0.0] * 3


def test_the_slope_agrees_with_least_squares_and_stops_at_a_hole() -> None:
    values = np.random.default_rng(7).normal(100, 3, 80)
    told = slope(fund(values), 63)
    assert told.iloc[-1] == pytest.approx(np.polyfit(np.arange(63), values[-63:], 1)[0])
    values[40] = NONE
    assert slope(fund(values), 63).isna().all()
