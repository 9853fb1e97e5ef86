"""Texts of sessions with more messages than are written at once: made when they are claimed, and stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.grammar import parse
from bot.alerting.evaluate import evaluate_session
from bot.alerting.notify import AT_ONCE
from bot.reports.series import value_past
from bot.transport.settlement import set_aside
from bot.transport.texts import with_texts
from storage import chats, figures, outbox, rules
from storage.database import open_database, writing
from storage.outbox import Due, Sent

NOW = datetime(2025, 8, 29, 21, tzinfo=UTC)
BEFORE, FIRES, _, RESOLVES = sessions_between(date(2025, 8, 18), date(2025, 8, 21))
ADA = 1001
OPERATOR = 7


def evaluated(path: Path, count: int) -> Database:
    """`count` chats from Ada on, each with a rule at a level of its own, which fired and resolved; nothing claimed."""
    db = open_database(path)
    with writing(db):
        _record(db, BEFORE, 40.0)
        for chat in range(ADA, ADA + count):
            chats.subscribe(db, chat, NOW)
            rule = parse(f"small above 200d > {50 + (chat - ADA) / 1000:g}")
            rules.add_rule(db, chat, rule, value_past(db, rule.watched, BEFORE), NOW)
        _record(db, FIRES, 60.0)
        assert len(evaluate_session(db, FIRES, NOW, late=False).by_chat) == count
    return db


def _record(db: Database, day: date, value: float) -> None:
    figure = Figure(day, "breadth.above_200d.small", value, 1.0, 10, 10, "test", None)
    figures.record_figures(db, [figure], NOW, backfilled=False)


def claimed(db: Database) -> list[Due]:
    """All that is due, claimed as delivery claims it."""
    with writing(db):
        return with_texts(db, outbox.claim(db, NOW, 10_000), partial(set_aside, db, [OPERATOR], NOW))


def sent(db: Database, due: list[Due]) -> None:
    with writing(db):
        outbox.mark_sent(db, [Sent(one.id, one.id + 5_000) for one in due], NOW)


def resolved(db: Database) -> None:
    with writing(db):
        _record(db, RESOLVES, 40.0)
        evaluate_session(db, RESOLVES, NOW, late=False)


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Database]:
    db = evaluated(tmp_path / "many.db", AT_ONCE + 1)
    yield db
    db.close()


def test_a_text_made_at_the_claim_is_the_one_that_is_made_at_once(many: Database, tmp_path: Path) -> None:
    assert many.conn.execute("SELECT count(*) FROM outbox WHERE text = ''").fetchone()[0] == AT_ONCE + 1
    few = evaluated(tmp_path / "few.db", 20)
    for _ in range(2):  # that they fired, and, as a reply to it, that they resolved
        here, there = claimed(few), claimed(many)
        assert len(there) == AT_ONCE + 1
        late = {one.chat: (one.text, one.keyboard, one.reply_to) for one in there}
        for one in here:
            assert late[one.chat] == (one.text, one.keyboard, one.reply_to)
        assert all(one.text and one.keyboard for one in there)
        for db, due in ((few, here), (many, there)):
            sent(db, due)
            resolved(db)
    few.close()


def test_the_end_replies_to_its_announcement(many: Database) -> None:
    first = claimed(many)
    sent(many, first)
    resolved(many)
    announced = {one.chat: one.id + 5_000 for one in first}
    assert {one.chat: one.reply_to for one in claimed(many)} == announced


def test_a_repeat_sends_the_stored_text_whatever_its_event_says_by_then(many: Database) -> None:
    before = claimed(many)
    with writing(many):
        many.conn.execute("DELETE FROM events")
        assert outbox.recover(many, NOW) == AT_ONCE + 1
    again = claimed(many)
    assert [(one.id, one.text) for one in again] == [(one.id, one.text) for one in before]
    assert all(one.maybe_repeat for one in again)


def test_a_text_that_cannot_be_made_is_set_aside_and_all_others_leave(many: Database) -> None:
    with writing(many):
        many.conn.execute("UPDATE events SET event = '{' WHERE chat = ?", [ADA])
        many.conn.execute("DELETE FROM events WHERE chat = ?", [ADA + 1])
    due = claimed(many)
    assert len(due) == AT_ONCE - 1
    assert not {ADA, ADA + 1} & {one.chat for one in due}
    errors = dict(many.conn.execute("SELECT chat, error FROM outbox WHERE state = 'failed'").fetchall())
    assert errors.keys() == {ADA, ADA + 1}
    assert "its text cannot be made" in errors[ADA]
    assert "are gone" in errors[ADA + 1]
    ((notice,),) = many.conn.execute("SELECT text FROM outbox WHERE chat = ?", [OPERATOR]).fetchall()
    assert "set aside" in notice


@pytest.mark.parametrize("damage", ["events = '[1,'", "events = '7'", "session = 'someday'", "events = x'ff'"])
def test_a_damaged_row_is_set_aside_by_itself_and_so_is_no_later_one_of_its_chat(many: Database, damage: str) -> None:
    with writing(many):
        many.conn.execute(f"UPDATE outbox SET {damage} WHERE chat = ?", [ADA])
    due = claimed(many)
    assert len(due) == AT_ONCE
    assert ADA not in {one.chat for one in due}
    ((error,),) = many.conn.execute("SELECT error FROM outbox WHERE state = 'failed'").fetchall()
    assert "its text cannot be made" in error
    sent(many, due)
    resolved(many)
    assert ADA in {one.chat for one in claimed(many)}
