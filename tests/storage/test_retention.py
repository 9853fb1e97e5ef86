"""What is deleted with age, and what stays however old it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from storage import chats, outbox
from storage.database import open_database, writing
from storage.retention import AT_ONCE, Retention, prune

NOW = datetime(2025, 8, 22, 21, tzinfo=UTC)
KEEP = Retention(events=100, messages=10, census=50)


@pytest.fixture
def db(tmp_path: Path) -> Database:
    found = open_database(tmp_path / "rotation.db")
    with writing(found):
        chats.subscribe(found, 1, NOW)
    return found


def days_ago(count: int) -> date:
    return (NOW - timedelta(days=count)).date()


def message(db: Database, age: int, state: str) -> None:
    outbox.enqueue(db, days_ago(age), f"alert {state}", [outbox.Outgoing(1, [f"{age} {state}"])], NOW)
    db.conn.execute("UPDATE outbox SET state = ? WHERE text = ?", [state, f"{age} {state}"])


def event(db: Database, age: int, status: str = "notified", rule: int | None = None) -> None:
    db.conn.execute(
        "INSERT INTO events (rule, chat, session, kind, event, created_at, status) "
        "VALUES (?, 1, ?, 'fired', '{}', '', ?)",
        [rule, days_ago(age).isoformat(), status],
    )


def test_open_messages_stay_and_old_texts_go(db: Database) -> None:
    with writing(db):
        for state in ("pending", "sending", "unknown", "sent", "failed", "withdrawn"):
            for age in (9, 11):
                message(db, age, state)
        assert prune(db, KEEP, NOW) == 3
        assert prune(db, KEEP, NOW) == 0
    left = [row[0] for row in db.conn.execute("SELECT text FROM outbox ORDER BY id")]
    assert left == [
        "9 pending", "11 pending", "9 sending", "11 sending", "9 unknown", "11 unknown", "9 sent", "9 failed",
        "9 withdrawn",
    ]  # fmt: skip


def test_what_a_rule_that_still_holds_announced_stays(db: Database) -> None:
    with writing(db):
        db.conn.execute(
            "INSERT INTO rules (id, chat, number, series, operator, level, hold, repeat, created_at) "
            "VALUES (1, 1, 1, 'a', '>', 1, 1, 'each', ''), (2, 1, 2, 'a', '>', 2, 1, 'each', '')"
        )
        db.conn.execute("INSERT INTO watches VALUES ('a', 1, 1, 1, 1, 'true', NULL, NULL, 1, NULL, NULL, 0)")
        for rule in (1, 2, None):
            event(db, 101, rule=rule)
        event(db, 102, status="waiting")
        event(db, 99)
        assert prune(db, KEEP, NOW) == 2
    assert db.conn.execute("SELECT rule, status FROM events ORDER BY id").fetchall() == [
        (1, "notified"), (None, "waiting"), (None, "notified"),
    ]  # fmt: skip


def test_no_transaction_deletes_more_than_a_few_thousand_rows(db: Database) -> None:
    with writing(db):
        for age in range(AT_ONCE + 5):
            event(db, 101 + age)
    counts = []
    for _ in range(3):
        with writing(db):
            counts.append(prune(db, KEEP, NOW))
    assert counts == [AT_ONCE, 5, 0]


def test_census_leftovers_go(db: Database) -> None:
    with writing(db):
        for age in (49, 51):
            day = days_ago(age).isoformat()
            db.conn.execute("INSERT INTO exclusions VALUES (?, ?, ?, 'x', 'a fund')", [f"A{age}", day, day])
            db.conn.execute("INSERT INTO censuses VALUES (?, 1, 1, '')", [day])
            db.conn.execute("INSERT INTO held_back VALUES ('A', ?, 'a jump', '')", [day])
        assert prune(db, KEEP, NOW) == 3


def test_an_id_is_not_given_again_after_its_row_went(db: Database) -> None:
    with writing(db):
        message(db, 11, "sent")
        event(db, 101)
        prune(db, KEEP, NOW)
        message(db, 1, "pending")
        event(db, 1)
    assert db.conn.execute("SELECT id FROM outbox").fetchall() == [(2,)]
    assert db.conn.execute("SELECT id FROM events").fetchall() == [(2,)]
