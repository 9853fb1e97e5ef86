"""What followed earlier firings stands in the events of a session, once a rule, and not where too many fire."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.event import EventRule
from alerts.rules.grammar import parse
from bot.alerting.evaluate import evaluate_session
from bot.reports.base_rates import HORIZON, MOST
from storage import chats, events, figures, rules
from storage.database import writing
from storage.fund_closes import day_number

NOW = datetime(2025, 8, 29, 21, tzinfo=UTC)
DAYS = sessions_between(date(2023, 1, 3), date(2025, 8, 29))
EVERY = 70  # sessions from one firing to the next: each counts
LAST = len(DAYS) - 1


@pytest.fixture
def held(db: Database) -> Database:
    """A metric that is high once in EVERY sessions, the last one too; IWM gains 1 % on SPY in the 63 sessions after."""
    past = [70.0 if (LAST - at) % EVERY == 0 else 50.0 for at in range(LAST + 1)]
    with writing(db):
        figures.record_figures(
            db,
            [Figure(day, "breadth.above_200d.small", value, 1.0, 10, 10, "test", None)
             for day, value in zip(DAYS, past, strict=True)],
            NOW, backfilled=False,
        )  # fmt: skip
        for at, day in enumerate(DAYS):
            phase = (at - LAST) % EVERY
            price = 100.0 + (1.0 if 1 <= phase <= HORIZON else 0.0)
            for symbol, close in (("IWM", price), ("SPY", 100.0)):
                db.conn.execute("INSERT INTO fund_closes VALUES (?, ?, ?, ?)", [symbol, day_number(day), close, close])
        chats.subscribe(db, 1, NOW)
    return db


def fire(db: Database, count: int) -> list[EventRule]:
    """Make so many different rules, evaluate the last session, and give what their events say."""
    with writing(db):
        for at in range(count):
            rules.add_rule(db, 1, parse(f"small above 200d > {60 + at / 100}"), [(DAYS[LAST - 1], 50.0)], NOW)
        evaluate_session(db, DAYS[LAST], NOW, late=False)
    return [one.event.rule for one in events.events_of(db, 1, 1000) if one.event.rule]


def test_it_is_the_median_after_earlier_firings_beside_that_of_all_days(held: Database) -> None:
    (rule,) = fire(held, 1)
    lead = rule.lead
    assert lead is not None
    assert lead.n == LAST // EVERY  # not the one of today
    assert lead.median == pytest.approx(1.0)
    assert lead.all_days == pytest.approx(0.0)
    text = held.conn.execute("SELECT text FROM outbox").fetchone()[0]
    led = f"Small caps led by 1.0 pp {lead.horizon} sessions after {lead.n} earlier ones (median; all days 0.0)."
    assert led in text


def test_where_too_many_different_rules_fire_nothing_is_said_of_it(held: Database) -> None:
    found = fire(held, MOST + 1)
    assert len(found) == MOST + 1
    assert all(rule.lead is None for rule in found)
