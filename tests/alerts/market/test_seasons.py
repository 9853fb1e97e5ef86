"""When companies are ranked, and which segment each is in, band by band."""

from __future__ import annotations

import random
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.market.seasons import Season, banded, first_ranked, season_on, seasons_between, segments


@pytest.mark.parametrize(
    ("season", "ranked_on", "in_force"),
    [
        ("2023-04", date(2023, 4, 28), date(2023, 6, 23)),
        ("2023-10", date(2023, 10, 31), date(2023, 12, 22)),
        ("2024-04", date(2024, 4, 30), date(2024, 6, 28)),
        ("2024-10", date(2024, 10, 31), date(2024, 12, 27)),
        ("2025-04", date(2025, 4, 30), date(2025, 6, 27)),
        ("2025-10", date(2025, 10, 31), date(2025, 12, 26)),
    ],
)
def test_ranks_are_of_the_last_session_of_april_and_october_and_apply_from_the_fourth_friday(
    season, ranked_on, in_force
):
    found = Season.named(season)
    assert (str(found), found.ranked_on, found.in_force) == (season, ranked_on, in_force)


@pytest.mark.parametrize(
    ("session", "season"),
    [
        (date(2025, 6, 26), "2024-10"), (date(2025, 6, 27), "2025-04"), (date(2025, 12, 24), "2025-04"),
        (date(2025, 12, 26), "2025-10"), (date(2026, 1, 2), "2025-10"), (date(2025, 1, 2), "2024-10"),
    ],
)  # fmt: skip
def test_a_season_lasts_until_the_next_ranks_come_into_force(session, season):
    assert str(season_on(session)) == season


def test_seasons_of_a_range_and_the_rank_days_that_its_members_depend_on():
    assert [str(one) for one in seasons_between(date(2024, 12, 26), date(2025, 6, 27))] == [
        "2024-04", "2024-10", "2025-04",
    ]  # fmt: skip
    assert [str(one) for one in Season(2025, 4).remembered] == ["2023-04", "2023-10", "2024-04", "2024-10", "2025-04"]
    assert first_ranked(date(2025, 6, 27)) == date(2023, 4, 28)


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
        (650, "large", "large"), (651, "large", "mid"), (351, "mid", "mid"), (350, "mid", "large"),
        (1_150, "mid", "mid"), (1_151, "mid", "small"), (851, "small", "small"), (850, "small", "mid"),
        (3_150, "small", "small"), (3_151, "small", None), (3_001, None, None), (3_000, None, "small"),
        (340, "small", "large"), (1_005, "large", "small"),
    ],
)  # fmt: skip
def test_a_member_keeps_its_segment_inside_the_band(rank, was, now):
    symbol = f"S{rank:04}"
    found = segments(values(3_400), pd.Series({symbol: was}, dtype=object))
    assert found.loc[symbol, "rank"] == rank
    assert found.loc[symbol, "segment"] == now


@given(st.integers(1, 3_300), st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_nothing(count, seed):
    figures = values(count).round(-8)  # many equal values
    held = segments(values(count).sample(frac=1, random_state=1).set_axis(figures.index))["segment"]
    shuffled = list(figures.index)
    random.Random(seed).shuffle(shuffled)
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
    for segment, low, high in (("large", 1, 650), ("mid", 351, 1_150), ("small", 851, 3_150)):
        inside = (before["segment"] == segment) & rank.between(low, high)
        assert (after["segment"][inside] == segment).all()


def test_bands_look_back_as_far_as_the_rank_days_given_and_no_further():
    """A company at rank 600 of 1,000 whose rank was 490 before, and 700 before that."""

    def ranked(rank: int) -> pd.Series:
        others = values(1_000).drop("S1000")
        at = others.iloc[rank - 2] - 0.5e6
        return pd.concat([others, pd.Series({"MOVER": at})])

    assert banded([ranked(600)]).loc["MOVER", "segment"] == "mid"
    assert banded([ranked(490), ranked(600)]).loc["MOVER", "segment"] == "large"
    assert banded([ranked(490), ranked(700), ranked(600)]).loc["MOVER", "segment"] == "mid"
    assert banded([ranked(600), ranked(490), ranked(600)]).loc["MOVER", "segment"] == "mid"  # 490 is inside mid's band
