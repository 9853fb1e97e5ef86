"""A/D line, McClellan oscillator and summation index."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.member_frames import NONE, members, sessions_of

from alerts.metrics.advances import counts, joined, line, mcclellan, oscillator, summation


def told_of(advances: list[int], declines: list[int], members_: int = 100, eligible: int | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "advances": advances,
            "declines": declines,
            "eligible": members_ if eligible is None else eligible,
            "members": members_,
        },
        index=sessions_of(len(advances)),
    )


# ---- counts --------------------------------------------------------------------------------------------------------


def test_up_and_down_are_counted_and_the_unchanged_are_eligible_alone() -> None:
    closes = members({"A": [1, 2, 3], "B": [5, 5, 4], "C": [7, NONE, 8], "D": [2, 1, 1]})
    frame = counts(closes, "all")
    assert frame[["advances", "declines", "eligible", "members"]].to_numpy().tolist() == [
        [0, 0, 0, 4], [1, 1, 3, 4], [1, 1, 3, 4],
    ]  # fmt: skip


# ---- the oscillator ------------------------------------------------------------------------------------------------


def test_the_oscillator_and_its_sum_are_those_of_the_worked_example() -> None:
    # StockCharts ChartSchool, "McClellan Oscillator" and "McClellan Summation Index": raw A − D of the NYSE with the
    # averages of the day before given.
    net = np.array([1607.0, -317.0, -773.0, 1742.0, -211.0])
    told = oscillator(net, fast=-209.85, slow=-186.41)
    assert told.tolist() == pytest.approx([68.57, 50.70, 12.37, 105.28, 86.55], abs=0.006)
    assert (-653.12 + told.cumsum()).tolist() == pytest.approx([-584.55, -533.84, -521.47, -416.19, -329.64], abs=0.02)


def test_it_comes_with_the_hundredth_day_and_the_sum_begins_there() -> None:
    frame = told_of([60, 40] * 60, [40, 60] * 60)
    oscillations, summed = mcclellan(frame, "all"), summation(frame, "all")
    assert oscillations["value"].notna().tolist() == [False] * 99 + [True] * 21
    assert oscillations["reason"].iloc[98] == "fewer than 100 days of advances and declines, or nobody moved"
    assert summed["value"].iloc[99] == oscillations["value"].iloc[99]
    assert summed["value"].iloc[-1] == pytest.approx(oscillations["value"].sum())


def test_a_steady_market_oscillates_at_zero() -> None:
    # 1,000 · (60 − 40)/100 = 200 every day: both averages are 200.
    assert mcclellan(told_of([60] * 120, [40] * 120), "large")["value"].iloc[-1] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("advances", "declines"), [([50] * 120, [0] * 120), ([0] * 120, [50] * 120)])
def test_no_declines_and_no_advances_are_numbers(advances: list[int], declines: list[int]) -> None:
    assert mcclellan(told_of(advances, declines), "all")["value"].iloc[-1] == pytest.approx(0.0, abs=1e-9)


def test_a_day_on_which_nobody_moved_is_missing_and_costs_nothing() -> None:
    still = told_of([*[60] * 110, 0, 60], [*[40] * 110, 0, 40])
    told = mcclellan(still, "all")
    assert np.isnan(told["value"].iloc[-2])
    assert told["value"].iloc[-1] == pytest.approx(0.0, abs=1e-9)


# ---- the line ------------------------------------------------------------------------------------------------------


def test_the_line_adds_up_from_zero_before_the_first_day() -> None:
    assert line(told_of([3, 1, 5], [1, 4, 0]), "all")["value"].tolist() == [2.0, -1.0, 4.0]


def test_a_day_under_the_floor_is_missing_and_adds_nothing() -> None:
    frame = told_of([3, 9, 5], [1, 0, 0])
    frame.loc[frame.index[1], "eligible"] = 89
    told = line(frame, "all")
    assert told["value"].tolist()[::2] == [2.0, 7.0]
    assert told["reason"].iloc[1] == "coverage 89 % is under 90 %"


# ---- what was kept, and what is counted anew -----------------------------------------------------------------------


def test_kept_days_come_before_fresh_ones_and_fresh_ones_win() -> None:
    days = sessions_of(6)
    kept = told_of([1, 2, 3, 4], [0] * 4).set_axis(days[:4])
    fresh = told_of([0, 30, 40, 50], [0] * 4).set_axis(days[2:])
    fresh.loc[days[2], "eligible"] = 0  # the first day has none before it
    assert joined(kept, fresh)["advances"].tolist() == [1, 2, 3, 30, 40, 50]


def test_a_day_whose_closes_are_gone_is_taken_from_what_was_kept() -> None:
    days = sessions_of(4)
    kept = told_of([1, 2, 3], [0] * 3).set_axis(days[:3])
    fresh = told_of([0, 0, 0, 9], [0] * 4).set_axis(days)
    fresh.loc[days[:3], "eligible"] = 0
    assert joined(kept, fresh)["advances"].tolist() == [1, 2, 3, 9]


def test_history_begins_after_a_long_gap() -> None:
    days = sessions_of(60)
    kept = told_of([1, 2], [0] * 2).set_axis(days[:2])
    fresh = told_of([0, 5, 6], [0] * 3).set_axis(days[-3:])
    fresh.loc[days[-3], "eligible"] = 0
    assert joined(kept, fresh)["advances"].tolist()[-2:] == [5, 6]
    assert days[0] not in joined(kept, fresh).index


def test_without_anything_kept_the_first_day_is_left_out() -> None:
    fresh = told_of([0, 5, 6], [0, 1, 2])
    assert joined(None, fresh)["advances"].tolist() == [5, 6]
