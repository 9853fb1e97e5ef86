"""Forward P/E, the share of companies that expect a loss, and the discount of small caps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alerts.metrics.valuation import Members, Split, all_of, by_segment, discount, forward, price_earnings

NONE = float("nan")
DAY = pd.DatetimeIndex(["2025-07-31"])


def company(value: float, price: float, eps: float, segment: str = "small") -> dict[str, object]:
    return {"market_value": value, "price": price, "eps_forward": eps, "ev_ebit": NONE, "segment": segment}


def census(*companies: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(companies), index=[f"C{at}" for at in range(len(companies))])


def members(*companies: dict[str, object]) -> Members:
    return Members.of(census(*companies))


def split(*companies: dict[str, object]) -> Split:
    return by_segment(census(*companies))


LARGE = company(2000.0, 10.0, 0.5, "large")  # earnings 2000 × 0.5/10 = 100: 20 times


def test_losses_count_against_earnings() -> None:
    # 1,000 shares of A at $40 with EPS 3, 1,000 of B at $2 with EPS −1.40, the worked example of index houses:
    # (40,000 + 2,000)/(3,000 − 1,400) = 26.25; without the loss-maker 40,000/3,000 = 13.33.
    told = forward(members(company(40_000, 40, 3), company(2_000, 2, -1.4)))
    assert told["forward_pe"] == pytest.approx(26.25)
    assert told["forward_pe_profitable"] == pytest.approx(13.33, abs=0.005)
    assert told["loss_share"] == 50.0


def test_sums_and_not_a_mean_of_ratios() -> None:
    # Values 500, 50, 200 with earnings 50, 0.1, −20: 750/30.1 = 24.92; profitable 550/50.1 = 10.98.
    value, earnings = np.array([500.0, 50.0, 200.0]), np.array([50.0, 0.1, -20.0])
    assert price_earnings(value, earnings) == pytest.approx(24.92, abs=0.005)
    assert price_earnings(value[:2], earnings[:2]) == pytest.approx(10.98, abs=0.005)


def test_a_discount_of_fifteen_point_eight_against_twenty_two_point_forty_eight() -> None:
    # S&P 600 15.8, S&P 500 22.48, July 2025: 15.8/22.48 − 1 = −29.7 %.
    small, large = (
        pd.DataFrame({"value": [pe], "coverage": [1.0], "eligible": [9.0], "members": [9.0], "reason": [None]}, DAY)
        for pe in (15.8, 22.48)
    )
    told = discount(small, large, "valuation.discount_profitable").iloc[0]
    assert told["value"] == pytest.approx(-29.7, abs=0.05)
    assert (told["eligible"], told["members"], told["coverage"]) == (18, 18, 1.0)


def test_no_expected_earnings_is_a_loss_maker() -> None:
    told = forward(members(company(100, 10, 0), company(100, 10, 1)))
    # 200/(0 + 10) = 20; profitable 100/10 = 10
    assert (told["forward_pe"], told["forward_pe_profitable"], told["loss_share"]) == (20.0, 10.0, 50.0)


def test_market_value_counts_every_class_of_shares() -> None:
    # EPS 2 at a price of 50 earns 4 % of the whole market value, whatever the number of shares of this class.
    assert forward(members(company(1_000, 50, 2)))["forward_pe"] == pytest.approx(25.0)


def test_an_estimate_missing_over_the_floor_by_value_leaves_the_figure() -> None:
    # Half of the companies, but a tenth of the value, have none.
    told = forward(members(company(900, 10, 1), company(100, 10, NONE)))
    assert (told["coverage"], told["eligible"], told["members"]) == (0.9, 1, 2)
    assert all_of([split(LARGE, company(900, 10, 1), company(100, 10, NONE))], DAY)["valuation.forward_pe.small"].iloc[
        0
    ]["value"] == pytest.approx(10.0)


def test_an_estimate_missing_under_the_floor_by_value_does_not() -> None:
    lines = [company(50, 10, 1) for _ in range(17)] + [company(150, 10, NONE)]  # 850 of 1,000
    told = all_of([split(LARGE, *lines)], DAY)
    for kind in ("forward_pe", "forward_pe_profitable", "loss_share"):
        row = told[f"valuation.{kind}.small"].iloc[0]
        assert np.isnan(row["value"])
        assert row["reason"] == "coverage 85 % is under 90 %"


def test_a_member_that_the_census_did_not_count_lowers_the_coverage() -> None:
    # Nine of ten with everything: 1 × 9/10. Eight of ten: 0.8.
    nine = [company(100, 10, 1)] * 9 + [company(NONE, NONE, NONE)]
    assert forward(members(*nine))["coverage"] == pytest.approx(0.9)
    eight = [company(100, 10, 1)] * 8 + [company(NONE, NONE, NONE)] * 2
    row = all_of([split(LARGE, *eight)], DAY)["valuation.forward_pe.small"].iloc[0]
    assert row["reason"] == "coverage 80 % is under 90 %"


def test_earnings_that_add_up_to_a_loss_are_not_meaningful() -> None:
    told = all_of([split(LARGE, company(100, 10, 1), company(100, 10, -1))], DAY)
    row = told["valuation.forward_pe.small"].iloc[0]
    assert np.isnan(row["value"])
    assert row["reason"] == "not meaningful: expected earnings add up to a loss"
    assert told["valuation.forward_pe_profitable.small"].iloc[0]["value"] == pytest.approx(10.0)


def test_without_a_profitable_company_there_is_no_profitable_multiple() -> None:
    row = all_of([split(LARGE, company(100, 10, -1))], DAY)["valuation.forward_pe_profitable.small"].iloc[0]
    assert row["reason"] == "not meaningful: no company expects a profit"


def test_the_loss_share_is_of_companies_and_not_of_value() -> None:
    lines = [company(9_000, 10, 1), company(1, 10, -1), company(1, 10, 0), company(1, 10, 2)]
    assert forward(members(*lines))["loss_share"] == 50.0


@pytest.mark.parametrize("price", [0.0, -1.0, NONE, np.inf])
def test_a_price_that_is_none_is_no_estimate(price: float) -> None:
    told = forward(members(company(900, 10, 1), company(100, price, 1)))
    assert (told["eligible"], told["coverage"], told["forward_pe"]) == (1, 0.9, pytest.approx(10.0))


def test_a_missing_discount_names_its_cause() -> None:
    told = all_of([split(LARGE, company(100, 10, -1))], DAY)
    assert told["valuation.discount"].iloc[0]["reason"] == (
        "small caps: not meaningful: expected earnings add up to a loss"
    )
    told = all_of([split(company(100, 10, NONE, "large"), company(100, 10, 1))], DAY)
    assert told["valuation.discount"].iloc[0]["reason"] == "large caps: coverage 0 % is under 90 %"


def test_a_discount_compares_like_with_like() -> None:
    # Small: with losses 200/(10 − 5) = 40, profitable 100/10 = 10; large 20 → +100 % and −50 %.
    told = all_of([split(LARGE, company(100, 10, 1), company(100, 10, -0.5))], DAY)
    assert told["valuation.discount"].iloc[0]["value"] == pytest.approx(100.0)
    assert told["valuation.discount_profitable"].iloc[0]["value"] == pytest.approx(-50.0)


def test_the_middle_segment_and_outsiders_count_in_neither() -> None:
    others = [company(1e9, 10, -5, "mid"), {**company(1e9, 10, -5), "segment": None}]
    told = all_of([split(LARGE, company(100, 10, 1), *others)], DAY)
    assert told["valuation.discount"].iloc[0]["value"] == pytest.approx(-50.0)


def test_a_segment_without_members_is_missing() -> None:
    told = all_of([split(LARGE)], DAY)
    assert told["valuation.forward_pe.small"].iloc[0]["reason"] == "no members"
    assert told["valuation.discount"].iloc[0]["reason"] == "small caps: no members"


def test_each_session_is_its_own_census() -> None:
    days = pd.DatetimeIndex(["2025-07-30", "2025-07-31"])
    told = all_of([split(LARGE, company(100, 10, 1)), split(LARGE, company(100, 10, 2))], days)
    assert told["valuation.forward_pe.small"]["value"].tolist() == [10.0, 5.0]
