"""Nothing that one chat has stored keeps others from hearing of a session."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.grammar import parse
from bot.alerting.evaluate import evaluate_session
from bot.reports.series import value_past
from storage import chats, events, figures, rules, snoozes
from storage.database import open_database, writing
from storage.snoozes import Snooze

NOW = datetime(2025, 8, 29, 21, tzinfo=UTC)
DAYS = sessions_between(date(2025, 1, 2), date(2025, 8, 29))
ADA, BEN = 1001, 1002
LINES = ("lead 21d > 2", "lead 21d > 2 until 2025-01-03", "small above 200d crosses 50")
RUBBISH = ("", "nonsense", "25:99", "2025-13-45", "[]", "{", "Nowhere/Land", "-1", "\x00")

#: What Ada has stored: (table, column, which rows).
STORED = [
    *(("chats", column, f"id = {ADA}") for column in ("quiet_from", "quiet_to", "zone", "subscribed_at")),
    *(("rules", column, f"chat = {ADA}") for column in ("operator", "series", "repeat", "until", "clear", "level")),
    *(("watches", column, f"rule IN (SELECT id FROM rules WHERE chat = {ADA})")
      for column in ("series", "phase", "since", "level")),
    ("snoozes", "through", f"chat = {ADA}"),
    ("events", "event", f"chat = {ADA}"),
    ("data_gaps", "since", f"chat = {ADA}"),
    ("data_gaps", "series", f"chat = {ADA}"),
]  # fmt: skip


def prepared(db: Database) -> None:
    """Ada and Ben with the same rules, quiet hours and a snooze, and a session whose events wait for the next one."""
    rows = [
        Figure(day, metric, value, 1.0, 10, 10, "test", None if value is not None else "not published")
        for metric, values in (
            ("size.lead_21d", [1, 3, 1, 3]), ("breadth.above_200d.small", [40, 60, 40, 60]),
            ("breadth.above_50d.all", [None, None, None, None, None]),
        )
        for day, value in zip(DAYS, values, strict=False)
    ]  # fmt: skip
    with writing(db):
        figures.record_figures(db, rows, NOW, backfilled=False)
        for chat in (ADA, BEN):
            chats.subscribe(db, chat, NOW)
            for line in LINES:
                rule = parse(line)
                rules.add_rule(db, chat, rule, value_past(db, rule.watched, DAYS[0], 300), NOW)
            snoozed = rules.rule_numbered(db, chat, 1)
            assert snoozed is not None
            snoozes.snooze(db, Snooze(snoozed.id, chat, DAYS[1]))
            db.conn.execute(
                "UPDATE chats SET quiet_from = '22:00', quiet_to = '07:00', zone = 'UTC' WHERE id = ?", [chat]
            )
            db.conn.execute("INSERT INTO data_gaps VALUES ('size.lead_21d', ?, ?)", [chat, DAYS[0].isoformat()])
        evaluate_session(db, DAYS[1], NOW, late=True)


def heard(db: Database, chat: int) -> list[tuple[str, str | None]]:
    return db.conn.execute("SELECT text, not_before FROM outbox WHERE chat = ? ORDER BY id", [chat]).fetchall()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str | None]]:
    """What Ben hears where nothing of Ada's is broken."""
    db = open_database(tmp_path_factory.mktemp("undisturbed") / "rotation.db")
    prepared(db)
    for at in (2, 3):
        with writing(db):
            evaluate_session(db, DAYS[at], NOW, late=False)
    found = heard(db, BEN)
    assert len(found) == 2
    db.close()
    return found


@settings(max_examples=25)
@given(broken=st.lists(st.tuples(st.sampled_from(STORED), st.sampled_from(RUBBISH)), min_size=1, max_size=3))
def test_whatever_a_chat_stores_every_other_chat_hears_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    undisturbed: list[tuple[str, str | None]],
    broken: list[tuple[tuple[str, str, str], str]],
) -> None:
    db = open_database(tmp_path_factory.mktemp("run") / "rotation.db")
    prepared(db)
    for (table, column, which), rubbish in broken:
        db.conn.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {which}", [rubbish])
    for at in (2, 3):
        with writing(db):
            evaluate_session(db, DAYS[at], NOW, late=False)
    assert heard(db, BEN) == undisturbed
    db.close()


def test_a_chat_whose_quiet_hours_cannot_be_read_hears_without_them_and_is_named(db: Database) -> None:
    prepared(db)
    db.conn.execute("UPDATE chats SET zone = 'Nowhere/Land' WHERE id = ?", [ADA])
    with writing(db):
        found = evaluate_session(db, DAYS[2], NOW.replace(hour=23), late=False)
    assert list(found.failures.reasons) == [ADA]
    assert "Nowhere/Land" in found.failures.reasons[ADA]
    ((_, ada),) = heard(db, ADA)
    ((_, ben),) = heard(db, BEN)
    assert ada is None
    assert ben is not None


def test_a_message_that_cannot_be_made_waits_and_the_chat_is_named(db: Database) -> None:
    prepared(db)
    one = events.waiting(db)[ADA][0]
    row = db.conn.execute("SELECT event FROM events WHERE id = ?", [one.id]).fetchone()[0]
    db.conn.execute("UPDATE events SET event = '{}' WHERE id = ?", [one.id])
    with writing(db):
        found = evaluate_session(db, DAYS[2], NOW, late=False)
    assert list(found.failures.reasons) == [ADA]
    assert len(heard(db, BEN)) == 1
    db.conn.execute("UPDATE events SET event = ? WHERE id = ?", [json.dumps(json.loads(row)), one.id])
    with writing(db):
        again = evaluate_session(db, DAYS[3], NOW, late=False)
    assert again.failures.reasons == {}
    assert str(one.event.rule.number if one.event.rule else "") in heard(db, ADA)[-1][0]
