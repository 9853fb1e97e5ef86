"""Two series of the same thing, by day: figures worked out by hand, and pandas' correlation."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from alerts.metrics.comparison import NothingInCommon, compare

DAYS = [date(2024, 12, 30), date(2024, 12, 31), date(2025, 1, 2), date(2025, 1, 3), date(2025, 1, 6)]
OURS = dict(zip(DAYS, (48.0, 50.0, 52.0, 55.0, 51.0), strict=True))
THEIRS = dict(zip(DAYS, (47.0, 51.0, 49.0, 53.0, 50.0), strict=True))


def test_differences_are_ours_less_theirs_over_all_and_by_year() -> None:
    found = compare(OURS, THEIRS)
    assert [pair.difference for pair in found.pairs] == [1, -1, 3, 2, 1]
    assert found.bias == pytest.approx(6 / 5)
    assert found.absolute == pytest.approx(8 / 5)
    assert [(one.year, one.days, one.bias, one.absolute) for one in found.years] == [(2024, 2, 0, 1), (2025, 3, 2, 2)]


def test_correlations_are_pearsons_of_values_and_of_changes() -> None:
    found, ours, theirs = compare(OURS, THEIRS), pd.Series(OURS), pd.Series(THEIRS)
    assert found.correlation == pytest.approx(ours.corr(theirs))
    assert found.of_changes == pytest.approx(ours.diff().corr(theirs.diff()))


def test_on_the_level_is_not_above_it() -> None:
    found = compare(OURS, THEIRS, level=50.0)
    assert [(pair.session, pair.ours, pair.theirs) for pair in found.apart] == [
        (DAYS[1], 50, 51), (DAYS[2], 52, 49), (DAYS[4], 51, 50),
    ]  # fmt: skip
    assert compare(OURS, THEIRS).apart == ()


def test_days_of_one_series_alone_are_left_out_and_counted() -> None:
    found = compare(OURS | {date(2025, 1, 7): 1.0}, {day: THEIRS[day] for day in DAYS[1:]})
    assert [pair.session for pair in found.pairs] == DAYS[1:]
    assert (found.only_ours, found.only_theirs) == (2, 0)


def test_a_series_that_does_not_move_correlates_with_nothing() -> None:
    found = compare(OURS, dict.fromkeys(DAYS, 50.0))
    assert found.correlation is None
    assert found.of_changes is None


def test_one_day_in_common_is_too_few() -> None:
    with pytest.raises(NothingInCommon, match="one day in common"):
        compare(OURS, {DAYS[0]: 1.0, date(1999, 1, 4): 2.0})
