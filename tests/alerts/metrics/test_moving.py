"""Moving averages, sums and z-scores of one series, to published worked examples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.metrics.series import ema, mean_of_last, sum_of_last, zscore_of_last

NONE = float("nan")
#: StockCharts ChartSchool, "Moving Averages – Simple and Exponential": the ten-day example.
CLOSES = [
    22.27,
    22.19,
    22.08,
    22.17,
    22.18,
    22.13,
    22.23,
    22.43,
    22.24,
    22.29,
    22.15,
    22.39,
    22.38,
    22.61,
    23.36,
    24.05,
]
SIMPLE = [22.22, 22.21, 22.23, 22.26, 22.305, 22.42, 22.61]
EXPONENTIAL = [22.22, 22.21, 22.24, 22.27, 22.33, 22.52, 22.80]


def series(values: list[float] | np.ndarray) -> pd.Series:
    return pd.Series(np.asarray(values, dtype="float64"), pd.bdate_range("2024-01-02", periods=len(values)))


def test_the_simple_average_is_that_of_the_example() -> None:
    told = mean_of_last(series(CLOSES), 10)
    assert told.isna().sum() == 9
    assert told.tolist()[9:] == pytest.approx(SIMPLE, abs=0.006)


def test_the_exponential_average_starts_with_the_plain_mean_of_the_first_ten() -> None:
    told = ema(np.array(CLOSES), 10)
    assert np.isnan(told[:9]).all()
    assert told[9:].tolist() == pytest.approx(EXPONENTIAL, abs=0.006)


def test_a_hole_is_left_out_of_an_exponential_average_and_stays_one() -> None:
    holed = [*CLOSES[:12], NONE, *CLOSES[12:]]
    told = ema(np.array(holed), 10)
    assert np.isnan(told[12])
    assert np.delete(told, 12)[9:].tolist() == ema(np.array(CLOSES), 10)[9:].tolist()


def test_too_few_values_have_no_exponential_average() -> None:
    assert np.isnan(ema(np.array(CLOSES[:9]), 10)).all()
    assert len(ema(np.array([]), 10)) == 0


def test_it_goes_on_from_the_average_of_the_day_before() -> None:
    whole = ema(np.array(CLOSES), 10)
    assert ema(np.array(CLOSES[12:]), 10, before=whole[11]).tolist() == whole[12:].tolist()


def test_sums_of_whole_numbers_are_exact_and_take_holes_as_averages_do() -> None:
    told = sum_of_last(series([1, 2, 3, NONE, 4, 5]), 3)
    assert told.isna().tolist() == [True, True, False, True, False, False]
    assert told.dropna().tolist() == [6.0, 9.0, 12.0]
    assert np.isnan(sum_of_last(series([1, 2, NONE, NONE, NONE, 4]), 3).iloc[-1])


def test_a_zscore_is_the_distance_from_the_mean_in_standard_deviations() -> None:
    # 2, 4, 6: mean 4, deviation 2 (ddof 1); 2, 4, 6, 1: the last three have mean 11/3, deviation √(19/3)
    told = zscore_of_last(series([2, 4, 6, 1]), 3)
    assert told.iloc[2] == 1.0
    assert told.iloc[3] == pytest.approx((1 - 11 / 3) / np.sqrt(19 / 3))


@pytest.mark.parametrize("level", [0.0, 4.6, -1e6])
def test_a_constant_series_has_no_zscore(level: float) -> None:
    assert zscore_of_last(series([level] * 20), 10).isna().all()
    assert zscore_of_last(series([level + 1e-12 * max(1, abs(level)) * (at % 3) for at in range(20)]), 10).isna().all()


@given(st.lists(st.integers(-10_000, 10_000), min_size=12, max_size=80), st.integers(2, 10))
@settings(max_examples=50, deadline=None)
def test_they_agree_with_pandas_where_nothing_is_missing(values: list[int], n: int) -> None:
    given_ = series(np.array(values, dtype="float64"))
    np.testing.assert_array_equal(sum_of_last(given_, n), given_.rolling(n).sum())
    seeded = given_.copy()
    seeded.iloc[: n - 1] = NONE
    seeded.iloc[n - 1] = given_.iloc[:n].mean()
    np.testing.assert_allclose(ema(given_.to_numpy(), n), seeded.ewm(span=n, adjust=False).mean(), atol=1e-8)
