"""Which signs of the regime flipped with its state."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from alerts.market.sessions import previous_sessions, sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.tally import SignFlip
from bot.reports.regime_signs import flips_on
from storage.database import open_database, writing
from storage.figures import record_figures

LAST = sessions_between(date(2025, 9, 1), date(2025, 9, 16))[-1]
DAYS = [*previous_sessions(LAST, 139), LAST]
FALLING = [100.0 - at / 10 for at in range(140)]  # RSP/SPY: its sign never holds


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return open_database(tmp_path / "rotation.db")


def record(db: Database, trend: list[float], lead: list[float], small: list[float], state: list[float]) -> None:
    """The last sessions' values as given, the sessions before with the first of them."""
    parts = {
        "size.trend": trend, "size.lead_63d": lead, "breadth.above_200d.small": small,
        "breadth.above_200d.large": [50.0], "regime.state": state,
    }  # fmt: skip
    whole = {name: [given[0]] * (len(DAYS) - len(given)) + given for name, given in parts.items()}
    whole["breadth.equal_weight"] = FALLING
    figures = [
        Figure(day, name, value, 1.0, 2, 2, "test", None)
        for name, values in whole.items()
        for day, value in zip(DAYS, values, strict=True)
    ]
    with writing(db):
        record_figures(db, figures, datetime.now(UTC), backfilled=True)


def test_a_state_is_compared_with_the_state_before(db: Database) -> None:
    record(db, [1, 1, 1, 1], [1, 1, -1, -1], [60, 60, 60, 60], [1, 1, 1, 0])
    assert flips_on(db, "regime.state", LAST) == (SignFlip("lead", False),)


def test_a_score_of_a_third_state_in_between_is_passed_over(db: Database) -> None:
    # Broadening with three signs; one session with one sign (narrow); then two with two: mixed.
    record(db, [1, 1, -1, 1, 1], [1, 1, -1, -1, -1], [60, 60, 60, 60, 60], [1, 1, 1, 1, 0])
    assert flips_on(db, "regime.state", LAST) == (SignFlip("lead", False),)


def test_a_score_is_compared_with_the_session_before(db: Database) -> None:
    record(db, [1, 1, -1], [-1, -1, 1], [60, 60, 60], [0, 0, 0])
    assert flips_on(db, "regime.score", LAST) == (SignFlip("trend", False), SignFlip("lead", True))


def test_nothing_is_said_where_a_sign_is_missing_or_the_state_was_never_another(db: Database) -> None:
    record(db, [1.0], [1.0], [60.0], [1.0])
    assert flips_on(db, "regime.state", LAST) == ()
    assert flips_on(db, "regime.state", DAYS[5]) == ()
