"""A value's standing: observations are counted, not the sessions on which one is repeated."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from alerts.market.sessions import sessions_between
from alerts.metrics.catalog import metric
from alerts.metrics.standing import Observed, standing


def repeated(every: int, count: int) -> list[Observed]:
    """`count` rising observations `every` days apart, each repeated on every session until the next."""
    first = date(2000, 1, 3)
    days = [first + timedelta(days=every * at) for at in range(count)]
    sessions = sessions_between(first, days[-1] + timedelta(days=3))
    held = [(session, max(day for day in days if day <= session)) for session in sessions]
    return [(session, float(days.index(day)), day) for session, day in held]


@pytest.mark.parametrize(
    ("name", "every", "count", "unit", "percentile"),
    [
        ("backdrop.unemployment", 31, 35, "months", None),
        ("backdrop.unemployment", 31, 36, "months", 98.6),  # 100 · 35.5/36
        ("rates.balance_sheet_13w", 7, 155, "weeks", None),
        ("rates.balance_sheet_13w", 7, 156, "weeks", 99.7),
        ("import.mine", 7, 156, "weeks", 99.7),
        ("import.mine", 31, 40, "months", 98.8),
        ("import.mine", 91, 11, "quarters", None),
        ("import.mine", 91, 12, "quarters", 95.8),
    ],
)
def test_a_slow_series_counts_its_observations(
    name: str, every: int, count: int, unit: str, percentile: float | None
) -> None:
    told = standing(metric(name), repeated(every, count))
    assert (told.count, told.unit, told.since) == (count, unit, date(2000, 1, 3))
    assert told.percentile == (None if percentile is None else pytest.approx(percentile, abs=0.05))


@pytest.mark.parametrize(("count", "percentile"), [(41, None), (251, None), (252, 100 * 251.5 / 252)])
def test_a_daily_metric_counts_sessions(count: int, percentile: float | None) -> None:
    sessions = sessions_between(date(2024, 1, 2), date(2025, 6, 30))[:count]
    told = standing(metric("size.ratio"), [(day, float(at), None) for at, day in enumerate(sessions)])
    assert (told.percentile, told.count, told.unit, told.minimum) == (percentile, count, "sessions", 252)


def test_a_missing_value_stands_nowhere() -> None:
    past = [*repeated(31, 40), (date(2003, 7, 1), None, None)]
    told = standing(metric("backdrop.unemployment"), past)
    assert (told.percentile, told.count) == (None, 40)
