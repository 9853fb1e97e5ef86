"""New highs and lows, the high-low index, and who beats the index."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.member_frames import NONE, falling, members, rising, sessions_of

from alerts.metrics.breadth import beating_index, high_low_index, highs_and_lows, net_highs
from alerts.metrics.members import SEGMENT_CODES, MemberCloses


def extremes_of(highs: list[int], lows: list[int], members_: int = 100) -> pd.DataFrame:
    return pd.DataFrame(
        {"highs": highs, "lows": lows, "eligible": float(members_), "members": float(members_)},
        index=sessions_of(len(highs)),
        dtype="float64",
    )


# ---- highs and lows ------------------------------------------------------------------------------------------------


def test_a_year_takes_252_closes_and_counts_its_last() -> None:
    closes = members({"UP": rising(253), "DOWN": falling(253), "MORE": rising(253)})
    told = net_highs(highs_and_lows(closes, "large"), "large")
    assert told["value"].isna().sum() == 251
    assert told["value"].iloc[-1] == 1.0  # two highs, one low
    assert told["reason"].iloc[250] == "coverage 0 % is under 90 %"


def test_a_high_of_253_sessions_ago_is_forgotten() -> None:
    line = [500.0, *rising(251, 10.0), 262.0]
    told = highs_and_lows(members({"A": line}), "all")
    assert told["highs"].iloc[-2] == 0.0  # 500 is still among the last 252
    assert told["highs"].iloc[-1] == 1.0


def test_an_equal_close_is_a_high_again_and_a_constant_price_is_both() -> None:
    told = highs_and_lows(members({"A": [7.0] * 252}), "all").iloc[-1]
    assert (told["highs"], told["lows"]) == (1.0, 1.0)
    assert net_highs(highs_and_lows(members({"A": [7.0] * 252}), "all"), "all")["value"].iloc[-1] == 0.0


def test_twelve_holes_cost_no_place_and_a_hole_today_does() -> None:
    line = rising(264)
    for at in range(12):
        line[20 * at + 3] = NONE
    assert highs_and_lows(members({"A": line}), "all")["eligible"].iloc[-1] == 1.0
    line[250] = NONE
    assert highs_and_lows(members({"A": line}), "all")["eligible"].iloc[-1] == 0.0
    assert highs_and_lows(members({"A": [*rising(263), NONE]}), "all")["eligible"].iloc[-1] == 0.0


def test_a_company_listed_for_fewer_sessions_is_too_young() -> None:
    young = [NONE] * 2 + rising(251)
    told = highs_and_lows(
        members({"A": rising(253), "NEW": young}, listed={"NEW": str(sessions_of(3)[2].date())}), "all"
    )
    assert told[["eligible", "members"]].iloc[-1].tolist() == [1.0, 1.0]


@given(st.integers(0, 2**32 - 1), st.integers(2, 30), st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_they_are_those_of_pandas(seed: int, n: int, length: int) -> None:
    source = np.random.default_rng(seed)
    close = source.integers(1, 12, (length, 5)).astype(np.int64)
    close[source.random(close.shape) < 0.1] = 0
    days = sessions_of(length)
    held = MemberCloses(
        days, tuple("ABCDE"), close, np.full(close.shape, SEGMENT_CODES["large"], np.int8),
        np.full(5, np.datetime64("NaT", "D")),
    )  # fmt: skip
    complete, high, low = held.extremes(n)
    frame = pd.DataFrame(np.where(close > 0, close, np.nan), days)
    span = n + max(2, n // 20)
    expected = frame.notna() & (frame.notna().rolling(span, min_periods=1).sum() >= n)
    np.testing.assert_array_equal(complete, expected)
    np.testing.assert_array_equal(high, frame.ge(frame.rolling(n, min_periods=1).max()))
    np.testing.assert_array_equal(low, frame.le(frame.rolling(n, min_periods=1).min()))


# ---- the high-low index --------------------------------------------------------------------------------------------


def test_the_index_is_the_mean_of_the_last_ten_shares() -> None:
    # Nine days of 3 to 1 (75), one of 1 to 3 (25): (9 · 75 + 25)/10 = 70
    told = high_low_index(extremes_of([3] * 9 + [1], [1] * 9 + [3]), "all")
    assert told["value"].iloc[-1] == pytest.approx(70.0)
    assert told["value"].isna().sum() == 9
    assert told["reason"].iloc[8] == "fewer than 10 days with new highs or lows among the last 20"


def test_days_without_either_are_skipped_while_ten_lie_within_twenty() -> None:
    highs = [1, 0] * 10 + [0]
    told = high_low_index(extremes_of(highs, [0] * 21), "all")["value"]
    assert told.iloc[18] == 100.0  # ten days of highs among the last nineteen
    assert told.iloc[19] == 100.0  # … and twenty
    assert np.isnan(told.iloc[20])


def test_a_constant_market_stands_in_the_middle() -> None:
    told = high_low_index(extremes_of([100] * 12, [100] * 12), "all")
    assert told["value"].iloc[-1] == 50.0


# ---- beating the index ---------------------------------------------------------------------------------------------


def funds_of(**closes: list[float]) -> pd.DataFrame:
    count = len(next(iter(closes.values())))
    held = {"SPY": [1.0] * count, "IWM": [1.0] * count, "VTI": [1.0] * count} | closes
    return pd.DataFrame(held, index=sessions_of(count), dtype="float64")


def test_a_member_beats_the_index_with_the_higher_return() -> None:
    # From first to last: A 10 → 12 (+20 %), B 10 → 11 (+10 %), C 10 → 9; SPY 100 → 110 (+10 %): A alone is above it.
    closes = members({"A": [10, 10, 10, 12], "B": [10, 9, 9, 11], "C": [10, 12, 12, 9]})
    assert beating_63(closes, funds_of(SPY=[100, 80, 90, 110])) == pytest.approx(100 / 3)


def beating_63(closes: MemberCloses, funds: pd.DataFrame) -> float:
    """The share over 63 sessions, with the first of the four given ones sixty sessions longer."""
    gap = [0] * 60 + list(range(len(closes.sessions)))
    days = sessions_of(len(gap))
    stretched = MemberCloses(days, closes.symbols, closes.close[gap], closes.segment[gap], closes.listed)
    index = pd.DataFrame(funds.to_numpy()[gap], days, funds.columns)
    return float(beating_index(stretched, index, 63)["breadth.beating_index_63d.large"]["value"].iloc[-1])


def test_each_segment_has_its_own_index_and_a_missing_one_is_named() -> None:
    count = 64
    closes = members({"A": rising(count), "B": [5.0] * count}, {"A": ["small"] * count, "B": ["large"] * count})
    funds = funds_of(SPY=[1.0] * count, IWM=[1.0] * count, VTI=[1.0] * (count - 1) + [NONE])
    told = beating_index(closes, funds, 63)
    assert told["breadth.beating_index_63d.small"]["value"].iloc[-1] == 100.0
    assert told["breadth.beating_index_63d.large"]["value"].iloc[-1] == 0.0  # no more than the index is not above it
    assert told["breadth.beating_index_63d.all"]["reason"].iloc[-1] == "no close of VTI today or 63 sessions ago"


def test_a_close_missing_at_either_end_is_not_eligible_and_a_young_company_not_counted() -> None:
    count = 64
    lines = {f"C{at}": rising(count) for at in range(18)}
    closes = members({**lines, "X": [NONE, *rising(count - 1)], "NEW": [NONE, *rising(count - 1)]},
                     listed={"NEW": str(sessions_of(2)[1].date())})  # fmt: skip
    told = beating_index(closes, funds_of(SPY=[1.0] * count), 63)["breadth.beating_index_63d.large"].iloc[-1]
    assert (told["eligible"], told["members"], told["value"]) == (18, 19, 100.0)
