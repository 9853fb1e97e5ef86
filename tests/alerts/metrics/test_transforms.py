"""Percentile, z-score, change and average of a series' own history."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.metrics.transforms import (
    Percentile,
    average,
    change,
    gap_to_average,
    percentile,
    percentile_over,
    zscore,
)

NAN = float("nan")


def test_a_percentile_counts_half_of_the_equal() -> None:
    # of 10, 20, 20, 30, 20: one less, three equal (its own included): 100 × (1 + 1.5)/5 = 50
    assert percentile([10, 20, 20, 30, 20], minimum=5) == Percentile(50.0, 5)


def test_the_highest_of_four_is_at_eighty_seven_and_a_half() -> None:
    assert percentile([1, 2, 3, 4], minimum=4).value == 87.5  # (3 + 0.5)/4


def test_all_equal_is_fifty() -> None:
    assert percentile([7.0] * 252) == Percentile(50.0, 252)


def test_a_short_history_is_withheld_with_its_length() -> None:
    assert percentile([1.0] * 41) == Percentile(None, 41)
    assert percentile([1.0] * 251).value is None


@pytest.mark.parametrize("missing", [None, NAN])
def test_missing_values_do_not_count_towards_the_length(missing: float | None) -> None:
    assert percentile([missing, 1, missing, 2], minimum=2) == Percentile(75.0, 2)
    assert percentile([1, 2, missing], minimum=2) == Percentile(None, 2)


def test_no_history_has_no_percentile_and_no_average() -> None:
    assert percentile([]) == Percentile(None, 0)
    assert average([], 3) is None


@pytest.mark.parametrize("told", [average, gap_to_average])
@pytest.mark.parametrize("missing", [None, NAN])
def test_an_average_is_missing_where_today_is(told: Callable[..., Any], missing: float | None) -> None:
    assert told([1, 2, 3, missing], 2) is None


def test_an_average_reaches_over_two_holes_and_not_over_three() -> None:
    assert average([9, 1, None, 2, None, 3], 3) == 2.0  # within 3 + 2 sessions
    assert average([9, 1, None, None, None, 3, 4], 3) is None


def test_a_long_average_tolerates_a_twentieth() -> None:
    # 100 values within 100 + 100/20 = 105 sessions
    assert average([1.0, *[None] * 5, *[1.0] * 99], 100) == 1.0
    assert average([1.0, *[None] * 6, *[1.0] * 99], 100) is None


def test_too_short_a_history_has_no_average() -> None:
    assert average([1, 2], 3) is None
    assert average([1, 2, 6], 3) == 3.0


def test_the_gap_is_todays_value_less_the_average() -> None:
    assert gap_to_average([1, 2, 6], 3) == 3.0


@given(st.floats(-1e9, 1e9), st.integers(2, 250))
def test_a_series_that_stands_still_is_exactly_at_its_average(value: float, n: int) -> None:
    assert gap_to_average([value] * n, n) == 0.0


def test_a_percentile_over_n_takes_the_last_n_alone() -> None:
    # of the last four, 1 2 3 2: one less, two equal: 100 × (1 + 1)/4 = 50; the 9s before do not count
    assert percentile_over([9, 9, 9, 1, 2, 3, 2], 4) == 50.0
    assert percentile_over([1, 2, 3], 4) is None


def test_a_zscore_divides_by_n_less_one() -> None:
    # mean of 2, 4, 6 is 4, deviation √((4 + 0 + 4)/2) = 2
    assert zscore([100, 2, 4, 6], 3) == 1.0
    assert zscore([2, 4], 3) is None


@pytest.mark.parametrize("level", [0.0, 7.3, 1e-12, -2.5e9])
def test_what_does_not_move_has_no_zscore(level: float) -> None:
    assert zscore([level] * 252, 252) is None
    assert zscore([level + 1e-11 * max(1.0, abs(level)) * (at % 2) for at in range(252)], 252) is None


def test_a_change_looks_back_n_sessions_and_not_n_values() -> None:
    assert change([1.0, 5.0, None, 8.0], 3) == 7.0
    assert change([1.0, 5.0, None, 8.0], 1) is None
    assert change([1.0, NAN], 1) is None
    assert change([1.0], 1) is None and change([], 1) is None


def test_a_hole_costs_no_window_and_a_missing_today_does() -> None:
    holed = [1.0, 3.0, None, 5.0]
    assert zscore(holed, 3) == 1.0
    assert percentile_over(holed, 3) == pytest.approx(100 * 2.5 / 3)
    assert zscore([*holed, None], 3) is None and percentile_over([*holed, None], 3) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60), st.floats(-1e6, 1e6), st.floats(0.01, 100))
def test_zscore_and_percentile_do_not_depend_on_level_or_scale(values: list[float], shift: float, scale: float) -> None:
    n = len(values)
    spread = float(np.std(values, ddof=1))
    moved = [scale * value + shift for value in values]
    before, after = zscore(values, n), zscore(moved, n)
    if spread > 1e-2:  # apart from rounding
        assert before == pytest.approx(float((values[-1] - np.mean(values)) / spread), abs=1e-6)
        assert after == pytest.approx(before, abs=1e-4)
    assert 0 <= (percentile_over(values, n) or 0.0) <= 100


@pytest.mark.parametrize("function", [average, gap_to_average, zscore, change])
@pytest.mark.parametrize("history", [[1e308, 1.7e308, 1e308], [1e308, -1e308, 1.7e308, -1.7e308], [math.inf, 1.0]])
def test_values_too_large_to_reckon_with_make_no_value_and_no_error(
    function: Callable[[list[float], int], float | None], history: list[float]
) -> None:
    made = function(history, len(history) - 1 if function is change else len(history))
    assert made is None or math.isfinite(made)
