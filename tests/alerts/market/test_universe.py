"""Who can be a member, how classes become one company, and which segment each is in."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from alerts.market.eligibility import ineligible_reason
from alerts.market.universe import companies

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
