"""Rotation quadrants and the lead of cyclicals."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.metrics.sectors import IMPROVING, LAGGING, LEADING, WEAKENING, cyclicals_lead, quadrant, rotation

FRIDAYS = pd.date_range("2024-01-05", periods=60, freq="W-FRI")


def fund(values: np.ndarray | list[float], index: pd.DatetimeIndex = FRIDAYS, name: str = "XLF") -> pd.Series:
    return pd.Series(np.asarray(values, dtype="float64"), index[: len(values)], name=name)


def market(count: int = 60, index: pd.DatetimeIndex = FRIDAYS) -> pd.Series:
    return fund([100.0] * count, index, "SPY")


def test_on_a_straight_line_strength_is_constant_and_its_movement_missing() -> None:
    # Among 1 … 14 the last is 6.5 above the mean, the deviation is √17.5 = 4.1833: x = 100 + 1.5538.
    told = rotation(fund(50.0 + np.arange(60)), market())
    assert told["x"].dropna().tolist() == pytest.approx([101.5538] * 47, abs=5e-5)
    assert told["y"].isna().all()
    frame = quadrant(fund(50.0 + np.arange(60)), market())
    assert frame["reason"].iloc[-1] == "fewer than 27 weeks of XLF/SPY, or it did not move"


def test_it_takes_fourteen_weeks_and_twenty_seven() -> None:
    values = 50.0 + np.random.default_rng(3).normal(0, 1, 60)
    told = rotation(fund(values), market())
    assert told["x"].isna().sum() == 13
    assert told["y"].isna().sum() == 26


def test_it_agrees_with_pandas_on_weekly_closes() -> None:
    values = 50.0 + np.random.default_rng(4).normal(0, 1, 60).cumsum()
    strength = fund(values)
    rolled = strength.rolling(14)
    x = 100 + (strength - rolled.mean()) / rolled.std()
    told = rotation(strength, market())
    np.testing.assert_allclose(told["x"], x, rtol=1e-9)
    np.testing.assert_allclose(told["y"], 100 + (x - x.rolling(14).mean()) / x.rolling(14).std(), rtol=1e-9)


def test_the_running_week_is_taken_up_to_the_session() -> None:
    days = pd.bdate_range("2024-01-01", periods=200)
    values = 50.0 + np.random.default_rng(5).normal(0, 1, 200).cumsum()
    whole = rotation(fund(values, days), market(200, days))
    for at in (150, 151, 153, 199):
        until = rotation(fund(values[: at + 1], days), market(at + 1, days))
        assert until.iloc[-1].tolist() == pytest.approx(whole.iloc[at].tolist())
    # A Wednesday: thirteen Fridays before it, then the Wednesday.
    at = 152
    assert days[at].day_name() == "Wednesday"
    closes = pd.Series(values[: at + 1], days[: at + 1])
    fridays = closes[closes.index.dayofweek == 4].iloc[-13:]
    among = np.append(fridays.to_numpy(), closes.iloc[-1])
    assert whole["x"].iloc[at] == pytest.approx(100 + (among[-1] - among.mean()) / among.std(ddof=1))


@given(st.lists(st.floats(1, 1_000), min_size=30, max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_score_is_further_out_than_thirteen_over_the_root_of_fourteen(values: list[float]) -> None:
    told = rotation(fund(values), market(len(values)))
    for side in (told["x"], told["y"]):
        assert (side.dropna() - 100).abs().max() <= 13 / np.sqrt(14) + 1e-9 or side.isna().all()


def test_the_four_quadrants() -> None:
    # A wave of forty weeks passes through all four, clockwise: leading, weakening, lagging, improving.
    wave = 50.0 + np.sin(np.arange(60) * 2 * np.pi / 40)
    told = quadrant(fund(wave), market())["value"].dropna()
    turns = told[told != told.shift()].tolist()
    assert set(turns) == {LEADING, WEAKENING, LAGGING, IMPROVING}
    order = [LEADING, WEAKENING, LAGGING, IMPROVING]
    assert all(order[(order.index(a) + 1) % 4] == b for a, b in pairwise(turns))


def test_a_missing_close_is_missing_that_day_alone_and_named() -> None:
    days = pd.bdate_range("2024-01-01", periods=200)
    values = 50.0 + np.random.default_rng(6).normal(0, 1, 200).cumsum()
    values[180] = np.nan
    told = quadrant(fund(values, days), market(200, days))
    assert told["reason"].iloc[180] == "coverage 50 % is under 100 %, no close of XLF"
    assert told["value"].iloc[181:].notna().any()


def test_a_constant_ratio_and_an_empty_fund_are_missing() -> None:
    assert quadrant(fund([50.0] * 60), market())["value"].isna().all()
    assert quadrant(fund([np.nan] * 60), market())["value"].isna().all()


def test_cyclicals_lead_by_the_difference_of_two_means() -> None:
    days = pd.bdate_range("2024-01-01", periods=64)
    gains = {"XLF": 1.10, "XLI": 1.04, "XLY": 1.01, "XLP": 1.02, "XLU": 0.99, "XLV": 1.02}
    closes = pd.DataFrame({name: np.append(np.full(63, 100.0), 100.0 * gain) for name, gain in gains.items()}, days)
    # (10 + 4 + 1)/3 − (2 − 1 + 2)/3 = 5 − 1
    assert cyclicals_lead(closes)["value"].iloc[-1] == pytest.approx(4.0)
    closes.loc[days[-1], "XLU"] = np.nan
    assert cyclicals_lead(closes)["reason"].iloc[-1] == "coverage 83 % is under 100 %, no close of XLU"
