"""What a preview says of a rule: firings that new members alone made, and what stands beside its value."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.grammar import parse
from bot.messages.preview import preview_text
from bot.reports.preview import preview
from storage import figures, sessions
from storage.database import writing

NOW = datetime(2025, 12, 31, 22, tzinfo=UTC)
DAYS = sessions_between(date(2025, 1, 2), date(2025, 12, 31))
RANKED = date(2025, 6, 27)  # the first session of new ranks


def figure(day: date, metric: str, value: float, former: float | None = None) -> Figure:
    return Figure(day, metric, value, 1.0, 10, 10, "test", None, by_former_members=former)


@pytest.fixture
def held(db: Database) -> Database:
    """Small breadth at 55, at 62 for a day in March and from the new ranks on, which alone bring it there."""
    with writing(db):
        for day in DAYS:
            high = day == date(2025, 3, 10) or day >= RANKED
            former = 58.0 if day == RANKED else None
            of_day = [
                figure(day, "breadth.above_200d.small", 62.0 if high else 55.0, former),
                figure(day, "valuation.discount", -12.0),
                figure(day, "valuation.discount_profitable", -29.7),
                figure(day, "valuation.loss_share.small", 41.0),
                figure(day, "earnings.growth_gap", 3.0),
            ]
            figures.record_figures(db, of_day, NOW, backfilled=True)
        sessions.note_gathered(db, DAYS[-1], NOW, None)
        sessions.seal(db, DAYS[-1], NOW)
    return db


def text(db: Database, line: str) -> str:
    found = preview(db, parse(line), simulated=False)
    return preview_text(found.rule, found.tried, now=found.now, replaces=None)


@pytest.mark.parametrize("line", ["small above 200d > 60", "small above 200d crosses above 60"])
def test_firings_that_new_members_alone_made_are_named(held: Database, line: str) -> None:
    said = text(held, line)
    assert "fired twice, last on 27 Jun 2025" in said
    assert "By new members alone: 27 Jun 2025." in said


def test_a_level_that_the_former_members_had_passed_too_is_no_matter_of_membership(held: Database) -> None:
    assert "new members" not in text(held, "small above 200d > 57")


def test_both_methods_and_the_loss_share_stand_in_the_preview(held: Database) -> None:
    said = text(held, "valuation discount profitable < -25")
    assert "Beside it: valuation discount, losses included −12.0 %; small companies that expect a loss 41.0 %." in said
    assert "Beside it: adjusted forward against reported trailing." in text(held, "growth gap > 0")
