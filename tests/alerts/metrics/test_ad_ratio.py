"""Advances over declines."""

from __future__ import annotations

import numpy as np
import pandas as pd
from support.member_frames import FIRST, NONE, members, sessions_of

from alerts.metrics.advances import counts
from alerts.metrics.breadth import ad_ratio
from alerts.metrics.members import MemberCloses


def told_of(closes: MemberCloses, segment: str) -> pd.DataFrame:
    return ad_ratio(counts(closes, segment), segment)


def last(closes: dict[str, list[float]], listed: dict[str, str] | None = None) -> pd.Series:
    return told_of(members(closes, listed=listed), "large").iloc[-1]


def test_two_up_and_one_down_is_two() -> None:
    # (1, 1, 1) → (2, 0.5, 3): two advance, one declines.
    assert last({"A": [1, 2], "B": [1, 0.5], "C": [1, 3]})["value"] == 2.0


def test_one_up_and_one_down_is_one() -> None:
    assert last({"A": [1, 2], "B": [1, 0.5]})["value"] == 1.0


def test_the_unchanged_are_eligible_and_in_neither_number() -> None:
    told = last({"A": [1, 2], "B": [1, 0.5], "C": [7, 7]})
    assert (told["value"], told["eligible"], told["members"]) == (1.0, 3, 3)


def test_without_declines_it_is_missing_and_says_so() -> None:
    told = last({"A": [1, 2], "B": [1, 1]})
    assert np.isnan(told["value"])
    assert told["reason"] == "no member declined"


def test_without_advances_it_is_zero() -> None:
    assert last({"A": [2, 1], "B": [1, 1]})["value"] == 0.0


def test_a_close_missing_on_either_day_is_not_eligible() -> None:
    lines = {f"C{at}": [2.0, 1.0] for at in range(18)}
    told = last({**lines, "X": [1, NONE], "Y": [NONE, 1]})
    assert (told["eligible"], told["members"], told["coverage"], told["value"]) == (18, 20, 0.9, 0.0)


def test_a_company_listed_today_is_too_young() -> None:
    told = last({"A": [1, 2], "B": [2, 1], "NEW": [NONE, 9]}, {"NEW": str(sessions_of(2)[1].date())})
    assert (told["value"], told["members"]) == (1.0, 2)


def test_the_first_session_held_has_nothing_to_compare_with() -> None:
    told = told_of(members({"A": [1, 2], "B": [2, 1]}), "large").loc[FIRST]
    assert np.isnan(told["value"])
    assert told["reason"] == "coverage 0 % is under 90 %"


def test_it_counts_the_segment_of_the_day_only() -> None:
    held = {"A": ["large", "large"], "B": ["large", "large"], "C": ["large", "small"]}
    closes = members({"A": [1, 2], "B": [2, 1], "C": [1, 2]}, held)
    assert told_of(closes, "large")["value"].iloc[-1] == 1.0
    assert told_of(closes, "all")["value"].iloc[-1] == 2.0
