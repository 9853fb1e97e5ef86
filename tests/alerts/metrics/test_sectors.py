"""How many sector funds are above their 200-session average."""

from __future__ import annotations

import numpy as np
import pandas as pd
from support.member_frames import NONE, falling, rising, sessions_of

from alerts.metrics.breadth import sectors_above_average
from alerts.metrics.funds import SECTOR_FUNDS

COUNT = 205


def funds(**lines: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {fund: lines.get(fund, rising(COUNT)) for fund in SECTOR_FUNDS}, index=sessions_of(COUNT), dtype="float64"
    )


def test_it_counts_those_above() -> None:
    told = sectors_above_average(funds(XLB=falling(COUNT), XLY=falling(COUNT))).iloc[-1]
    assert (told["value"], told["eligible"], told["members"]) == (9, 11, 11)


def test_a_fund_equal_to_its_average_is_not_above() -> None:
    assert sectors_above_average(funds(XLB=[45.13] * COUNT)).iloc[-1]["value"] == 10


def test_before_the_window_is_filled_there_is_no_value() -> None:
    frame = sectors_above_average(funds())
    assert frame["value"].notna().sum() == COUNT - 199
    assert frame["reason"].iloc[198] == "no members"


def test_one_missing_fund_leaves_a_value_and_two_do_not() -> None:
    lost = [*rising(COUNT - 1), NONE]
    one, two = (sectors_above_average(each).iloc[-1] for each in (funds(XLC=lost), funds(XLC=lost, XLRE=lost)))
    assert (one["value"], one["eligible"], one["members"]) == (10, 10, 11)
    assert np.isnan(two["value"])
    # 9 of 11 = 81.8 %
    assert two["reason"] == "coverage 81 % is under 90 %, no close of XLC, no close of XLRE"


def test_a_fund_too_young_for_the_average_is_not_counted() -> None:
    young = [NONE] * 6 + rising(COUNT - 6)  # 199 sessions old on the last one
    told = sectors_above_average(funds(XLC=young, XLRE=young)).iloc[-1]
    assert (told["value"], told["eligible"], told["members"], told["coverage"]) == (9, 9, 9, 1.0)


def test_a_fund_comes_in_with_its_two_hundredth_session() -> None:
    told = sectors_above_average(funds(XLC=[NONE] * 5 + rising(COUNT - 5)))["members"]
    assert told.tolist()[-2:] == [10, 11]


def test_holes_within_the_tolerance_cost_no_place() -> None:
    line = rising(COUNT)
    line[50] = line[60] = NONE
    assert sectors_above_average(funds(XLK=line)).iloc[-1]["eligible"] == 11
