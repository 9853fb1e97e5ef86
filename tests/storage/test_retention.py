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
        rule(db, 1, "firing", since=101, announced=True)
        rule(db, 2, "firing", since=101, announced=False)
        for number in (1, 2, None):
            event(db, 101, rule=number)
        event(db, 102, status="waiting")
        event(db, 99)
        assert prune(db, KEEP, NOW) == 2
    assert left(db) == [(1, "notified"), (None, "waiting"), (None, "notified")]


def test_earlier_episodes_of_a_rule_that_holds_go(db: Database) -> None:
    with writing(db):
        rule(db, 1, "recovering", since=101, announced=True)
        for age in (140, 130, 101, 99):
            event(db, age, rule=1)
        assert prune(db, KEEP, NOW) == 2
    assert left(db) == [(1, "notified"), (1, "notified")]


def test_what_crossed_long_ago_goes_for_a_crossing_has_no_end(db: Database) -> None:
    with writing(db):
        rule(db, 1, "above", since=101, announced=True)
        rule(db, 2, "armed", since=101, announced=True)
        for number in (1, 2):
            event(db, 101, rule=number)
            event(db, 99, rule=number)
        assert prune(db, KEEP, NOW) == 2
    assert left(db) == [(1, "notified"), (2, "notified")]


def rule(db: Database, number: int, phase: str, *, since: int, announced: bool) -> None:
    """A rule that has been in a phase for so many days."""
    db.conn.execute(
        "INSERT INTO rules (id, chat, number, series, operator, level, hold, repeat, created_at) "
        "VALUES (?, 1, ?, 'a', '>', 1, 1, 'each', '')",
        [number, number],
    )
    db.conn.execute(
        "INSERT INTO watches VALUES ('a', 1, 1, 1, ?, ?, ?, NULL, ?, NULL, NULL, 0)",
        [number, phase, days_ago(since).isoformat(), int(announced)],
    )


def left(db: Database) -> list[tuple[int | None, str]]:
    """The rules and the status of the events that stay."""
    return db.conn.execute("SELECT rule, status FROM events ORDER BY id").fetchall()


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
