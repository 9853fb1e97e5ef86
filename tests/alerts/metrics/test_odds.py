"""Odds of the next Fed decisions from fed funds futures, to published worked examples."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.metrics.fed_meetings import Meetings, scheduled
from alerts.metrics.odds import MeetingOdds, NoOdds, TargetRange, tree

MARCH_2023 = {
    "2023-03": 95.3375, "2023-04": 95.10, "2023-05": 94.855, "2023-06": 94.775, "2023-07": 94.73, "2023-08": 94.75,
}  # fmt: skip


def table(*decisions: date) -> Meetings:
    return Meetings(decisions, f"{decisions[0].year}-01", "made up")


def in_force(day: date, lower: float) -> TargetRange:
    """The range as FRED has it on `day`."""
    return TargetRange(lower, lower + 0.25, day)


# Settlements of 18 September 2026, and the odds that CME's FedWatch showed that day.
SEPTEMBER_2026 = {
    "2026-09": 96.2525, "2026-10": 96.1050, "2026-11": 95.9750, "2026-12": 95.8350, "2027-01": 95.7700,
    "2027-02": 95.6800,
}  # fmt: skip


def percents(meeting: MeetingOdds) -> dict[float, float]:
    return {bound: round(100 * odds, 1) for bound, odds in meeting.lower_bounds.items()}


def test_the_chain_of_september_2026_is_what_fedwatch_showed() -> None:
    told = tree(date(2026, 9, 18), SEPTEMBER_2026, in_force(date(2026, 9, 18), 3.75), scheduled())
    assert told.anchors == ("2026-11", "2027-02")
    assert [f"{meeting.decision}" for meeting in told.meetings] == ["2026-10-28", "2026-12-09", "2027-01-27"]
    assert percents(told.meetings[0]) == {3.75: 42.4, 4.0: 57.6}
    assert percents(told.meetings[1]) == pytest.approx({3.75: 9.9, 4.0: 46.0, 4.25: 44.1}, abs=0.11)
    assert told.cut_odds == 0.0
    assert told.hike_odds == pytest.approx(57.6, abs=0.05)
    assert not told.as_futures_read


def test_on_the_evening_of_a_decision_the_futures_tell_the_range() -> None:
    # Raised from 3.50–3.75 to 3.75–4.00 on 16 September 2026; FRED has it on the 17th.
    told = tree(date(2026, 9, 16), SEPTEMBER_2026, in_force(date(2026, 9, 16), 3.50), scheduled())
    assert (told.lower, told.upper, told.as_futures_read) == (3.75, 4.0, True)
    assert all(min(meeting.lower_bounds) >= 3.75 for meeting in told.meetings)
    assert (told.cut_odds, round(told.hike_odds, 1)) == (0.0, 57.6)
    late = tree(date(2026, 9, 17), SEPTEMBER_2026, in_force(date(2026, 9, 16), 3.50), scheduled())  # FRED is late
    assert (late.lower, late.as_futures_read) == (3.75, True)
    before = tree(date(2026, 9, 15), SEPTEMBER_2026, in_force(date(2026, 9, 15), 3.50), scheduled())
    assert (before.lower, before.as_futures_read, before.meetings[0].decision) == (3.5, False, date(2026, 9, 16))


@pytest.mark.parametrize("absent", ["2026-09", "2026-12", "2027-01", "2027-02"])
def test_a_contract_that_october_does_not_need_leaves_october_as_it_is(absent: str) -> None:
    prices = {month: price for month, price in SEPTEMBER_2026.items() if month != absent}
    told = tree(date(2026, 9, 18), prices, in_force(date(2026, 9, 18), 3.75), scheduled())
    assert percents(told.meetings[0]) == {3.75: 42.4, 4.0: 57.6}


def test_a_decision_on_the_last_day_of_its_month_leaves_the_month_to_the_old_rate() -> None:
    # 31 January 2024: all of January is before it; February, without a meeting, is the end.
    told = tree(date(2024, 1, 12), {"2024-01": 94.67, "2024-02": 94.7325}, in_force(date(2024, 1, 12), 5.25),
                scheduled())  # fmt: skip
    assert (told.meetings[0].start, told.meetings[0].end) == pytest.approx((5.33, 5.2675))
    assert told.cut_odds == pytest.approx(25.0)


def test_a_chain_of_four_meetings_on_the_tenth_of_march_2023() -> None:
    # Closes of that day, by today's method (the decision day counts to the old rate; CME counted it to the new one
    # then, and showed 59.8 and 40.2 for March): March works back from April, (31 · 4.6625 − 9 · 4.90)/22 = 4.5653; May
    # begins at April's rate and ends where June begins, July and June work back from August.
    told = tree(date(2023, 3, 10), MARCH_2023, in_force(date(2023, 3, 10), 4.50), scheduled())
    assert told.anchors == ("2023-04", "2023-08")
    assert [meeting.decision.isoformat() for meeting in told.meetings] == [
        "2023-03-22", "2023-05-03", "2023-06-14", "2023-07-26",
    ]  # fmt: skip
    march, may, june, _ = (percents(meeting) for meeting in told.meetings)
    assert march == {4.75: 66.1, 5.0: 33.9}
    assert may == {5.0: 61.1, 5.25: 36.3, 5.5: 2.6}
    assert june == {5.0: 35.5, 5.25: 46.7, 5.5: 16.7, 5.75: 1.1}
    assert told.cut_odds == 0.0
    assert told.meetings[0].left_over == pytest.approx(0.0, abs=1e-9)  # March was made of its own contract
    assert abs(told.meetings[1].left_over or 0.0) < 0.05  # May's was left over, and agrees to some basis points


#: Closes of 22 March 2023, the evening of a decision: the range was raised from 4.50–4.75 to 4.75–5.00.
DECISION_2023 = {
    "2023-03": 95.3525, "2023-04": 95.185, "2023-05": 95.06, "2023-06": 95.10, "2023-07": 95.17, "2023-08": 95.335,
}  # fmt: skip


def test_on_the_evening_of_a_decision_the_futures_tell_the_range_before_fred_does() -> None:
    told = tree(date(2023, 3, 22), DECISION_2023, in_force(date(2023, 3, 22), 4.50), scheduled())
    assert (told.lower, told.upper, told.as_futures_read) == (4.75, 5.0, True)
    assert told.meetings[0].decision == date(2023, 5, 3)
    # April, without a meeting, is the start: 4.815. Backward from August's 4.665: July (31 · 4.83 − 5 · 4.665)/26, June
    # (30 · 4.90 − 16 · July's)/14 = 4.9437, which is where May ends: (4.9437 − 4.815)/0.25 = 51.5 %.
    assert percents(told.meetings[0]) == {4.75: 48.5, 5.0: 51.5}
    assert (told.cut_odds, told.hike_odds) == (0.0, pytest.approx(51.5, abs=0.05))
    eve = {"2023-03": 95.365, "2023-04": 95.22}
    before = tree(date(2023, 3, 21), eve, in_force(date(2023, 3, 21), 4.50), scheduled())
    assert (before.lower, before.as_futures_read) == (4.5, False)
    assert percents(before.meetings[0]) == {4.5: 18.3, 4.75: 81.7}


def test_a_price_that_falls_short_of_a_step_down_is_the_odds_of_one() -> None:
    # January's rate 4.33; February, without a meeting, 4.2675: a quarter of a step down.
    told = tree(date(2025, 1, 3), {"2025-01": 95.67, "2025-02": 95.7325}, in_force(date(2025, 1, 3), 4.25), scheduled())
    (meeting,) = told.meetings
    # January's own average holds 29 days at the start and 2 at the end: start = (31 · 4.33 − 2 · 4.2675)/29
    assert meeting.start == pytest.approx((31 * 4.33 - 2 * 4.2675) / 29)
    assert told.cut_odds == pytest.approx(100 * (meeting.start - 4.2675) / 0.25)
    assert meeting.lower_bounds == pytest.approx({4.0: told.cut_odds / 100, 4.25: 1 - told.cut_odds / 100})


def test_a_decision_on_the_first_has_one_day_of_the_old_rate() -> None:
    # 1 November 2023; October, without a meeting, is the start: end = (30 · 5.3925 − 1 · 5.33)/29.
    told = tree(date(2023, 10, 12), {"2023-10": 94.67, "2023-11": 94.6075}, in_force(date(2023, 10, 12), 5.25),
                scheduled())  # fmt: skip
    end = (30 * 5.3925 - 5.33) / 29
    assert (told.meetings[0].start, told.meetings[0].end) == pytest.approx((5.33, end))
    assert told.hike_odds == pytest.approx(100 * (end - 5.33) / 0.25)


def test_after_the_decision_of_a_month_the_next_meeting_is_the_first() -> None:
    told = tree(
        date(2025, 9, 18),
        {"2025-09": 95.78, "2025-10": 95.93, "2025-11": 96.10, "2025-12": 96.25, "2026-01": 96.40, "2026-02": 96.45},
        in_force(date(2025, 9, 18), 4.0), scheduled(),
    )  # fmt: skip
    assert told.meetings[0].decision == date(2025, 10, 29)
    assert told.meetings[0].end == pytest.approx(3.90)


def test_a_month_that_does_not_trade_is_bridged_from_both_sides() -> None:
    prices = {month: price for month, price in MARCH_2023.items() if month != "2023-06"}
    told = tree(date(2023, 3, 10), prices, in_force(date(2023, 3, 10), 4.5), scheduled())
    assert told.meetings[1].start == pytest.approx(4.90)  # May from April …
    assert told.meetings[2].end == pytest.approx(told.meetings[3].start)  # … June's end from July's beginning
    assert told.meetings[2].left_over is None


def test_without_a_month_to_begin_from_it_says_which_meeting() -> None:
    with pytest.raises(NoOdds, match="around the meeting of 2023-03-22 do not trade"):
        tree(date(2023, 3, 10), {"2023-03": 95.3375}, in_force(date(2023, 3, 10), 4.5), scheduled())
    with pytest.raises(NoOdds, match="no fed funds future has a close"):
        tree(date(2023, 3, 10), {}, in_force(date(2023, 3, 10), 4.5), scheduled())


def test_past_the_table_it_says_which_date_ran_out() -> None:
    for day in (date(2027, 12, 8), date(2027, 12, 20), date(2028, 1, 3)):
        with pytest.raises(NoOdds, match="the table of Fed meetings ends on 2027-12-08"):
            tree(day, {f"{day:%Y-%m}": 96.0}, in_force(day, 3.0), scheduled())
    with pytest.raises(NoOdds, match="begins in 2023-01"):
        tree(date(2022, 12, 30), {"2022-12": 96.0}, in_force(date(2022, 12, 30), 4.25), scheduled())


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
        before, total = day.day, days[day.month]
        prices[f"{day:%Y-%m}"] = 100 - (before * rates[at] + (total - before) * rates[at + 1]) / total
    prices["2025-07"] = 100 - rates[4]
    known = table(*decisions, date(2025, 8, 20))
    told = tree(date(2025, 1, 3), prices, in_force(date(2025, 1, 3), 1.0), known)
    assert [(meeting.start, meeting.end) for meeting in told.meetings] == [
        pytest.approx((rates[at], rates[at + 1]), abs=1e-7) for at in range(4)
    ]
    for meeting in told.meetings:
        assert sum(meeting.lower_bounds.values()) == pytest.approx(1.0)
        assert sum(meeting.moves.values()) == pytest.approx(1.0)
        assert meeting.left_over == pytest.approx(0.0, abs=1e-7)
