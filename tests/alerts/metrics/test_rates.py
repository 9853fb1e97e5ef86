"""Economic series as they were known, and the metrics made of them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.metrics.fed_meetings import scheduled
from alerts.metrics.rates import RateInputs, all_of, changed
from alerts.metrics.releases import Release, as_of, known, releases

MONTHLY = pd.Series([4.0, 4.1, 4.2], pd.DatetimeIndex(["2025-06-01", "2025-07-01", "2025-08-01"]))


def days(*named: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(named)


def test_an_observation_counts_from_its_release_on() -> None:
    told = as_of(MONTHLY, days("2025-08-10", "2025-08-11", "2025-09-10", "2025-09-11"), Release(41, 80))
    assert told["value"].tolist() == [4.0, 4.1, 4.1, 4.2]  # 1 July + 41 days = 11 August
    assert told["day"].iloc[-1] == pd.Timestamp("2025-08-01")


def test_one_that_is_too_old_is_missing_with_its_date() -> None:
    told = as_of(MONTHLY, days("2025-10-20", "2025-10-21"), Release(41, 80))
    assert told["value"].tolist()[0] == 4.2
    assert np.isnan(told["value"].iloc[1])
    assert told["reason"].iloc[1] == "the last observation, of 2025-08-01, is more than 80 days old"


def test_before_the_first_release_nothing_is_known() -> None:
    told = as_of(MONTHLY, days("2025-06-02"), Release(41, 80))
    assert told["reason"].iloc[0] == "no observation was known yet"
    assert known({}, "UNRATE", days("2025-06-02"))["reason"].iloc[0] == "UNRATE was never fetched"


def appeared(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """(date of the observation, the first fetch that had it, the fetch before)."""
    frame = pd.DataFrame(rows, columns=["day", "first_seen", "missed_on"]).apply(pd.to_datetime)
    return frame.set_index("day")


def test_a_release_counts_from_the_day_it_was_first_seen_where_that_is_known() -> None:
    early = appeared(("2025-07-01", "2025-08-01", "2025-07-31"))  # as the labour market's report of 1 August 2025 did
    asked = days("2025-07-31", "2025-08-01", "2025-09-11")
    assert as_of(MONTHLY, asked, Release(41, 80), early)["value"].tolist() == [4.0, 4.1, 4.2]
    late = appeared(("2025-08-01", "2025-11-20", "2025-11-19"))  # a shutdown: 41 days were over on 11 September
    asked = days("2025-09-11", "2025-11-19", "2025-11-20")
    told = as_of(MONTHLY, asked, Release(41, 150), late)
    assert told["value"].tolist() == [4.1, 4.1, 4.2]


def test_after_a_gap_of_fetches_the_usual_lag_decides_between_them() -> None:
    seen = appeared(("2025-08-01", "2025-10-01", "2025-08-29"))
    asked = days("2025-09-10", "2025-09-11", "2025-10-01")
    assert as_of(MONTHLY, asked, Release(41, 80), seen)["value"].tolist() == [4.1, 4.2, 4.2]


@given(st.integers(0, 400), st.integers(1, 60), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_nothing_of_the_future_is_seen(asked: int, lag: int, more: int) -> None:
    observed = pd.date_range("2024-01-01", periods=14, freq="MS")
    session = pd.DatetimeIndex([pd.Timestamp("2024-01-01") + pd.Timedelta(days=asked)])
    told = as_of(pd.Series(np.arange(14.0), observed), session, Release(lag, lag + 31 + more)).iloc[0]
    if not np.isnan(told["value"]):
        assert told["day"] + pd.Timedelta(days=lag) <= session[0]
    cut = observed[observed <= session[0]]
    again = as_of(pd.Series(np.arange(float(len(cut))), cut), session, Release(lag, lag + 31 + more)).iloc[0]
    assert again.equals(told)


def test_every_series_asked_for_has_a_release_that_lasts_longer_than_it_takes() -> None:
    for identity, release in releases().items():
        assert 0 <= release.known_after < release.lasts, identity


# ---- the metrics ---------------------------------------------------------------------------------------------------


def economy() -> dict[str, pd.Series]:
    daily = pd.date_range("2024-06-01", "2025-09-30")
    wednesdays = daily[daily.dayofweek == 2]
    assets = pd.Series(7_000.0, wednesdays)
    assets[wednesdays >= "2025-09-01"] = 6_650.0  # −5 %
    months = pd.DatetimeIndex([day for day in daily if day.day == 1])
    return {
        "DFEDTARU": pd.Series(np.where(daily < "2025-09-18", 4.5, 4.25), daily),
        "DFEDTARL": pd.Series(np.where(daily < "2025-09-18", 4.25, 4.0), daily),
        "WALCL": assets,
        "PCEPILFE": pd.Series(np.linspace(120.0, 120.0 + len(months) - 1, len(months)), months),
        "FEDTARMD": pd.Series([3.6], pd.DatetimeIndex(["2025-01-01"])),
        "T10Y2Y": pd.Series(0.5, daily),
    }


def told_on(day: str, contracts: pd.DataFrame | None = None, seen: str = "2025-09-17") -> dict[str, pd.Series]:
    inputs = RateInputs(
        economy(),
        {"FEDTARMD": pd.Series(pd.to_datetime([seen]), pd.DatetimeIndex(["2025-01-01"]))},
        pd.DataFrame() if contracts is None else contracts,
        scheduled(), "FRED", "Yahoo Finance",
    )  # fmt: skip
    frames = all_of(inputs, days(day))
    return {name: frame.iloc[0] for name, frame in frames.items()}


def prices(day: str) -> pd.DataFrame:
    row = {"2025-09": 95.78, "2025-10": 95.93, "2025-11": 96.10, "2025-12": 96.25}
    return pd.DataFrame([row], index=days(day))


def test_the_range_is_that_in_force_and_its_date_stands_in_the_source() -> None:
    assert told_on("2025-09-17")["rates.fed_upper"]["value"] == 4.5
    after = told_on("2025-09-18")["rates.fed_upper"]
    assert (after["value"], after["source"], str(after["observed"].date())) == (4.25, "FRED", "2025-09-18")


def test_assets_are_compared_with_those_of_thirteen_weeks_before() -> None:
    # Wednesday 3 September is out on Thursday at 16:30, after that day's refresh: Friday's session is the first.
    assert told_on("2025-09-04")["rates.balance_sheet_13w"]["value"] == pytest.approx(0.0)
    assert told_on("2025-09-05")["rates.balance_sheet_13w"]["value"] == pytest.approx(-5.0)


def test_inflation_is_over_the_same_month_a_year_before() -> None:
    # July 2025 (known from 2 September on): 133 against July 2024: 121.
    told = told_on("2025-09-03")["backdrop.core_inflation"]
    assert told["value"] == pytest.approx(100 * (133 / 121 - 1))
    assert (told["source"], str(told["observed"].date())) == ("FRED", "2025-07-01")


def test_without_the_observation_a_year_before_there_is_no_inflation() -> None:
    held = economy()["PCEPILFE"].drop(pd.Timestamp("2024-07-01"))
    sessions = days("2025-09-03")
    value = changed(held, known({"PCEPILFE": held}, "PCEPILFE", sessions), pd.DateOffset(years=1))
    assert value.isna().all()


def test_a_series_that_was_never_fetched_says_so() -> None:
    told = told_on("2025-09-18")["backdrop.unemployment"]
    assert np.isnan(told["value"])
    assert told["reason"] == "UNRATE was never fetched"


def test_the_gap_is_the_projection_less_what_december_implies() -> None:
    # 3.6 − (100 − 96.25) = −0.15
    assert told_on("2025-09-18", prices("2025-09-18"))["rates.sep_gap"]["value"] == pytest.approx(-0.15)


def test_a_projection_counts_from_the_day_it_was_first_seen() -> None:
    early = told_on("2025-09-16", prices("2025-09-16"))["rates.sep_gap"]
    assert early["reason"] == "the projection of that day is not known: the one kept was first seen later"
    no_price = told_on("2025-09-18")["rates.sep_gap"]
    assert no_price["reason"] == "December's fed funds future has no close"


def test_cut_odds_come_from_the_chain_and_name_both_sources() -> None:
    told = told_on("2025-09-18", prices("2025-09-18"))["rates.cut_odds"]
    # October's end is November's average, 3.90; 29 of 31 days are before it: start (31 · 4.07 − 2 · 3.90)/29.
    start = (31 * 4.07 - 2 * 3.90) / 29
    assert told["value"] == pytest.approx(100 * (start - 3.90) / 0.25)
    assert told["source"] == "Yahoo Finance futures with FRED"
    hike = told_on("2025-09-18", prices("2025-09-18"))["rates.hike_odds"]
    assert (hike["value"], hike["source"]) == (0.0, "Yahoo Finance futures with FRED")


def test_on_the_evening_of_a_decision_the_source_says_who_tells_the_range() -> None:
    told = told_on("2025-09-17", prices("2025-09-17"))
    assert told["rates.cut_odds"]["source"] == "Yahoo Finance futures; the range as the futures read the decision"
    assert told["rates.fed_upper"]["value"] == 4.5  # FRED has the new range on the day after
    assert told["rates.sep_gap"]["source"] == "Yahoo Finance futures with FRED"


def test_a_contract_that_does_not_trade_costs_only_what_needs_it() -> None:
    held = prices("2025-09-18")
    for month, lost in (
        ("2025-09", set()),  # over: October starts from its own contract
        ("2025-10", {"rates.cut_odds", "rates.hike_odds"}),
        ("2025-12", {"rates.sep_gap"}),
    ):
        told = told_on("2025-09-18", held.drop(columns=month))
        missing = {name for name in ("rates.cut_odds", "rates.hike_odds", "rates.sep_gap")
                   if np.isnan(told[name]["value"])}  # fmt: skip
        assert missing == lost, month


def test_cut_odds_are_missing_without_futures_and_without_a_range() -> None:
    assert told_on("2025-09-18")["rates.cut_odds"]["reason"] == "no fed funds future has a close"
    late = told_on("2025-10-20", prices("2025-10-20"))["rates.cut_odds"]
    assert late["reason"] == "target range: the last observation, of 2025-09-30, is more than 7 days old"


def test_a_session_past_the_table_says_which_date_ran_out() -> None:
    held = {name: pd.Series(4.0, pd.date_range("2027-12-01", "2028-01-10")) for name in ("DFEDTARU", "DFEDTARL")}
    session = days("2028-01-07")
    contracts = pd.DataFrame([{"2028-01": 96.0, "2028-02": 96.1}], index=session)
    inputs = RateInputs(held, {}, contracts, scheduled(), "FRED", "Yahoo Finance")
    told = all_of(inputs, session)["rates.cut_odds"].iloc[0]
    assert told["reason"] == f"the table of Fed meetings ends on {date(2027, 12, 8)}"
