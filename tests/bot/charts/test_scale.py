"""Ticks, figures and places for labels: arithmetic in tables."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.charts.labels import Box, calmest, spread
from bot.charts.scale import date_ticks, figure, value_scale


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "signed", "text"),
    [
        (58.34, "%", 1, False, "58.3%"),
        (0.8712, "×", 2, False, "0.87×"),
        (3.14, "pp", 1, True, "+3.1 pp"),
        (-3.14, "pp", 1, True, "−3.1 pp"),
        (-0.04, "pp", 1, True, "0.0 pp"),
        (5873.4, "", 0, False, "5,873"),
        (1_250_000_000, "", -7, False, "1.25B"),
        (10_000_021.2, "", 1, False, "10,000,021.2"),
        (-2_500_000, "USD bn", -5, False, "−2.5M"),
    ],
)
def test_a_figure_is_written_with_its_unit_and_sign(value, unit, decimals, signed, text):
    assert figure(value, unit, decimals, signed=signed) == text


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        (date(2025, 1, 24), date(2025, 1, 24), ["Jan 24, 2025"]),
        (date(2025, 1, 22), date(2025, 1, 24), ["Jan 22", "Jan 23", "Jan 24"]),
        (date(2024, 12, 13), date(2025, 1, 24), ["Dec 13", "Dec 27", "Jan 10", "Jan 24"]),
        (date(2024, 8, 5), date(2025, 1, 24), ["Sep ’24", "Oct ’24", "Nov ’24", "Dec ’24", "Jan ’25"]),
        (date(2023, 2, 24), date(2025, 1, 24), ["Jul ’23", "Jan ’24", "Jul ’24", "Jan ’25"]),
        (date(2021, 9, 1), date(2025, 1, 1), ["2022", "2023", "2024", "2025"]),
        (date(1990, 1, 2), date(2025, 1, 24), ["1990", "2000", "2010", "2020"]),
    ],
)
def test_dates_are_named_by_day_month_or_year_with_the_span(first, last, labels):
    if first == date(1990, 1, 2):
        labels = labels[1:]  # 1990 began before the first session
    assert [label for _, label in date_ticks(first, last)] == labels


@given(st.dates(date(1930, 1, 1), date(2090, 1, 1)), st.integers(0, 36_000))
def test_dates_on_an_axis_are_one_to_five_ascending_and_inside(first, days):
    last = date.fromordinal(min(first.toordinal() + days, date(2100, 1, 1).toordinal()))
    ticks = [tick for tick, _ in date_ticks(first, last)]
    assert 1 <= len(ticks) <= 5
    assert ticks == sorted(set(ticks))
    assert first <= ticks[0]
    assert ticks[-1] <= last


reasonable = st.floats(-1e12, 1e12, allow_nan=False).filter(lambda value: value == 0 or abs(value) > 1e-6)


@given(st.lists(reasonable, min_size=1, max_size=5), st.sampled_from([3, 4, 5]))
def test_an_axis_holds_its_values_and_has_a_few_ticks_that_differ_in_print(values, about):
    scale = value_scale(values, None, None, "", about=about)
    assert scale.low < min(values) <= max(values) < scale.high
    assert 2 <= len(scale.ticks) <= 7
    assert all(scale.low - scale.step * 1e-6 <= tick <= scale.high + scale.step * 1e-6 for tick in scale.ticks)
    printed = [figure(tick, "", scale.tick_decimals) for tick in scale.ticks]
    assert len(set(printed)) == len(printed)


def test_bounds_hold_until_a_value_lies_beyond():
    bounded = value_scale([20, 80], 0, 100, "%", about=5)
    assert (bounded.low, bounded.high) == (0, 100)
    assert bounded.ticks == (0, 20, 40, 60, 80, 100)
    assert value_scale([20, 130], 0, 100, "%", about=5).high > 130


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(20, 60)), min_size=1, max_size=6))
def test_labels_are_spread_until_none_touches_another_and_keep_their_order(labels):
    wanted, heights = [at for at, _ in labels], [height for _, height in labels]
    centres = spread(wanted, heights, 0, 500, 8)
    edges = sorted((centre - height / 2, centre + height / 2) for centre, height in zip(centres, heights, strict=True))
    assert edges[0][0] >= -1e-6
    assert edges[-1][1] <= 500 + 1e-6
    assert all(upper[0] - lower[1] >= 8 - 1e-6 for lower, upper in pairwise(edges))
    order = sorted(range(len(labels)), key=lambda i: wanted[i])
    assert [centres[i] for i in order] == sorted(centres)


def test_a_label_that_has_room_stays_where_its_line_ends():
    assert spread([100, 300], [60, 60], 0, 500, 8) == [100, 300]


def test_a_label_goes_where_it_covers_least_and_nowhere_where_all_is_taken():
    room, points = Box(0, 0, 100, 100), np.array([[10.0, 10.0], [12.0, 12.0]])
    busy, quiet, outside = Box(5, 5, 20, 20), Box(60, 60, 20, 20), Box(90, 90, 20, 20)
    assert calmest([busy, quiet, outside], room, points, []) == quiet
    assert calmest([busy, quiet], room, points, [], loyalty=3) == busy
    assert calmest([busy, quiet], room, points, [quiet]) == busy
    assert calmest([quiet, outside], room, points, [quiet]) is None
