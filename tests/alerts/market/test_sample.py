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
from alerts.metrics.symbols import named_symbols

THROUGH = date(2026, 11, 20)
FUNDS = [
    "SPY", "RSP", "IWM", "IWC", "IJR", "QQQ", "MDY", "IJH", "VTI",
    "XLB", "XLC", "XLE", "XLF", "XLI", "XLK", "XLP", "XLRE", "XLU", "XLV", "XLY", *named_symbols(), "^VIX",
]  # fmt: skip
FIRST, START = date(2014, 10, 1), date(2020, 1, 2)
CRASH = slice("2018-11-20", "2018-12-21")


@pytest.fixture(scope="module")
def market() -> SampleMarket:
    return SampleMarket()


@pytest.fixture(scope="module")
def symbols(market) -> list[str]:
    """The companies that the market starts with, largest first."""
    return list(market.census(START).quotes.index)


@pytest.fixture(scope="module")
def funds(market) -> pd.DataFrame:
    return market.closes(list(dict.fromkeys(FUNDS)), start=None, through=THROUGH).adjusted


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
    closes = market.closes(["SPY", "NONE"], start=None, through=date(2014, 9, 30))
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
    with pytest.raises(WrongSession, match="begins on 2014-10-01"):
        market.census(date(2014, 9, 30))


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
    assert 10 <= holes <= 50


def test_funds_pay_and_adjusted_closes_make_up_for_it(market):
    closes = market.closes(["SPY", "IWM"], start=None, through=date(2025, 7, 30))
    assert (closes.adjusted.iloc[-1] == closes.raw.iloc[-1]).all()
    factor = closes.adjusted / closes.raw
    assert factor["SPY"].diff().gt(1e-9).sum() == 43  # quarters from December 2014 to June 2025
    np.testing.assert_allclose(factor.iloc[0], (1 - 0.0035) ** 43)


def test_the_symbols_of_the_named_pairs_and_vix_have_closes_on_every_session(funds):
    assert funds.index[0].date() == FIRST
    assert funds.notna().all().all()
    assert (funds > 0).all().all()


def test_the_past_joins_what_follows_without_a_gap(market, symbols, funds):
    at = funds.index.get_loc(pd.Timestamp(START))
    assert funds["SPY"].pct_change().iloc[at - 1 : at + 2].abs().max() < 0.03
    closes = market.closes(symbols, start=date(2019, 12, 2), through=date(2020, 1, 31)).raw
    moves = closes.pct_change(fill_method=None).abs().median(axis=1)
    assert moves[str(START)] < 2 * moves.median()


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
        assert small_above_200d.iloc[window][narrow].median() < 55


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
        crash = fall.index.isin(fall[CRASH].index).any()
        assert (-45 if crash else -27) <= fall.min() <= -11
        assert small_above_200d.iloc[window].min() < 25
    assert drawdown.iloc[-252:].max() > -1


def test_ten_years_hold_six_regimes_and_three_reversals(funds):
    ten = funds["2016-01-22":"2026-01-22"]
    fall = ten["SPY"] / ten["SPY"].rolling(252, min_periods=1).max() - 1
    lead = ten["IWM"].pct_change(63) - ten["SPY"].pct_change(63)
    kinds = pd.Series(np.select([fall < -0.1, lead > 0.02, lead < -0.02], ["fall", "many", "few"], ""), ten.index)
    held = kinds[kinds != ""]
    runs = held.groupby((held != held.shift()).cumsum()).agg(["first", "size"])
    regimes = list(runs["first"][runs["size"] > 20])
    assert {"fall", "many", "few"} == set(regimes)
    assert len(regimes) >= 6
    # A reversal: three months after the bottom of a fall, the market is up by a tenth.
    bottoms = fall.groupby((fall > -0.03).cumsum()).agg(["min", "idxmin"])
    deep = bottoms[bottoms["min"] < -0.1]["idxmin"]
    gained = ten["SPY"].pct_change(63).shift(-63)[deep]
    assert (gained > 0.07).sum() >= 3


def test_a_crash_is_among_them_and_nearly_everything_rises_after_it(funds, small_above_200d):
    crash = funds["SPY"][CRASH]
    assert crash.iloc[-1] / crash.iloc[0] < 0.75
    assert funds["^VIX"][CRASH].max() > 40 > 20 > funds["^VIX"].median()
    assert small_above_200d["2018-12-21"] < 10
    assert small_above_200d["2019-01-02":"2019-12-31"].max() > 75


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
