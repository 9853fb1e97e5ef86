"""The share of members above their own average: ties, holes, youth, coverage, membership."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.member_frames import NONE, falling, members, rising, sessions_of

from alerts.metrics.breadth import above_average
from alerts.metrics.members import MemberCloses, in_millionths

N = 50  # two holes are tolerated: 50 + max(2, 50 // 20) = 52 sessions


def last(closes: MemberCloses, n: int = N, segment: str = "large", average: np.ndarray | None = None) -> pd.Series:
    return above_average(closes, segment, n, average)[0].iloc[-1]


def with_holes(values: list[float], *positions: int) -> list[float]:
    return [NONE if at in positions else value for at, value in enumerate(values)]


def test_a_close_equal_to_its_average_is_not_above_it() -> None:
    flat = [12.34] * N
    # (49 × 12.34 + 12.35)/50 = 12.3402 < 12.35
    barely = [12.34] * (N - 1) + [12.35]
    told = last(members({"TIE": flat, "UP": barely}))
    assert (told["value"], told["eligible"], told["members"]) == (50.0, 2, 2)


def test_a_tie_of_unequal_closes_is_exact_however_they_are_added() -> None:
    # 25 closes of 0.1 and 24 of 0.3, then 0.198: mean = (2.5 + 7.2 + x)/50 = x where 49x = 9.7; in tenths of a cent
    # that has no end, so an exact one: 24 × 0.1, 24 × 0.3, 0.2, and today 0.2 → 10/50 = 0.2.
    closes = [0.1] * 24 + [0.3] * 24 + [0.2, 0.2]
    assert last(members({"TIE": closes}))["value"] == 0.0


def test_half_of_two_and_a_third_of_three() -> None:
    assert last(members({"A": rising(N), "B": falling(N)}))["value"] == 50.0
    told = last(members({"A": rising(N), "B": falling(N), "C": falling(N)}))
    assert told["value"] == pytest.approx(100 / 3)


def test_holes_within_the_tolerance_cost_no_place() -> None:
    # 52 sessions, two holes: exactly 50 closes among the last 52.
    told = last(members({"A": with_holes(rising(N + 2), 20, 30), "B": falling(N + 2)}))
    assert (told["value"], told["eligible"], told["coverage"]) == (50.0, 2, 1.0)


def test_one_hole_too_many_costs_the_place() -> None:
    # 53 sessions, three holes: 50 closes, but they lie within 53 sessions, not 52.
    many = {f"C{at}": rising(N + 3) for at in range(9)}
    told = last(members({"A": with_holes(rising(N + 3), 20, 30, 40), **many}))
    assert (told["eligible"], told["members"], told["value"]) == (9, 10, 100.0)


def test_holes_are_left_out_of_the_average_and_nothing_is_carried_forward() -> None:
    # The last 50 closes reach one session further back, to the 1000: mean (1000 + 49 × 10)/50 = 29.8 > 11.
    closes = [1000.0, *with_holes([10.0] * 49 + [11.0], 25)]
    assert last(members({"A": closes}))["value"] == 0.0
    # Were the hole filled from the day before, the mean would be (49 × 10 + 11)/50 = 10.02 < 11.


def test_without_a_close_today_a_member_is_not_eligible() -> None:
    told = last(members({"A": with_holes(rising(N + 2), N + 1), **{f"C{at}": rising(N + 2) for at in range(9)}}))
    assert (told["eligible"], told["members"]) == (9, 10)


def test_the_too_young_are_in_neither_number() -> None:
    # Listed on the second of 51 sessions: 50 sessions old on the last, and 49 on the one before.
    calendar = sessions_of(N + 1)
    closes = members({"OLD": falling(N + 1), "NEW": [NONE, *rising(N)]}, listed={"NEW": str(calendar[1].date())})
    frame, _ = above_average(closes, "large", N)
    assert frame["members"].tolist()[-2:] == [1, 2]
    assert frame["value"].tolist()[-2:] == [0.0, 50.0]


def test_coverage_under_the_floor_is_missing_with_the_reason() -> None:
    lost = {f"L{at}": with_holes(rising(N), N - 1) for at in range(2)}
    told = last(members({**lost, **{f"C{at}": rising(N) for at in range(17)}}))
    # 17 of 19 = 89.47 %, which rounds to 89 and is under 90
    assert np.isnan(told["value"])
    assert told["reason"] == "coverage 89 % is under 90 %"


def test_coverage_just_under_the_floor_does_not_read_as_the_floor() -> None:
    lost = {f"L{at}": with_holes(rising(N), N - 1) for at in range(3)}
    told = last(members({**lost, **{f"C{at}": rising(N) for at in range(26)}}))
    assert told["reason"] == "coverage 89 % is under 90 %"  # 26 of 29 = 89.66 %


def test_coverage_of_exactly_the_floor_is_enough() -> None:
    told = last(members({"L": with_holes(rising(N), N - 1), **{f"C{at}": rising(N) for at in range(9)}}))
    assert (told["coverage"], told["value"]) == (0.9, 100.0)


def test_a_segment_without_members_is_missing_and_not_zero() -> None:
    told = last(members({"A": rising(N)}), segment="small")
    assert np.isnan(told["value"])
    assert told["reason"] == "no members"


def test_census_averages_serve_on_the_last_session_alone() -> None:
    closes = members({"A": rising(20), "B": rising(20)})  # 20 sessions held of the 50 it takes
    frame, served = above_average(closes, "large", N, np.array([20.0, 30.0]))  # today both close at 29
    assert served == 2
    assert (frame["value"].iloc[-1], frame["coverage"].iloc[-1]) == (50.0, 1.0)
    assert frame["value"].iloc[:-1].isna().all()


def test_census_averages_never_serve_the_too_young() -> None:
    closes = members({"NEW": rising(20), "OLD": rising(20)}, listed={"NEW": str(sessions_of(1)[0].date())})
    frame, served = above_average(closes, "large", N, np.array([1.0, 99.0]))
    assert served == 1
    assert (frame["value"].iloc[-1], frame["members"].iloc[-1]) == (0.0, 1)


def test_a_filled_window_is_preferred_to_the_census_average() -> None:
    _, served = above_average(members({"A": rising(N)}), "large", N, np.array([1e6]))
    assert served == 0
    assert last(members({"A": rising(N)}), average=np.array([1e6]))["value"] == 100.0


def test_a_close_at_its_census_average_is_not_above_it() -> None:
    cents = np.arange(1, 2000) / 100  # 4.35 × 1e6 = 4349999.999… in floating point
    closes = members({f"C{at}": [price] for at, price in enumerate(cents)})
    assert last(closes, average=cents)["value"] == 0.0


@pytest.mark.parametrize("average", [np.nan, np.inf, -np.inf, 0.0, -5.0])
def test_a_census_average_that_is_none_serves_nobody(average: float) -> None:
    frame, served = above_average(members({"A": rising(5)}), "large", N, np.array([average]))
    assert served == 0
    assert np.isnan(frame["value"].iloc[-1])


def test_members_count_on_the_days_they_belong() -> None:
    count = N + 3
    moved = ["large"] * (count - 1) + ["mid"]
    closes = members({"A": rising(count), "B": falling(count)}, {"A": moved, "B": ["large"] * count})
    large, _ = above_average(closes, "large", N)
    everyone, _ = above_average(closes, "all", N)
    assert large["value"].tolist()[-2:] == [50.0, 0.0]
    assert large["members"].tolist()[-2:] == [2, 1]
    assert everyone["value"].tolist()[-2:] == [50.0, 50.0]


def test_the_all_segment_includes_the_middle_and_no_one_outside() -> None:
    lines = {"L": rising(N), "M": rising(N), "S": falling(N), "OUT": falling(N)}
    held = {"L": ["large"] * N, "M": ["mid"] * N, "S": ["small"] * N, "OUT": [None] * N}
    assert last(members(lines, held), segment="all")["value"] == pytest.approx(200 / 3)


@st.composite
def random_frames(draw: st.DrawFn) -> pd.DataFrame:
    rows, columns = draw(st.integers(48, 90)), draw(st.integers(1, 8))
    source = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    frame = pd.DataFrame(source.integers(900, 1100, (rows, columns)) / 100.0, index=sessions_of(rows))
    return frame.mask(source.random((rows, columns)) < draw(st.sampled_from([0.0, 0.02, 0.15])))


def of_frame(frame: pd.DataFrame) -> MemberCloses:
    return members({f"C{at}": frame[column].tolist() for at, column in enumerate(frame)})


@given(random_frames())
@settings(max_examples=60, deadline=None)
def test_it_agrees_with_a_plain_rolling_mean(frame: pd.DataFrame) -> None:
    cents = (frame * 100).round()
    told, _ = above_average(of_frame(frame), "large", N)
    above = eligible = pd.Series(0.0, index=frame.index)
    for column in cents:
        present = cents[column].dropna()
        total = present.rolling(N).sum().round().reindex(cents.index)
        row = pd.Series(np.arange(len(cents)), index=cents.index)
        first = row.reindex(present.index).shift(N - 1).reindex(cents.index)
        valid = total.notna() & (row - first + 1 <= N + max(2, N // 20))
        eligible = eligible + valid
        above = above + (valid & (cents[column] * N > total))
    share = eligible / len(frame.columns)
    expected = (100.0 * above / eligible.where(eligible > 0)).where(share >= 0.9)
    pd.testing.assert_series_equal(told["value"], expected, check_names=False, check_freq=False)
    assert told["eligible"].tolist() == eligible.tolist()


@given(random_frames(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_companies_changes_nothing(frame: pd.DataFrame, shuffler: object) -> None:
    columns = list(frame.columns)
    shuffler.shuffle(columns)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(
        above_average(of_frame(frame), "large", N)[0], above_average(of_frame(frame[columns]), "large", N)[0]
    )


@given(random_frames(), st.sampled_from([0.5, 3.0, 1000.0]))
@settings(max_examples=25, deadline=None)
def test_the_price_of_a_company_does_not_matter(frame: pd.DataFrame, factor: float) -> None:
    scaled = frame.copy()
    scaled[0] = (scaled[0] * factor).round(3)
    pd.testing.assert_frame_equal(
        above_average(of_frame(frame), "large", N)[0], above_average(of_frame(scaled), "large", N)[0]
    )


@given(random_frames())
@settings(max_examples=25, deadline=None)
def test_a_member_without_any_close_lowers_the_coverage_alone(frame: pd.DataFrame) -> None:
    wider = frame.assign(gone=NONE)
    before, after = (above_average(of_frame(each), "large", N)[0] for each in (frame, wider))
    assert after["eligible"].tolist() == before["eligible"].tolist()
    assert after["members"].tolist() == [count + 1 for count in before["members"]]
    both = before["value"].notna() & after["value"].notna()
    assert after["value"][both].tolist() == before["value"][both].tolist()


@given(random_frames())
@settings(max_examples=25, deadline=None)
def test_a_company_listed_today_changes_nothing(frame: pd.DataFrame) -> None:
    lines = {f"C{column}": frame[column].tolist() for column in frame}
    newest = [NONE] * (len(frame) - 1) + [50.0]
    wider = members({**lines, "NEW": newest}, listed={"NEW": str(frame.index[-1].date())})
    pd.testing.assert_frame_equal(above_average(members(lines), "large", N)[0], above_average(wider, "large", N)[0])


def test_what_is_no_price_counts_as_no_close() -> None:
    given_ = pd.DataFrame({"A": [10.0, NONE, np.inf, -np.inf, -3.0, 0.0, 1e300, 2e9, 1e9]})
    assert in_millionths(given_)[:, 0].tolist() == [10_000_000, 0, 0, 0, 0, 0, 0, 0, 10**15]


def test_the_largest_price_there_may_be_does_not_overflow() -> None:
    closes = [1e9] * 200 + [1e9 - 1]
    told = last(members({"A": closes, "B": [0.0001] * 200 + [0.0002]}), 200)
    assert (told["value"], told["eligible"]) == (50.0, 2)
