"""Every statement of a session, of delivery and of an answer finds its rows by an index, in a file with many."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.grammar import parse
from bot.alerting.evaluate import evaluate_session
from bot.reports.series import value_past
from bot.reports.summary import latest_reading, reading_of
from bot.transport.settlement import set_aside
from bot.transport.texts import with_texts
from storage import chats, events, figures, outbox, rules, webhook_posts
from storage.database import open_database, writing
from storage.retention import Retention, prune

NOW = datetime(2025, 8, 29, 21, tzinfo=UTC)
DAYS = sessions_between(date(2025, 8, 18), date(2025, 8, 29))
CHATS = range(1001, 2001)
RULE = "small above 200d > 60 remind every 2 days"
#: Tables that grow with chats, rules, sessions or what happened. All others have a row a series, a source, an open gap.
GROWING = {"chats", "rules", "watches", "events", "outbox", "figures", "closes", "companies", "updates"}
GROWING |= {"track_record", "track_chats", "webhook_posts"}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A thousand chats with a rule each, of which some have fired; analysed, as SQLite plans best."""
    db = open_database(tmp_path / "rotation.db")
    with writing(db):
        record(db, DAYS[0], 40.0)
        for chat in CHATS:
            chats.subscribe(db, chat, NOW)
            rule = parse(RULE.replace("60", str(50 + chat % 50)))
            rules.add_rule(db, chat, rule, value_past(db, rule.watched, DAYS[0]), NOW)
        record(db, DAYS[1], 75.0)
        evaluate_session(db, DAYS[1], NOW, late=False)
    db.conn.execute("ANALYZE")
    yield db
    db.close()


def record(db: Database, day: date, value: float) -> None:
    rows = [
        Figure(day, f"breadth.above_200d.{segment}", value, 1.0, 10, 10, "test", None) for segment in ("small", "all")
    ]
    figures.record_figures(db, rows, NOW, backfilled=False)


def a_session_in_which_rules_resolve(db: Database) -> None:
    with writing(db):
        record(db, DAYS[2], 40.0)
        evaluate_session(db, DAYS[2], NOW, late=False)


def a_session_that_is_caught_up_with(db: Database) -> None:
    with writing(db):
        for day, value, late in ((DAYS[2], 90.0, True), (DAYS[3], 40.0, False)):
            record(db, day, value)
            evaluate_session(db, day, NOW, late=late)


def delivery(db: Database) -> None:
    with writing(db):
        outbox.recover(db, NOW)
        outbox.limit_delays(db, NOW, NOW - NOW)
        due = with_texts(db, outbox.claim(db, NOW, 128), partial(set_aside, db, (), NOW))
        outbox.mark_sent(db, [outbox.Sent(one.id, one.id) for one in due[1:]], NOW)
        outbox.mark_again(db, due[0].id, NOW, "lost", maybe_repeat=True)
        outbox.claim(db, NOW, 128)


def posts_to_a_program(db: Database) -> None:
    with writing(db):
        webhook_posts.begin(db)
        db.conn.execute("UPDATE webhook_gathered SET through = 0")
        webhook_posts.recover(db, NOW)
        assert webhook_posts.anything(db, NOW)
        webhook_posts.gather(db, NOW)
        assert webhook_posts.anything(db, NOW)
        first, *others = webhook_posts.claim(db, NOW, 16, NOW - NOW)
        webhook_posts.stood_still(db, NOW - NOW)
        assert not webhook_posts.tried_for(db, first, NOW)
        webhook_posts.mark_again(db, first, NOW, "HTTP 500")
        webhook_posts.mark_sent(db, others, NOW)
        webhook_posts.waiting(db)


def an_alert_that_is_made(db: Database) -> None:
    rule = parse("small above 200d > 58.5")
    with writing(db):
        chats.subscribe(db, CHATS[5], NOW)
        assert rules.same_rule(db, CHATS[5], rule) is None
        rules.count_rules(db, CHATS[5])
        rules.add_rule(db, CHATS[5], rule, value_past(db, rule.watched, DAYS[1]), NOW)


def answers(db: Database) -> None:
    assert reading_of(db, "breadth.above_200d.small", DAYS[1]) == latest_reading(db, "breadth.above_200d.small")
    last = figures.last_told(db, "breadth.above_200d.small", 2)
    assert [(one.session, one.value) for one in last] == [(DAYS[0], 40.0), (DAYS[1], 75.0)]
    rules.rules_of(db, CHATS[0])
    events.events_of(db, CHATS[0], 20)


@pytest.mark.parametrize(
    "work",
    [
        a_session_in_which_rules_resolve, a_session_that_is_caught_up_with, delivery, posts_to_a_program,
        an_alert_that_is_made, answers,
    ],
)  # fmt: skip
def test_no_statement_looks_through_a_table_that_grows(db: Database, work: Callable[[Database], None]) -> None:
    assert looked_through(db, work, GROWING | {"due", "earlier"}) == {}


def test_deleting_what_is_too_old_looks_at_nothing_that_stays(db: Database) -> None:
    def work(db: Database) -> None:
        with writing(db):
            prune(db, Retention(events=30, messages=7, census=30), NOW)

    assert looked_through(db, work, {"events", "outbox", "webhook_posts", "exclusions"}) == {}


def looked_through(db: Database, work: Callable[[Database], None], tables: Collection[str]) -> dict[str, str]:
    """The statements of `work` that look through one of `tables`, each with that step of its plan."""
    ran: set[str] = set()
    db.conn.set_trace_callback(ran.add)
    work(db)
    db.conn.set_trace_callback(None)
    asked = [one for one in ran if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)", one) and "sqlite_" not in one]
    assert len(asked) >= 5
    through = {}
    for statement in asked:
        plain = re.sub(r"\bInf\b", "9e999", statement)  # as SQLite writes it out, and does not read it
        for *_, step in db.conn.execute(f"EXPLAIN QUERY PLAN {plain}"):
            found = re.match(r"SCAN (\w+)", step)
            if found and found[1] in tables and not found_by_part(step):
                through[statement] = step
    return through


def found_by_part(step: str) -> bool:
    """Whether the index holds only the rows that are wanted, so that a scan of it reads no others."""
    parts = r"outbox_(fresh|again|sending|open)|events_waiting|watches_due|_muted_until|posts_(open|failed)"
    return re.search(parts, step) is not None
