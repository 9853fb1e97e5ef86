"""The share of the largest companies, and how many companies of equal weight there would be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alerts.metrics.concentration import all_of, effective_number
from alerts.metrics.valuation import by_segment

DAY = pd.DatetimeIndex(["2025-07-31"])


def of(values: list[float], segment: str = "large", name: str = "top7") -> pd.Series:
    census = pd.DataFrame({"market_value": values, "segment": segment})
    return all_of([by_segment(census)], DAY)[f"concentration.{name}"].iloc[0]


def test_seven_of_ten_equal_companies_are_seventy_percent() -> None:
    assert of([5.0] * 10)["value"] == pytest.approx(70.0)


def test_the_largest_count_wherever_they_stand() -> None:
    # 7 × 10 of 7 × 10 + 3 × 10/3 = 80: 87.5 %
    assert of([10 / 3] * 3 + [10.0] * 7)["value"] == pytest.approx(87.5)


def test_other_segments_are_left_out() -> None:
    census = pd.DataFrame({"market_value": [1.0] * 14 + [99.0], "segment": ["large"] * 14 + ["small"]})
    assert all_of([by_segment(census)], DAY)["concentration.top7"].iloc[0]["value"] == pytest.approx(50.0)


def test_the_ten_largest_of_twelve() -> None:
    # 10 × 4 of 10 × 4 + 2 × 1 = 42
    assert of([1.0, 1.0] + [4.0] * 10, name="top10")["value"] == pytest.approx(4000 / 42)


def test_five_hundred_equal_companies_are_five_hundred() -> None:
    # 500 weights of 1/500: 1/Σw² = 1/(500/500²) = 500
    assert of([3.0] * 500, name="effective_n")["value"] == pytest.approx(500.0)


def test_one_company_that_is_half_of_three_counts_for_less() -> None:
    # Weights ½, ¼, ¼: 1/(¼ + 1/16 + 1/16) = 1/0.375 = 2.667
    assert effective_number(np.array([2.0, 1.0, 1.0])) == pytest.approx(8 / 3)
    assert effective_number(np.array([7.0])) == 1.0


def test_ninety_five_percent_of_companies_are_enough_and_fewer_are_not() -> None:
    enough, short = of([1.0] * 19 + [np.nan]), of([1.0] * 18 + [np.nan])
    assert (enough["coverage"], enough["value"]) == (0.95, pytest.approx(700 / 19))
    assert np.isnan(short["value"])
    assert short["reason"] == "coverage 94 % is under 95 %"  # 18 of 19 = 94.7 %


@pytest.mark.parametrize("value", [0.0, -1.0, np.inf])
def test_a_value_that_is_none_is_not_counted(value: float) -> None:
    told = of([1.0] * 19 + [value])
    assert (told["eligible"], told["members"]) == (19, 20)


def test_without_large_companies_it_is_missing() -> None:
    assert of([1.0, 2.0], "small")["reason"] == "no members"


def test_a_heavy_company_without_a_quote_makes_the_shares_missing_and_a_light_one_does_not():
    census = pd.DataFrame(
        {"market_value": [100.0 - at for at in range(40)], "segment": "large"}, index=[f"S{at}" for at in range(40)]
    )
    census["ranked"] = census["market_value"]
    day = pd.DatetimeIndex(["2025-09-19"])
    for symbol, missing in (("S0", True), ("S19", True), ("S39", False)):
        lacking = census.assign(market_value=census["market_value"].mask(census.index == symbol))
        frame = all_of([by_segment(lacking)], day)
        row = frame["concentration.top7"].iloc[0]
        assert np.isnan(row["value"]) == missing
        assert row["coverage"] == pytest.approx(1 - census.at[symbol, "ranked"] / census["ranked"].sum())
        assert row["reason"] == (f"no quote of {symbol}" if missing else None)
