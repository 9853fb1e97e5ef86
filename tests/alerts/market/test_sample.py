"""The simulated market: the same however it is asked, and with phases that a rotation alert can find."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from alerts.market.feed import CENSUS_COLUMNS, WrongSession
from alerts.market.sample import SampleMarket
from alerts.market.seasons import segments
from alerts.market.sessions import sessions_between
from alerts.market.universe import companies

THROUGH = date(2026, 11, 20)
FUNDS = [
    "SPY", "RSP", "IWM", "IWC", "IJR", "QQQ", "MDY", "IJH", "VTI",
    "XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY",
]  # fmt: skip


@pytest.fixture(scope="module")
def market() -> SampleMarket:
    return SampleMarket()


@pytest.fixture(scope="module")
def symbols(market) -> list[str]:
    """The companies of the first session, largest first."""
    return list(market.census(date(2020, 1, 2)).quotes.index)


@pytest.fixture(scope="module")
def funds(market) -> pd.DataFrame:
    return market.closes(FUNDS, start=None, through=THROUGH).adjusted


@pytest.fixture(scope="module")
def small_above_200d(market, symbols) -> pd.Series:
    """Share of the companies that started small above their 200-day average, %."""
    closes = market.closes(symbols[1_000:], start=None, through=THROUGH).raw
    average = closes.rolling(200, min_periods=196).mean()
    return 100 * (closes > average).sum(axis=1) / average.notna().sum(axis=1).where(lambda count: count > 0)


def three_years(sessions: pd.DatetimeIndex) -> list[slice]:
    """Windows of 756 sessions, one beginning every month from the first with breadth on."""
    return [slice(end - 756, end) for end in range(956, len(sessions) + 1, 21)]


# ---- the same however it is asked ----------------------------------------------------------------------------------


def test_a_close_does_not_depend_on_the_window_asked(market):
    asked = ["SPY", "IWM", "RSP", *market.census(date(2022, 3, 1)).quotes.index[::100]]
    long = SampleMarket().closes(asked, start=None, through=THROUGH).raw
    short = SampleMarket().closes(asked[::-1], start=date(2021, 12, 1), through=date(2022, 3, 4)).raw
    pd.testing.assert_frame_equal(short[asked], long.loc["2021-12-01":"2022-03-04"])


def test_a_census_does_not_depend_on_what_was_asked_before():
    first, second = SampleMarket(), SampleMarket()
    second.closes(["SPY"], start=None, through=THROUGH)
    session = date(2021, 6, 30)
    pd.testing.assert_frame_equal(first.census(session).quotes, second.census(session).quotes)


def test_another_seed_is_another_market():
    one, other = (SampleMarket(seed).closes(["SPY"], start=None, through=date(2020, 12, 31)).raw for seed in (1, 2))
    assert not one["SPY"].iloc[1:].equals(other["SPY"].iloc[1:])


def test_sessions_are_those_of_the_exchange(market):
    closes = market.closes(["SPY"], start=date(2024, 12, 20), through=date(2025, 1, 10))
    expected = sessions_between(date(2024, 12, 20), date(2025, 1, 10))
    assert [day.date() for day in closes.raw.index] == expected
    assert date(2025, 1, 9) not in expected  # a day of mourning


def test_ranges_may_be_empty_and_symbols_unknown(market):
    closes = market.closes(["SPY", "NONE"], start=None, through=date(2019, 12, 31))
    assert closes.raw.shape == (0, 2)
    assert market.closes(["NONE"], start=None, through=date(2020, 2, 3)).raw["NONE"].isna().all()
    assert market.closes(["SPY"], start=date(2021, 1, 2), through=date(2021, 1, 3)).raw.empty


def test_a_census_holds_every_column_largest_value_first(market):
    census = market.census(date(2025, 7, 30))
    assert {column: str(kind) for column, kind in census.quotes.dtypes.items()} == CENSUS_COLUMNS
    assert list(census.quotes.columns) == list(CENSUS_COLUMNS)
    assert census.quotes["market_value"].is_monotonic_decreasing
    assert census.fetched_at == datetime(2025, 7, 30, 20, 0, tzinfo=UTC)


def test_a_census_agrees_with_the_closes(market):
    quotes = market.census(date(2025, 7, 30)).quotes
    asked = list(quotes.index[::40])
    closes = market.closes(asked, start=None, through=date(2025, 7, 30)).raw
    pd.testing.assert_series_equal(quotes.loc[asked, "price"], closes.iloc[-1], check_names=False)
    averages = closes.iloc[-200:].mean()
    np.testing.assert_allclose(quotes.loc[asked, "average_200d"], averages)
    np.testing.assert_allclose(quotes.loc[asked, "high_52w"], closes.iloc[-252:].max())
    np.testing.assert_allclose(quotes.loc[asked, "previous_close"], closes.iloc[-2])


def test_a_census_of_no_session_is_refused(market):
    with pytest.raises(WrongSession, match="2025-07-26 is no session"):
        market.census(date(2025, 7, 26))
    with pytest.raises(WrongSession, match="begins on 2020-01-02"):
        market.census(date(2019, 12, 31))


def test_the_moment_of_a_census_may_be_given():
    moment = datetime(2026, 1, 2, 22, tzinfo=UTC)
    assert SampleMarket(now=lambda: moment).census(date(2025, 7, 30)).fetched_at == moment


# ---- companies and funds -------------------------------------------------------------------------------------------


def test_every_line_is_a_company_of_its_own(market):
    quotes = market.census(THROUGH).quotes
    found = companies(quotes)
    assert found.excluded.empty
    assert len(found.frame) == len(quotes)
    assert quotes.index.is_unique
    assert quotes["name"].is_unique
    assert quotes.index.str.fullmatch("Q[A-Z]{4}").all()


def test_listings_come_later_and_closes_go_missing_here_and_there(market, symbols):
    later = market.census(THROUGH).quotes.index.difference(symbols)
    assert 10 <= len(later) <= 30
    young = market.census(THROUGH).quotes.loc[later[0], "first_trade"]
    closes = market.closes([later[0]], start=None, through=THROUGH).raw[later[0]]
    assert closes.first_valid_index() == young
    holes = market.closes(symbols, start=None, through=THROUGH).raw.isna().sum().sum()
    assert 5 <= holes <= 30


def test_funds_pay_and_adjusted_closes_make_up_for_it(market):
    closes = market.closes(["SPY", "IWM"], start=None, through=date(2025, 7, 30))
    assert (closes.adjusted.iloc[-1] == closes.raw.iloc[-1]).all()
    factor = closes.adjusted / closes.raw
    assert factor["SPY"].diff().gt(1e-9).sum() == 22  # quarters from March 2020 to June 2025
    np.testing.assert_allclose(factor.iloc[0], (1 - 0.0035) ** 22)


def test_companies_pay_nothing(market, symbols):
    closes = market.closes(symbols[:5], start=None, through=THROUGH)
    pd.testing.assert_frame_equal(closes.raw, closes.adjusted)


def test_volatilities_are_those_of_a_market(market, symbols, funds):
    a_year = 100 * np.sqrt(252)
    assert 12 <= a_year * funds["SPY"].pct_change().std() <= 18
    assert funds["IWM"].pct_change().std() > funds["SPY"].pct_change().std()
    small = market.closes(symbols[1_000:], start=None, through=THROUGH).raw.pct_change(fill_method=None).std()
    assert 40 <= a_year * small.median() <= 60


@pytest.mark.parametrize("session", [date(2020, 6, 30), date(2023, 6, 30), THROUGH, date(2032, 6, 30)])
def test_sizes_and_valuations_stay_plausible(market, symbols, session):
    frame = companies(market.census(session).quotes).frame
    segment = segments(frame["market_value"])["segment"]
    large, small = (frame[segment == name] for name in ("large", "small"))
    earnings = frame["eps_forward"] * frame["shares_all"]

    def pe(part, *, profitable):
        kept = part[earnings[part.index] > 0] if profitable else part[earnings[part.index].notna()]
        return kept["market_value"].sum() / earnings[kept.index].sum()

    assert 0.25 <= large["market_value"].nlargest(7).sum() / large["market_value"].sum() <= 0.36
    assert 18 <= pe(large, profitable=False) <= 25
    assert pe(small, profitable=False) > pe(large, profitable=False)
    assert -34 <= 100 * (pe(small, profitable=True) / pe(large, profitable=True) - 1) <= -5
    assert 0.03 <= (large["eps_forward"] <= 0).mean() <= 0.07
    assert 0.32 <= (small["eps_forward"] <= 0).mean() <= 0.41
    assert small.index.isin(symbols[1_000:]).mean() > 0.85


def test_a_company_without_earnings_figures_is_among_them(market):
    assert market.census(THROUGH).quotes["eps_forward"].isna().sum() == 2


# ---- phases --------------------------------------------------------------------------------------------------------


def test_any_three_years_hold_a_narrow_market(funds, small_above_200d):
    lead = 100 * (funds["IWM"].pct_change(126) - funds["SPY"].pct_change(126))
    for window in three_years(funds.index):
        narrow = (lead.iloc[window] < -4) & (funds["SPY"].pct_change(126).iloc[window] > 0)
        assert narrow.sum() >= 20
        assert small_above_200d.iloc[window][narrow].median() < 50


def test_any_three_years_hold_a_broadening(funds, small_above_200d):
    lead = 100 * (funds["IWM"].pct_change(63) - funds["SPY"].pct_change(63))
    equal = funds["RSP"] / funds["SPY"]
    for window in three_years(funds.index):
        assert small_above_200d.iloc[window].max() >= 75
        assert lead.iloc[window].max() >= 5
        assert (equal.iloc[window].pct_change(126) > 0.02).any()


def test_any_three_years_hold_a_setback_and_a_recovery(funds, small_above_200d):
    drawdown = 100 * (funds["SPY"] / funds["SPY"].cummax() - 1)
    for window in three_years(funds.index):
        fall = drawdown.iloc[window]
        assert -23 <= fall.min() <= -11
        assert small_above_200d.iloc[window].min() < 25
    assert drawdown.iloc[-252:].max() > -1


def test_breadth_crosses_sixty_a_few_times_a_year(small_above_200d):
    breadth = small_above_200d.dropna()
    crossings = ((breadth >= 60) & (breadth.shift() < 60)).groupby(breadth.index.year).sum()
    assert crossings.sum() >= 8
    assert crossings.max() <= 12
    assert breadth.diff().abs().median() < 3


def test_cyclicals_lead_when_the_many_do(funds):
    cyclical = funds[["XLF", "XLI", "XLY"]].pct_change(63).mean(axis=1)
    defensive = funds[["XLP", "XLU", "XLV"]].pct_change(63).mean(axis=1)
    small = funds["IWM"].pct_change(63) - funds["SPY"].pct_change(63)
    assert (cyclical - defensive).corr(small) > 0.1
