"""What is believed of arriving closes: whatever their order and however often they come."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.market.quality import JUMP, absurd, one_a_session, suspect_quotes

FIRST = date(2025, 8, 18)
PRICES = st.floats(0.01, 1e6)


def bars(prices: dict[int, float], hour: int = 14) -> pd.Series:
    """Prices by day after FIRST, at one hour."""
    moments = [pd.Timestamp(FIRST) + pd.Timedelta(days=day, hours=hour) for day in prices]
    return pd.Series(list(prices.values()), index=pd.DatetimeIndex(moments), dtype=float)


@given(st.dictionaries(st.integers(0, 40), PRICES, min_size=1), st.randoms(), st.integers(0, 2))
def test_bars_in_any_order_and_twice_are_the_same_closes(
    prices: dict[int, float], chance: random.Random, copies: int
) -> None:
    plain = one_a_session(bars(dict(sorted(prices.items()))))
    many = [bars({day: price}) for day, price in prices.items() for _ in range(1 + copies)]
    chance.shuffle(many)
    pd.testing.assert_series_equal(one_a_session(pd.concat(many)), plain, check_names=False, check_freq=False)


def test_of_two_bars_of_one_session_the_later_counts() -> None:
    both = pd.concat([bars({0: 10.0}, hour=20), bars({0: 9.0}, hour=14), bars({1: 11.0})])
    assert one_a_session(both).tolist() == [10.0, 11.0]


def test_two_bars_of_one_moment_that_differ_are_none() -> None:
    both = pd.concat([bars({0: 10.0}), bars({0: 12.0}), bars({1: 11.0})])
    found = one_a_session(both)
    assert np.isnan(found.iloc[0])
    assert found.iloc[1] == 11.0


def held(before: int, *closes: int) -> list[int]:
    """The places of the closes that are held back; 0 is none."""
    sessions = [FIRST + timedelta(days=at) for at in range(len(closes))]
    found = absurd(np.array(closes, np.int64)[:, None], np.array([before], np.int64), sessions, ["AAA"])
    return [sessions.index(one.session) for one in found]


@pytest.mark.parametrize(
    ("before", "closes", "places"),
    [
        (100, (101, 102, 103), []),
        (100, (301, 100, 101), [0]),  # a print that is gone the next session
        (100, (301, 302, 303), []),  # a second session confirms it
        (100, (301,), [0]),  # the last one so far
        (100, (JUMP * 100, 100), []),  # three times is not more than three times
        (100, (33, 100), [0]),
        (100, (0, 0, 500, 0, 100), [2]),  # holes are passed over
        (0, (500, 501), []),  # nothing before it to compare with
        (0, (500, 100, 101), []),
        (100, (10_000, 100, 10_000, 100), [0, 2]),
    ],
)
def test_a_close_too_far_from_the_last_waits_for_a_second(
    before: int, closes: tuple[int, ...], places: list[int]
) -> None:
    assert held(before, *closes) == places


@given(st.lists(st.integers(100, 299), min_size=1, max_size=30))
def test_ordinary_closes_are_all_believed(closes: list[int]) -> None:
    assert held(closes[0], *closes) == []


def test_the_reason_names_the_move() -> None:
    (one,) = absurd(np.array([[5_000_000]]), np.array([50_000_000]), [FIRST], ["AAA"])
    assert one.reason == (
        "50.00 → 5.00 on 2025-08-18 (÷ 10.0 in one session, no split): held back until a second session confirms it"
    )


def test_a_quote_too_far_from_its_own_previous_close_is_suspect() -> None:
    quotes = pd.DataFrame(
        {"price": [100.0, 301.0, 33.0, np.nan, 5.0], "previous_close": [99.0, 100.0, 100.0, 1.0, np.nan]},
        index=["AAA", "BBB", "CCC", "DDD", "EEE"],
    )
    assert suspect_quotes(quotes).to_dict() == {
        "BBB": "100.00 → 301.00 in one session, no split",
        "CCC": "100.00 → 33.00 in one session, no split",
    }
