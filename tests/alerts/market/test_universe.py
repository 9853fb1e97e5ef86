"""Who can be a member, how classes become one company, and which segment each is in."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.market.eligibility import ineligible_reason
from alerts.market.universe import (
    companies,
    effective_day,
    in_force_on,
    rank_day,
    segments,
)

COMPANIES = (
    "Northern Trust Corporation",
    "Federal Realty Investment Trust", "Essex Property Trust, Inc.", "Vornado Realty Trust",
    "Host Hotels & Resorts, Inc.", "United Parcel Service, Inc.", "Wright Medical Group", "Preferred Bank",
    "Blackstone Mortgage Trust, Inc.", "Franklin BSP Realty Trust, Inc.", "Universal Health Realty Income Trust",
    "Alpine Income Property Trust, Inc.", "Community Trust Bancorp, Inc.", "Washington Trust Bancorp, Inc.",
    "Brookdale Senior Living Inc.", "Fundamental Global Inc.", "LendingClub Corporation", "Notable Labs, Ltd.",
    "Blue Owl Capital Corporation III", "Ares Capital Corporation", "ADS-TEC Energy PLC", "Unity Software Inc.",
    "Warrior Met Coal, Inc.", "Rights Of Way Software Inc.", "Sabine Royalty Trust", "Merger Mines Corporation",
    "Icahn Enterprises L.P. Common Units", "LXP Industrial Trust", "Bond Street Brands Inc.", "Redwood Trust, Inc.",
)  # fmt: skip

NO_COMPANIES = {
    "Duke Energy Corporation 5.625% Junior Subordinated Debentures due 2078": "note or preferred share",
    "B. Riley Financial, Inc. 5.25% Senior Notes due 2028": "note or preferred share",
    "Bank of Somewhere Corp Pfd Series L": "preferred share",
    "Wells Fargo & Company Preferred Stock": "preferred share",
    "Depositary Shares, each representing 1/40th of 6% Preferred": "preferred share",
    "Ares Acquisition Corporation II": "shell company",
    "Gores Holdings IX Acquisition": "shell company",
    "Hennessy Capital Investment Corp. VI": "shell company",
    "Ares Acquisition Corporation II Units, each consisting of one share": "unit",
    "Some Vehicle Corp Warrant": "warrant",
    "Some Vehicle Corp Right": "right",
    "Adams Diversified Equity Fund, Inc.": "fund",
    "BlackRock Science and Technology Trust": "fund",
    "Gabelli Dividend & Income Trust": "fund",
    "Royce Value Trust Inc.": "fund",
    "Nuveen Municipal Income Fund": "fund",
    "SPDR Gold Shares": "fund",
    "Somewhere Holdings American Depositary Shares": "depositary receipt",
    "Elsewhere plc Sponsored ADR": "depositary receipt",
}


@pytest.mark.parametrize("name", COMPANIES)
def test_a_company_is_eligible_whatever_word_its_name_holds(census, name):
    assert ineligible_reason(census(AAA=name)).tolist() == [None]


@pytest.mark.parametrize(("name", "reason"), NO_COMPANIES.items())
def test_a_line_that_is_no_company_is_out_by_its_name(census, name, reason):
    assert ineligible_reason(census(AAA=name)).tolist() == [reason]


def test_listing_decides_first(census):
    quotes = census(
        ETFX={"quote_type": "ETF"},
        OTCX={"exchange": "PNK"},
        EURX={"currency": "EUR"},
        TWDX={"financial_currency": "TWD"},
        NONE={"financial_currency": None},
        SHEL={"industry": "Shell Companies"},
    )
    assert ineligible_reason(quotes).to_dict() == {
        "ETFX": "not a share (ETF)",
        "OTCX": "listed outside New York, NASDAQ and American (PNK)",
        "EURX": "not quoted in US dollars (EUR)",
        "TWDX": "does not report in US dollars (TWD)",
        "NONE": None,
        "SHEL": "shell company",
    }


def test_symbols_tell_preferreds_warrants_units_and_rights(census):
    quotes = census(AAA__PD="A", BBB__WT="B", CCC__U="C", DDD__RI="D", BRK__B="Berkshire", BF__A="Brown")
    assert ineligible_reason(quotes).tolist() == ["preferred share", "warrant", "unit", "right", None, None]


def test_a_fifth_letter_counts_only_beside_its_base_on_nasdaq(census):
    nasdaq = {"exchange": "NMS"}
    quotes = census(ABCD=nasdaq, ABCDW=nasdaq, ABCDU=nasdaq, WXYZR=nasdaq, NYSE={}, NYSEW={})
    assert ineligible_reason(quotes).tolist() == [None, "warrant", "unit", None, None, None]


def test_classes_are_one_company_and_the_most_traded_line_stands_for_it(census):
    quotes = census(
        GOOGL={"name": "Alphabet Inc.", "volume": 30e6, "market_value": 2.0e12, "first_trade": "2004-08-19"},
        GOOG={"name": "Alphabet Inc.", "volume": 20e6, "market_value": 2.1e12, "first_trade": "2014-03-27"},
        BRK__A={"name": "Berkshire Hathaway Inc. Class A", "volume": 5e3, "market_value": 1e12, "price": 7e5},
        BRK__B={"name": "BERKSHIRE HATHAWAY INC CL B", "volume": 5e6, "market_value": 1e12, "price": 470.0},
    )
    found = companies(quotes)
    assert found.frame.index.tolist() == ["GOOGL", "BRK-B"]
    assert found.frame.loc["GOOGL", "symbols"] == ("GOOGL", "GOOG")
    assert found.frame.loc["GOOGL", "market_value"] == 2.0e12
    assert found.frame.loc["GOOGL", "first_trade"] == pd.Timestamp("2004-08-19")
    assert found.frame.loc["BRK-B", "shares_all"] == pytest.approx(1e12 / 470)
    assert found.excluded.set_index("symbol")["reason"].to_dict() == {
        "GOOG": "another class of GOOGL",
        "BRK-A": "another class of BRK-B",
    }


def test_without_volumes_the_larger_value_stands_then_the_first_symbol(census):
    larger = census(UAA={"name": "Under Armour, Inc.", "market_value": 2e9}, UA="Under Armour Inc")
    assert companies(larger).frame.index.tolist() == ["UA"]
    equal = census(UAA="Under Armour, Inc.", UA="Under Armour Inc")
    assert companies(equal).frame.index.tolist() == ["UA"]


def test_two_banks_of_one_name_stay_two_companies(census):
    found = companies(census(FBNC="First Bancorp", FBP="First BanCorp.", INDB="Independent Bank Corp."))
    assert sorted(found.frame.index) == ["FBNC", "FBP", "INDB"]


def test_a_line_without_figures_or_of_another_session_is_out_with_the_reason(census):
    quotes = census(
        AAA={},
        BBB={},
        OLD={"session": "2025-07-29"},
        NOP={"price": np.nan},
        ZER={"price": 0.0},
        NOV={"market_value": np.nan},
    )
    found = companies(quotes)
    assert found.session == date(2025, 7, 30)
    assert sorted(found.frame.index) == ["AAA", "BBB"]
    assert found.excluded.set_index("symbol")["reason"].to_dict() == {
        "OLD": "not traded on 2025-07-30",
        "NOP": "no price",
        "ZER": "no price",
        "NOV": "no market value",
    }


def test_every_line_is_a_company_or_has_a_reason(census):
    quotes = census(GOOGL="Alphabet Inc.", GOOG="Alphabet Inc.", PDI="PIMCO Dynamic Income Fund", AAA="A Co")
    found = companies(quotes)
    merged = {symbol for symbols in found.frame["symbols"] for symbol in symbols}
    assert merged | set(found.excluded["symbol"]) == set(quotes.index)
    assert found.excluded["reason"].notna().all()


def test_an_empty_census_is_refused(census):
    with pytest.raises(ValueError, match="without lines"):
        companies(census(AAA={}).iloc[:0])


def test_ranks_are_of_the_last_session_of_april():
    assert rank_day(2025) == date(2025, 4, 30)
    assert rank_day(2023) == date(2023, 4, 28)


def test_ranks_come_into_force_on_the_fourth_friday_of_june():
    assert [effective_day(year) for year in (2023, 2024, 2025, 2026)] == [
        date(2023, 6, 23),
        date(2024, 6, 28),
        date(2025, 6, 27),
        date(2026, 6, 26),
    ]
    assert in_force_on(date(2025, 6, 26)) == 2024
    assert in_force_on(date(2025, 6, 27)) == 2025


def values(count: int) -> pd.Series:
    return pd.Series(np.arange(count, 0, -1) * 1e6, index=[f"S{i:04}" for i in range(1, count + 1)])


def test_newcomers_go_by_the_borders():
    counts = segments(values(3_400))["segment"].value_counts(dropna=False)
    assert {name: counts[name] for name in ("large", "mid", "small")} == {"large": 500, "mid": 500, "small": 2_000}
    assert segments(values(3_400))["segment"].iloc[3_000:].isna().all()


def test_equal_values_rank_by_symbol_and_unknown_values_have_no_rank():
    found = segments(pd.Series({"BB": 1.0, "AA": 1.0, "CC": np.nan, "DD": 2.0}))
    assert found["rank"].to_dict() == {"DD": 1, "AA": 2, "BB": 3}


@pytest.mark.parametrize(
    ("rank", "was", "now"),
    [
        (560, "large", "large"), (561, "large", "mid"), (441, "mid", "mid"), (440, "mid", "large"),
        (1_150, "mid", "mid"), (1_151, "mid", "small"), (851, "small", "small"), (850, "small", "mid"),
        (3_150, "small", "small"), (3_151, "small", None), (3_001, None, None), (3_000, None, "small"),
        (480, "small", "large"), (1_005, "large", "small"),
    ],
)  # fmt: skip
def test_a_member_keeps_its_segment_inside_the_band(rank, was, now):
    symbol = f"S{rank:04}"
    found = segments(values(3_400), pd.Series({symbol: was}, dtype=object))
    assert found.loc[symbol, "rank"] == rank
    assert found.loc[symbol, "segment"] == now


@given(st.integers(1, 3_300), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(count, chance):
    figures = values(count).round(-8)  # many equal values
    held = segments(values(count).sample(frac=1, random_state=1).set_axis(figures.index))["segment"]
    shuffled = list(figures.index)
    chance.shuffle(shuffled)
    pd.testing.assert_frame_equal(segments(figures, held), segments(figures[shuffled], held[shuffled[::-1]]))


@given(st.integers(1, 3_300))
def test_without_a_past_the_counts_are_exact(count):
    found = segments(values(count))["segment"]
    assert (found == "large").sum() == min(count, 500)
    assert (found == "mid").sum() == min(max(count - 500, 0), 500)
    assert (found == "small").sum() == min(max(count - 1_000, 0), 2_000)


@given(st.integers(0, 10_000))
def test_nobody_inside_a_band_of_its_segment_changes_it(seed):
    figures = values(3_300)
    noise = np.random.default_rng(seed).normal(0, 0.05, len(figures))
    before = segments(figures)
    after = segments(figures * np.exp(noise), before["segment"]).reindex(before.index)
    rank = after["rank"]
    for segment, low, high in (("large", 1, 560), ("mid", 441, 1_150), ("small", 851, 3_150)):
        inside = (before["segment"] == segment) & rank.between(low, high)
        assert (after["segment"][inside] == segment).all()
