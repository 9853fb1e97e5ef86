"""Four signs, their count, and the state that a count speaks for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.member_frames import NONE, sessions_of

from alerts.metrics import regime

COUNT = 64


def part(values: list[float] | float) -> pd.DataFrame:
    column = values if isinstance(values, list) else [values] * COUNT
    return pd.DataFrame(
        {"value": column, "coverage": 1.0, "eligible": 2.0, "members": 2.0, "reason": None}, index=sessions_of(COUNT)
    )


def parts(**changed: list[float] | float) -> dict[str, pd.DataFrame]:
    held: dict[str, list[float] | float] = {
        "trend": 1.0, "lead": 1.0, "equal_weight": [100.0 + at for at in range(COUNT)], "small": 60.0, "large": 55.0,
    }  # fmt: skip
    return dict(zip(regime.PARTS, (part(each) for each in (held | changed).values()), strict=True))


def last_score(**changed: list[float] | float) -> pd.Series:
    return regime.score(parts(**changed)).iloc[-1]


def test_all_four_signs_make_four() -> None:
    assert last_score()["value"] == 4


@pytest.mark.parametrize(
    "changed",
    [
        {"trend": 0.0},
        {"lead": 0.0},
        {"equal_weight": 97.3},
        {"equal_weight": [200.0 - at for at in range(COUNT)]},
        {"small": 49.9, "large": 10.0},
        {"small": 60.0, "large": 60.1},
    ],
)
def test_each_sign_counts_one(changed: dict[str, list[float] | float]) -> None:
    assert last_score(**changed)["value"] == 3


def test_small_breadth_holds_at_exactly_fifty_and_at_exactly_that_of_large() -> None:
    assert last_score(small=50.0, large=50.0)["value"] == 4


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"trend": NONE}, "trend"),
        ({"lead": NONE}, "lead"),
        ({"equal_weight": [100.0] * 30 + [NONE] + [101.0] * (COUNT - 31)}, "equal weight"),
        ({"small": NONE}, "small breadth"),
        ({"large": NONE}, "small breadth"),
        ({"trend": NONE, "large": NONE}, "trend"),
    ],
)
def test_a_missing_part_is_named(changed: dict[str, list[float] | float], word: str) -> None:
    told = last_score(**changed)
    assert np.isnan(told["value"])
    assert told["reason"] == f"{word} cannot be told"
    assert told["members"] == 4


def test_the_coverage_is_that_of_the_least_covered_part() -> None:
    held = parts()
    held["breadth.above_200d.small"]["coverage"] = 0.93
    assert regime.score(held)["coverage"].iloc[-1] == 0.93


def states(scores: list[float], earlier: tuple[float, ...] = ()) -> list[float | None]:
    days = sessions_of(len(earlier) + len(scores))
    before, after = days[: len(earlier)], days[len(earlier) :]
    frame = pd.DataFrame(
        {"value": scores, "coverage": 1.0, "eligible": 4.0, "members": 4.0, "reason": "lacking"}, index=after
    )
    told = regime.state(frame, pd.Series(earlier, index=before, dtype="float64"))
    return [None if np.isnan(value) else value for value in told["value"]]


def test_a_state_needs_two_in_a_row() -> None:
    assert states([4, 3, 2, 3, 2, 2, 1, 0]) == [None, 1, 1, 1, 1, 0, 0, -1]


def test_three_and_four_speak_for_the_same_state_and_so_do_none_and_one() -> None:
    assert states([3, 4, 0, 1]) == [None, 1, 1, -1]


def test_missing_sessions_neither_count_nor_break_a_run() -> None:
    assert states([4, NONE, 4, 0, NONE, NONE, 0]) == [None, None, 1, 1, None, None, -1]


def test_earlier_scores_give_the_first_session_its_state() -> None:
    assert states([2, 2], (4, 4)) == [1, 0]
    assert states([2], (4, 4, NONE, 2)) == [0]


def test_until_two_agree_the_reason_says_so() -> None:
    frame = pd.DataFrame(
        {"value": [4.0, 0.0], "coverage": 1.0, "eligible": 4.0, "members": 4.0, "reason": None}, index=sessions_of(2)
    )
    told = regime.state(frame, pd.Series(dtype="float64"))
    assert set(told["reason"]) == {"no state has held for two sessions yet"}


def test_a_missing_score_keeps_its_reason() -> None:
    frame = pd.DataFrame(
        {"value": [NONE], "coverage": 1.0, "eligible": 3.0, "members": 4.0, "reason": "lead cannot be told"},
        index=sessions_of(1),
    )
    assert regime.state(frame, pd.Series(dtype="float64"))["reason"].tolist() == ["lead cannot be told"]
