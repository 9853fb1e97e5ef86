"""Odds of the next Fed decisions from fed funds futures, to published worked examples."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.metrics.fed_meetings import Meetings, scheduled
from alerts.metrics.odds import NoOdds, tree

MARCH_2023 = {
    "2023-03": 95.3375, "2023-04": 95.10, "2023-05": 94.855, "2023-06": 94.775, "2023-07": 94.73, "2023-08": 94.75,
}  # fmt: skip


def table(*decisions: date) -> Meetings:
    return Meetings(decisions, f"{decisions[0].year}-01", "made up")


def test_september_2015_by_the_month_before_it() -> None:
    # CME's white paper on FedWatch: August 2015, without a meeting, at 99.8675; September at 99.805, decided on the
    # 17th: 16 of 30 days before. End (30 · 0.195 − 16 · 0.1325)/14 = 0.26643; half a step up and a little: 53.6 %.
    told = tree(
        date(2015, 8, 20), {"2015-08": 99.8675, "2015-09": 99.805}, 0.0, 0.25,
        table(date(2015, 7, 29), date(2015, 9, 17), date(2015, 10, 28)),
    )  # fmt: skip
    assert told.anchors == ("2015-08",)
    assert told.meetings[0].start == pytest.approx(0.1325)
    assert told.meetings[0].end == pytest.approx(0.26643, abs=5e-6)
    assert told.meetings[0].moves == pytest.approx({0: 0.464, 1: 0.536}, abs=5e-4)
    assert told.cut_odds == 0.0


def test_september_2022_by_the_month_after_it() -> None:
    # On 12 September 2022: September 97.4475, October, without a meeting, 96.94, decided on the 21st: change .7613.
    told = tree(
        date(2022, 9, 12), {"2022-09": 97.4475, "2022-10": 96.94}, 2.25, 2.50,
        table(date(2022, 7, 27), date(2022, 9, 21), date(2022, 11, 2)),
    )  # fmt: skip
    (meeting,) = told.meetings
    assert meeting.end - meeting.start == pytest.approx(0.7613, abs=1e-4)
    assert meeting.moves == pytest.approx({3: 0.955, 4: 0.045}, abs=5e-4)


def test_a_chain_of_four_meetings_on_the_tenth_of_march_2023() -> None:
    # Closes of that day; the odds are those of CME's method by hand: March works back from April, May begins at April's
    # rate and ends where June begins, July and June work back from August.
    told = tree(date(2023, 3, 10), MARCH_2023, 4.50, 4.75, scheduled())
    assert told.anchors == ("2023-04", "2023-08")
    assert [meeting.decision.isoformat() for meeting in told.meetings] == [
        "2023-03-22", "2023-05-03", "2023-06-14", "2023-07-26",
    ]  # fmt: skip
    march, may, june, _ = (
        {bound: round(100 * odds, 1) for bound, odds in meeting.lower_bounds.items()} for meeting in told.meetings
    )
    assert march == {4.75: 59.8, 5.0: 40.2}
    assert may == {5.0: 57.4, 5.25: 41.0, 5.5: 1.6}
    assert june == {5.0: 31.0, 5.25: 48.5, 5.5: 19.7, 5.75: 0.7}
    assert told.cut_odds == 0.0
    assert told.meetings[0].left_over == pytest.approx(0.0, abs=1e-9)  # March was made of its own contract
    assert abs(told.meetings[1].left_over or 0.0) < 0.05  # May's was left over, and agrees to some basis points


def test_a_price_that_falls_short_of_a_step_down_is_the_odds_of_one() -> None:
    # January's rate 4.33; February, without a meeting, 4.2675: a quarter of a step down.
    told = tree(date(2025, 1, 3), {"2025-01": 95.67, "2025-02": 95.7325}, 4.25, 4.50, scheduled())
    (meeting,) = told.meetings
    # January's own average holds 28 days at the start and 3 at the end: start = (31 · 4.33 − 3 · 4.2675)/28
    assert meeting.start == pytest.approx((31 * 4.33 - 3 * 4.2675) / 28)
    assert told.cut_odds == pytest.approx(100 * (meeting.start - 4.2675) / 0.25)
    assert meeting.lower_bounds == pytest.approx({4.0: told.cut_odds / 100, 4.25: 1 - told.cut_odds / 100})


def test_a_decision_on_the_first_leaves_its_month_to_the_rate_after_it() -> None:
    # 1 November 2023: no day of the month is before it; October, without a meeting, is the start.
    told = tree(date(2023, 10, 12), {"2023-10": 94.67, "2023-11": 94.6075}, 5.25, 5.50, scheduled())
    assert (told.meetings[0].start, told.meetings[0].end) == pytest.approx((5.33, 5.3925))
    assert told.meetings[0].moves == pytest.approx({0: 0.75, 1: 0.25})


def test_after_the_decision_of_a_month_the_next_meeting_is_the_first() -> None:
    told = tree(
        date(2025, 9, 18),
        {"2025-09": 95.78, "2025-10": 95.93, "2025-11": 96.10, "2025-12": 96.25, "2026-01": 96.40, "2026-02": 96.45},
        4.00, 4.25, scheduled(),
    )  # fmt: skip
    assert told.meetings[0].decision == date(2025, 10, 29)
    assert told.meetings[0].end == pytest.approx(3.90)


def test_a_month_that_does_not_trade_is_bridged_from_both_sides() -> None:
    prices = {month: price for month, price in MARCH_2023.items() if month != "2023-06"}
    told = tree(date(2023, 3, 10), prices, 4.50, 4.75, scheduled())
    assert told.meetings[1].start == pytest.approx(4.90)  # May from April …
    assert told.meetings[2].end == pytest.approx(told.meetings[3].start)  # … June's end from July's beginning
    assert told.meetings[2].left_over is None


def test_without_a_month_to_begin_from_it_says_which_meeting() -> None:
    with pytest.raises(NoOdds, match="around the meeting of 2023-03-22 do not trade"):
        tree(date(2023, 3, 10), {"2023-03": 95.3375}, 4.50, 4.75, scheduled())
    with pytest.raises(NoOdds, match="no fed funds future has a close"):
        tree(date(2023, 3, 10), {}, 4.50, 4.75, scheduled())


def test_past_the_table_it_says_which_date_ran_out() -> None:
    for day in (date(2027, 12, 8), date(2027, 12, 20), date(2028, 1, 3)):
        with pytest.raises(NoOdds, match="the table of Fed meetings ends on 2027-12-08"):
            tree(day, {f"{day:%Y-%m}": 96.0}, 3.0, 3.25, scheduled())
    with pytest.raises(NoOdds, match="begins in 2023-01"):
        tree(date(2022, 12, 30), {"2022-12": 96.0}, 4.25, 4.50, scheduled())


def test_the_table_holds_eight_decisions_a_year_on_working_days() -> None:
    held = scheduled()
    assert held.decisions == tuple(sorted(set(held.decisions)))
    for year in range(2023, 2028):
        assert sum(day.year == year for day in held.decisions) == 8
    assert all(day.weekday() < 5 for day in held.decisions)
    assert held.source and len({f"{day:%Y-%m}" for day in held.decisions}) == 40


@given(st.lists(st.floats(-0.6, 0.6), min_size=4, max_size=4), st.floats(1.0, 5.0))
@settings(max_examples=60, deadline=None)
def test_a_path_of_rates_is_found_again_and_odds_add_up_to_one(steps: list[float], first: float) -> None:
    # The averages that a path of rates makes are put in; the path has to come out.
    decisions = [date(2025, 1, 29), date(2025, 3, 19), date(2025, 5, 7), date(2025, 6, 18)]
    rates = [first, *(first + sum(steps[: at + 1]) for at in range(4))]
    days = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31}
    prices = {"2025-02": 100 - rates[1], "2025-04": 100 - rates[2]}
    for at, day in enumerate(decisions):
        before, total = day.day - 1, days[day.month]
        prices[f"{day:%Y-%m}"] = 100 - (before * rates[at] + (total - before) * rates[at + 1]) / total
    prices["2025-07"] = 100 - rates[4]
    known = table(*decisions, date(2025, 8, 20))
    told = tree(date(2025, 1, 3), prices, 1.0, 1.25, known)
    assert [(meeting.start, meeting.end) for meeting in told.meetings] == [
        pytest.approx((rates[at], rates[at + 1]), abs=1e-7) for at in range(4)
    ]
    for meeting in told.meetings:
        assert sum(meeting.lower_bounds.values()) == pytest.approx(1.0)
        assert sum(meeting.moves.values()) == pytest.approx(1.0)
        assert meeting.left_over == pytest.approx(0.0, abs=1e-7)
