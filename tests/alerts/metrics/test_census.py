"""Earnings growth and EV/EBIT of a census, and the monthly discount."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from alerts.metrics import earnings
from alerts.metrics.earnings import growth
from alerts.metrics.monthly import discount_monthly, multiple
from alerts.metrics.valuation import Members, Split, by_segment, ev_ebit, of_enterprises

NONE = float("nan")
DAY = pd.DatetimeIndex(["2025-07-31"])


def company(
    value: float = 100.0, price: float = 10.0, forward: float = 1.0, trailing: float = 1.0, ratio: float = 15.0,
    segment: str = "small",
) -> dict[str, object]:  # fmt: skip
    return {"market_value": value, "price": price, "eps_forward": forward, "eps_trailing": trailing,
            "ev_ebit": ratio, "segment": segment}  # fmt: skip


def census(*companies: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(companies), index=[f"C{at}" for at in range(len(companies))])


def members(*companies: dict[str, object]) -> Members:
    return Members.of(census(*companies))


def split(*companies: dict[str, object]) -> Split:
    return by_segment(census(*companies))


# ---- earnings ------------------------------------------------------------------------------------------------------


def test_growth_is_of_sums_and_counts_every_class_by_market_value() -> None:
    # A: 100 at 10, 1.20 after 1.00: 12 after 10. B: 300 at 30 (ten shares too), 0.30 after 1.00: 3 after 10.
    told = growth(members(company(forward=1.2, trailing=1.0), company(300.0, 30.0, 0.3, 1.0)))
    assert told["growth"] == pytest.approx(100 * (15 / 20 - 1))


def test_a_company_without_one_of_the_two_is_in_neither_sum_and_lowers_the_coverage() -> None:
    told = growth(members(company(), company(forward=NONE, trailing=5.0), company(forward=9.0, trailing=NONE)))
    assert told["growth"] == pytest.approx(0.0)
    assert (told["eligible"], told["members"], told["coverage"]) == (1, 3, pytest.approx(1 / 3))


@pytest.mark.parametrize("trailing", [0.0, -2.0])
def test_a_base_of_nothing_or_a_loss_has_no_growth(trailing: float) -> None:
    frame = earnings.all_of([split(company(trailing=trailing), company(segment="large"))], DAY)
    assert frame["earnings.growth.small"]["reason"].iloc[0] == "not meaningful: trailing earnings add up to a loss"
    gap = frame["earnings.growth_gap"]["reason"].iloc[0]
    assert gap == "small caps: not meaningful: trailing earnings add up to a loss"


def test_the_gap_is_small_less_large_in_points() -> None:
    told = earnings.all_of([split(company(forward=1.3), company(forward=1.1, segment="large"))], DAY)
    assert told["earnings.growth_gap"]["value"].iloc[0] == pytest.approx(20.0)


def test_half_of_the_value_is_enough() -> None:
    half = census(company(), company(forward=NONE), company(segment="large"))
    less = census(company(), company(101.0, forward=NONE), company(segment="large"))
    assert earnings.all_of([by_segment(half)], DAY)["earnings.growth.small"]["value"].notna().all()
    assert (
        earnings.all_of([by_segment(less)], DAY)["earnings.growth.small"]["reason"].iloc[0]
        == "coverage 49 % is under 50 %"
    )


# ---- EV/EBIT -------------------------------------------------------------------------------------------------------


def test_the_median_is_of_positive_ratios_and_the_coverage_of_all_reported() -> None:
    told = ev_ebit(members(*(company(ratio=ratio) for ratio in (10.0, -4.0, 30.0, 14.0, NONE))))
    assert (told["ev_ebit"], told["eligible"], told["members"]) == (14.0, 4, 5)


def test_the_discount_compares_two_medians() -> None:
    lines = [company(ratio=12.0), company(ratio=18.0), company(ratio=20.0, segment="large")]
    told = of_enterprises([split(*lines)], DAY)["valuation.ev_ebit_discount"]
    assert told["value"].iloc[0] == pytest.approx(-25.0)  # 15 against 20


def test_losses_alone_have_no_median_and_too_few_reports_no_value() -> None:
    told = of_enterprises([split(company(ratio=-3.0), company(ratio=5.0, segment="large"))], DAY)
    assert told["valuation.ev_ebit.small"]["reason"].iloc[0] == "no company with earnings to divide by"
    few = census(*(company(ratio=9.0) for _ in range(7)), *(company(ratio=NONE) for _ in range(2)))
    assert (
        of_enterprises([by_segment(few)], DAY)["valuation.ev_ebit.small"]["reason"].iloc[0]
        == "coverage 77 % is under 80 %"
    )


# ---- the monthly discount ------------------------------------------------------------------------------------------


def month(small: list[tuple[float, float]], large: list[tuple[float, float]], ranked: float = 100.0) -> pd.DataFrame:
    rows = [(*pair, ranked, "small") for pair in small] + [(*pair, ranked, "large") for pair in large]
    return pd.DataFrame(rows, columns=["market_value", "forward_pe", "ranked", "segment"])


def test_the_multiple_divides_sums() -> None:
    # 100 at 10 and 200 at 40: 300/(10 + 5) = 20
    assert multiple(month([(100.0, 10.0), (200.0, 40.0)], [])).forward_pe == pytest.approx(20.0)


def test_a_company_without_a_multiple_expects_a_loss_and_is_covered() -> None:
    told = multiple(month([(100.0, 10.0), (100.0, NONE), (100.0, -5.0)], []))
    assert (told.forward_pe, told.coverage, told.eligible) == (10.0, 1.0, 3)


def test_a_company_without_an_answer_weighs_as_when_it_was_ranked() -> None:
    told = multiple(month([(900.0, 10.0), (NONE, NONE)], [], ranked=100.0))
    assert told.coverage == pytest.approx(0.9)


def test_each_session_has_the_discount_of_the_last_months_end_until_it_is_too_old() -> None:
    ends = {
        date(2025, 6, 30): month([(1.0, 15.0)], [(1.0, 20.0)]),
        date(2025, 7, 31): month([(1.0, 14.0)], [(1.0, 20.0)]),
    }
    sessions = pd.DatetimeIndex(["2025-06-27", "2025-06-30", "2025-07-30", "2025-07-31", "2025-09-14", "2025-09-15"])
    told = discount_monthly(ends, sessions)
    assert told["value"].tolist()[1:5] == pytest.approx([-25.0, -25.0, -30.0, -30.0])
    assert told["reason"].iloc[0] == "no month-end valuation measures were fetched"
    assert told["reason"].iloc[5] == "the last month-end measures are of 2025-07-31"
    assert str(told["observed"].iloc[3].date()) == "2025-07-31"


def test_a_month_under_ninety_percent_of_value_is_missing() -> None:
    short = month([(89.0, 15.0), (NONE, NONE)], [(1.0, 20.0)], ranked=11.0)
    told = discount_monthly({date(2025, 7, 31): short}, DAY)
    assert told["reason"].iloc[0] == "coverage 89 % is under 90 %"
    assert np.isnan(told["value"].iloc[0])
