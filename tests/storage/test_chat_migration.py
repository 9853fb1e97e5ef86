"""A group that became a supergroup takes everything along, also to a chat that is known already."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from sqlite_utils import Database
from support.alert_events import gap, small

from alerts.rules.grammar import parse
from storage import chats, outbox, rules, webhook_posts
from storage.chat_migration import move_chat
from storage.database import writing
from storage.events import NewEvent, record_events

NOW = datetime(2025, 8, 22, 21, tzinfo=UTC)
DAY = date(2025, 8, 22)
OLD, NEW = -7, -1007


def set_rules(db: Database, chat: int, *lines: str) -> None:
    chats.subscribe(db, chat, NOW)
    for line in lines:
        rules.add_rule(db, chat, parse(line), [], NOW)


def lines_of(db: Database, chat: int) -> dict[int, str]:
    return {watch.number: watch.rule.line for watch in rules.rules_of(db, chat)}


def test_numbers_stay_where_nothing_was_known_of_the_new_chat(db: Database) -> None:
    with writing(db):
        set_rules(db, OLD, "small above 200d > 60", "iwm/spy crosses above 70")
        move_chat(db, OLD, NEW)
        set_rules(db, NEW, "small above 200d > 61")
    assert lines_of(db, NEW) == {1: "small above 200d > 60", 2: "iwm/spy crosses above 70", 3: "small above 200d > 61"}
    assert chats.chat(db, OLD) is None


def test_what_the_new_chat_has_already_stands_beside_it(db: Database) -> None:
    with writing(db):
        set_rules(db, OLD, "small above 200d > 60", "iwm/spy crosses above 70")
        set_rules(db, NEW, "large above 200d > 60")
        chats.unsubscribe(db, NEW, NOW)
        outbox.enqueue(db, DAY, "alert", [outbox.Outgoing(OLD, ["old one", "old two"])], NOW)
        outbox.enqueue(db, DAY, "alert", [outbox.Outgoing(NEW, ["new"])], NOW)
        move_chat(db, OLD, NEW)
        set_rules(db, NEW, "small above 200d > 61")
    assert lines_of(db, NEW) == {
        1: "large above 200d > 60", 2: "small above 200d > 60", 3: "iwm/spy crosses above 70",
        4: "small above 200d > 61",
    }  # fmt: skip
    moved = chats.chat(db, NEW)
    assert moved is not None
    assert moved.subscribed
    texts = db.conn.execute("SELECT chat, kind, text FROM outbox ORDER BY id").fetchall()
    assert texts == [
        (NEW, "alert of -7", "old one"), (NEW, "alert of -7", "old two"), (NEW, "alert", "new"),
    ]  # fmt: skip
    assert db.conn.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_rule_that_both_chats_have_stays_once_with_its_history_and_the_number_the_new_chat_knows(
    db: Database,
) -> None:
    with writing(db):
        set_rules(db, OLD, "small above 200d > 60", "iwm/spy crosses above 70")
        set_rules(db, NEW, "large above 200d > 60", "small above 200d > 60")
        older = rules.rules_of(db, OLD)[0].id
        move_chat(db, OLD, NEW)
    assert lines_of(db, NEW) == {
        1: "large above 200d > 60", 2: "small above 200d > 60", 4: "iwm/spy crosses above 70",
    }  # fmt: skip
    found = rules.rule_numbered(db, NEW, 2)
    assert found is not None
    assert found.id == older


def test_what_is_still_to_be_posted_says_the_new_number(db: Database) -> None:
    with writing(db):
        set_rules(db, OLD, "small above 200d > 60")
        webhook_posts.begin(db)
        rule = rules.rules_of(db, OLD)[0].id
        record_events(db, [NewEvent(OLD, small(id=rule)), NewEvent(OLD, gap("size.lead_21d", 1))], NOW)
        webhook_posts.gather(db, NOW)
        before = [json.loads(body) for (body,) in db.conn.execute("SELECT body FROM webhook_posts ORDER BY event")]
        move_chat(db, OLD, NEW)
    posts = db.conn.execute("SELECT chat, stream, body FROM webhook_posts ORDER BY event").fetchall()
    assert [(chat, stream) for chat, stream, _ in posts] == [
        (NEW, f"rule {rule}"), (NEW, f"data {NEW} size.lead_21d"),
    ]  # fmt: skip
    assert [json.loads(body) for *_, body in posts] == [{**one, "chat": NEW} for one in before]


def test_a_chat_that_is_unknown_or_was_moved_before_moves_nothing(db: Database) -> None:
    with writing(db):
        move_chat(db, OLD, NEW)
        assert chats.chat(db, NEW) is None
        set_rules(db, OLD, "small above 200d > 60")
        move_chat(db, OLD, NEW)
        move_chat(db, OLD, NEW)
    assert lines_of(db, NEW) == {1: "small above 200d > 60"}
