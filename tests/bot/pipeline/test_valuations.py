"""The valuation history: asked for one by one, kept at once, gone on with, and a metric of its own."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from sqlite_utils import Database
from support.program import DAYS, evening

from alerts.market.feed import FeedUnavailable, TurnedAway
from alerts.market.sample import SampleMarket
from alerts.metrics.compute import PROVISIONAL
from alerts.metrics.monthly import LASTS
from bot.pipeline.context import RunContext
from bot.pipeline.valuations import MOST_FAILED, companies_to_ask, fill_valuations
from storage import figures, valuations

NOW = evening(DAYS[0])
NAME = "valuation.discount_monthly"


class Fewer:
    """The valuations of a market, refused where told."""

    name = "simulated"

    def __init__(self, market: SampleMarket, refuse: dict[int, Exception]) -> None:
        self.market, self.refuse, self.asked = market, refuse, 0

    def month_valuations(self, symbol: str, *, through: date) -> pd.DataFrame:
        self.asked += 1
        if self.asked in self.refuse:
            raise self.refuse[self.asked]
        return self.market.month_valuations(symbol, through=through)


def test_the_discount_of_the_last_months_end_is_written_for_the_session(
    one_day: Database, market: SampleMarket
) -> None:
    before = figures.on_session(one_day, DAYS[0])[NAME]
    assert before.reason == "no month-end valuation measures were fetched"
    members = len(companies_to_ask(one_day, DAYS[0]))
    done = fill_valuations(RunContext(one_day, market, NOW), market)
    # The past of funds has figures of every session: the discount is written on each that a month's end serves.
    since = [figure for figure in figures.history(one_day, NAME) if figure.value is not None]
    assert (done.companies, done.left, done.figures) == (members, 0, len(since))
    assert done.months == len({figure.observed for figure in since}) >= 12
    assert all(0 <= (figure.session - figure.observed).days <= LASTS for figure in since if figure.observed)
    assert {figure.notes for figure in since} == {(PROVISIONAL,)}
    told = figures.on_session(one_day, DAYS[0])[NAME]
    assert told.value is not None and -60 < told.value < 0
    assert "of 31 Jul 2025" in told.provenance
    assert told.eligible == told.members


def test_stopped_by_a_429_it_goes_on_where_it_was(one_day: Database, market: SampleMarket) -> None:
    everyone = companies_to_ask(one_day, DAYS[0])
    feed = Fewer(market, {101: TurnedAway("test: 429 Too Many Requests")})
    with pytest.raises(TurnedAway):
        fill_valuations(RunContext(one_day, market, NOW), feed)
    assert len(companies_to_ask(one_day, DAYS[0])) == len(everyone) - 100
    assert figures.on_session(one_day, DAYS[0])[NAME].value is None  # the coverage is under 90 %
    rest = fill_valuations(RunContext(one_day, market, NOW), feed)
    assert (rest.companies, rest.left) == (len(everyone) - 100, 0)
    assert figures.on_session(one_day, DAYS[0])[NAME].value is not None


def test_it_rests_and_asks_again_where_rests_are_given(one_day: Database, market: SampleMarket) -> None:
    feed = Fewer(market, {3: TurnedAway("test: 429"), 4: TurnedAway("test: 429")})
    done = fill_valuations(RunContext(one_day, market, NOW), feed, pauses=(0.001, 0.001))
    assert (done.left, feed.asked) == (0, done.companies + 2)


def test_a_company_that_fails_is_left_for_another_time(one_day: Database, market: SampleMarket) -> None:
    feed = Fewer(market, {5: FeedUnavailable("test: HTTP 500")})
    done = fill_valuations(RunContext(one_day, market, NOW), feed)
    assert done.left == 1
    assert len(companies_to_ask(one_day, DAYS[0])) == 1
    assert figures.on_session(one_day, DAYS[0])[NAME].value is not None


def test_many_in_a_row_that_fail_are_the_source(one_day: Database, market: SampleMarket) -> None:
    feed = Fewer(market, {at: FeedUnavailable("test: HTTP 500") for at in range(1, 1_000)})
    with pytest.raises(FeedUnavailable, match=f"{MOST_FAILED} companies in a row failed"):
        fill_valuations(RunContext(one_day, market, NOW), feed)
    assert feed.asked == MOST_FAILED


def test_the_next_month_asks_again_and_keeps_the_months_before(one_day: Database, market: SampleMarket) -> None:
    fill_valuations(RunContext(one_day, market, NOW), market)
    assert companies_to_ask(one_day, date(2025, 8, 28)) == []
    assert len(companies_to_ask(one_day, date(2025, 8, 29))) > 1_000
    assert len(valuations.of_month(one_day, "2025-07")) > 1_000


def test_month_ends_are_the_last_sessions_of_months() -> None:
    assert valuations.month_ends(date(2025, 5, 1), date(2025, 8, 29)) == [
        ("2025-05", date(2025, 5, 30)),
        ("2025-06", date(2025, 6, 30)),
        ("2025-07", date(2025, 7, 31)),
        ("2025-08", date(2025, 8, 29)),
    ]
    assert valuations.month_ends(date(2025, 8, 1), date(2025, 8, 28)) == []
