"""What becomes of a message whose topic is closed, or that the bot has no right to send; who is told, and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlite_utils import Database
from telegram.error import BadRequest

from bot.transport.settlement import Results, Unconfirmed, record_results
from storage import chats, groups, outbox
from storage.chat_migration import move_chat
from storage.database import writing
from storage.outbox import Outgoing, Sent

GROUP, ADA = -1_002_000_000_001, 1001
NOW = datetime(2025, 8, 20, 21, tzinfo=UTC)
NO_RIGHT = BadRequest("Need administrator rights in the channel chat")


@pytest.fixture
def group(db: Database) -> Database:
    with writing(db):
        chats.subscribe(db, GROUP, NOW)
        groups.add_group(db, GROUP, NOW)
        groups.add_manager(db, GROUP, ADA, reached=True)
    return db


def say(db: Database, kind: str, now: datetime = NOW) -> None:
    with writing(db):
        outbox.enqueue(db, now.date(), kind, [Outgoing(GROUP, [kind])], now)


def tried(db: Database, now: datetime, error: BadRequest | None) -> list[str]:
    """Try all that is due at `now`; what was tried in the group."""
    with writing(db):
        due = outbox.claim(db, now, 50)
        ours = [one for one in due if one.chat == GROUP]
        others = [Sent(one.id, 1) for one in due if one.chat != GROUP]
        failed = [Unconfirmed(one, error) for one in ours] if error else []
        sent = others + ([] if error else [Sent(one.id, 2) for one in ours])
        record_results(db, Results(sent, failed), (), now)
    return [one.text for one in ours]


def told(db: Database, chat: int = ADA) -> list[str]:
    rows = db.conn.execute("SELECT text FROM outbox WHERE chat = ? AND kind LIKE 'managers%' ORDER BY id", [chat])
    return [text for (text,) in rows]


def test_a_right_that_is_lost_is_tried_for_daily_and_ends_the_subscription_after_three_days(group: Database) -> None:
    say(group, "alert")
    say(group, "digest")
    for days in range(3):
        now = NOW + timedelta(days=days)
        assert tried(group, now, NO_RIGHT) == ["alert"]
        assert tried(group, now + timedelta(hours=23), NO_RIGHT) == []
        assert groups.standing_of(group, GROUP).subscribed
    assert len(told(group)) == 1
    assert tried(group, NOW + timedelta(days=3), NO_RIGHT) == ["alert"]
    assert not groups.standing_of(group, GROUP).subscribed
    assert len(told(group)) == 2
    assert "subscription has ended" in told(group)[1]
    assert tried(group, NOW + timedelta(days=5), None) == []


def test_a_right_that_comes_back_sends_what_waited(group: Database) -> None:
    say(group, "alert")
    assert tried(group, NOW, NO_RIGHT) == ["alert"]
    assert tried(group, NOW + timedelta(days=1), None) == ["alert"]
    say(group, "later", NOW + timedelta(days=9))
    assert tried(group, NOW + timedelta(days=9), NO_RIGHT) == ["later"]  # counted anew
    assert groups.standing_of(group, GROUP).subscribed
    with writing(group):
        assert groups.right_back(group, GROUP, NOW + timedelta(days=9, hours=1)) == 1
    assert tried(group, NOW + timedelta(days=9, hours=1), None) == ["later"]


@pytest.mark.parametrize("words", ["Topic_closed", "Message thread not found", "TOPIC_DELETED"])
def test_a_topic_that_is_lost_is_the_general_one_from_then_on(group: Database, words: str) -> None:
    with writing(group):
        groups.keep_topic(group, GROUP, 7, NOW)
    say(group, "alert")
    say(group, "digest")
    assert tried(group, NOW, BadRequest(words)) == ["alert"]
    assert groups.standing_of(group, GROUP).topic is None
    assert tried(group, NOW, None) == ["alert"]
    assert tried(group, NOW, None) == ["digest"]
    assert len(told(group)) == 1
    assert not told(group, GROUP)


def test_where_no_manager_is_reached_the_group_is_told(db: Database) -> None:
    with writing(db):
        chats.subscribe(db, GROUP, NOW)
        groups.keep_topic(db, GROUP, 7, NOW)
        groups.add_manager(db, GROUP, ADA, reached=False)
    say(db, "alert")
    assert tried(db, NOW, BadRequest("Topic_closed")) == ["alert"]
    assert len(told(db, GROUP)) == 1
    assert not told(db)


def test_a_move_takes_topic_managers_and_former_ids_along(group: Database) -> None:
    new, newest = GROUP - 1, GROUP - 2
    with writing(group):
        groups.keep_topic(group, GROUP, 7, NOW)
        groups.manage(group, ADA, GROUP)
        move_chat(group, GROUP, new)
        move_chat(group, new, newest)
    for old in (GROUP, new, newest):
        standing = groups.standing_of(group, old)
        assert (standing.chat, standing.topic, standing.subscribed) == (newest, 7, True)
    assert groups.managed_by(group, ADA) == [newest]
    assert groups.standing_of(group, ADA).managing == newest


def test_forgetting_a_group_or_a_person_leaves_nothing(group: Database) -> None:
    with writing(group):
        groups.manage(group, ADA, GROUP)
        move_chat(group, GROUP, GROUP - 1)
        assert chats.forget(group, ADA)
    assert groups.managed_by(group, ADA) == []
    with writing(group):
        groups.add_manager(group, GROUP - 1, ADA, reached=True)
        assert chats.forget(group, GROUP - 1)
    for table in ("chats", "groups", "managers", "managing", "moved_chats", "outbox"):
        assert group.conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table
