"""Weekly and monthly series of FRED in rules: what counts is observations, not the sessions that repeat them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.grammar import parse
from alerts.rules.series import Series
from alerts.rules.state import Kind
from bot.alerting.evaluate import evaluate_session
from bot.reports.backtest import tried
from bot.reports.series import Observed, counting
from storage import chats, events, figures, rules
from storage.database import writing

NOW = datetime(2025, 8, 29, 21, tzinfo=UTC)
METRIC = "backdrop.unemployment"
DAYS = sessions_between(date(2020, 1, 2), date(2025, 8, 29))


def first_of_month(day: date, back: int = 2) -> date:
    """The month before last: known 41 days after its first day at the latest."""
    number = day.year * 12 + day.month - 1 - back
    return date(number // 12, number % 12 + 1, 1)


def rate(observed: date) -> float:
    """Rising by a hundredth a month, and a record low for June 2025."""
    return 1.0 if observed == date(2025, 6, 1) else 4.0 + 0.01 * (observed.year * 12 + observed.month - 24_241)


@pytest.fixture
def held(db: Database) -> Database:
    with writing(db):
        figures.record_figures(
            db,
            [Figure(day, METRIC, rate(first_of_month(day)), 1.0, 1, 1, "FRED", None, observed=first_of_month(day))
             for day in DAYS],
            NOW, backfilled=True,
        )  # fmt: skip
        chats.subscribe(db, 1, NOW)
    return db


def value(db: Database, key: str, session: date = DAYS[-1]) -> float | None:
    return Observed(db, session).value(Series.from_key(key))


def test_an_observation_counts_on_the_first_session_that_knows_it(held: Database) -> None:
    counted = counting(held, [METRIC, "size.ratio"], DAYS[-1])
    assert list(counted) == [METRIC]
    months = sorted(counted[METRIC].sessions)
    assert len(months) == 68  # January 2020 to August 2025
    assert months[-2:] == [date(2025, 7, 1), date(2025, 8, 1)]
    assert counted[METRIC].fewest == 36


def test_percentiles_averages_and_z_scores_are_of_observations(held: Database) -> None:
    assert value(held, f"{METRIC} pct(252)") == pytest.approx(100 * 0.5 / 68)  # fewer than 252: of all there are
    assert value(held, f"{METRIC} pct(48)") == pytest.approx(100 * 0.5 / 48)
    last = [rate(first_of_month(date(2025, 8, 1), 2 + back)) for back in range(48)]
    assert value(held, f"{METRIC} avg(48)") == pytest.approx(sum(last) / 48)
    assert value(held, f"{METRIC} z(48)") == pytest.approx(-6.5, abs=0.5)
    assert value(held, f"{METRIC} pct(48)", date(2021, 6, 30)) is None  # 18 months so far
    # A change compares with the value that stood so many sessions before.
    assert value(held, f"{METRIC} change(21)") == pytest.approx(rate(date(2025, 6, 1)) - rate(date(2025, 5, 1)))


def test_a_condition_held_for_three_observations_is_not_held_for_three_sessions(held: Database) -> None:
    found, _ = tried(held, parse("unemployment > 4.5 for 3 days"))
    fired = [one.session for one in found.of(Kind.FIRED)]
    above = [day for day in sorted(counting(held, [METRIC], DAYS[-1])[METRIC].sessions) if
             rate(first_of_month(day)) > 4.5]  # fmt: skip
    assert fired == [above[2]]


def test_a_session_between_two_observations_moves_no_rule(held: Database) -> None:
    with writing(held):
        rules.add_rule(held, 1, parse("unemployment < 3"), [(date(2025, 7, 31), rate(date(2025, 5, 1)))], NOW)
        for day in sessions_between(date(2025, 8, 1), date(2025, 8, 6)):
            evaluate_session(held, day, NOW + timedelta(days=1), late=False)
    assert [(one.kind, one.session) for one in events.events_of(held, 1)] == [(Kind.FIRED, date(2025, 8, 1))]
    assert held.conn.execute("SELECT session, number FROM observations").fetchall() == [("2025-08-01", 2)]
