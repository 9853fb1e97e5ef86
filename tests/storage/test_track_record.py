"""The track record: every alert that was sent, once, and kept when all else of it is gone."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.alert_events import DAY, small

from alerts.rules.event import AlertEvent, EventStatus, LeadAfterFirings
from alerts.rules.grammar import parse
from storage import chats, events, migrations, outbox, rules, sessions
from storage.chat_migration import move_chat
from storage.database import open_database, writing
from storage.events import NewEvent
from storage.outbox import Outgoing, Sent
from storage.retention import Retention, prune
from storage.track_record import SentAlert, record_answered, sent_alerts, sent_to

NOW = datetime(2025, 8, 22, 21, tzinfo=UTC)
PRESET = "small above 200d crosses above 60 clear 55"
OWN = "small above 200d > 61.5"
SHOWN = LeadAfterFirings(63, 12, 1.2, -0.4, 0.75, -6.1)
ADA, BEN = 778_001, 778_002


def firing(db: Database, chat: int, line: str, **given: object) -> AlertEvent:
    """A firing of a rule that the chat has by that line."""
    with writing(db):
        chats.subscribe(db, chat, NOW)
        number, _ = rules.add_rule(db, chat, parse(line), [], NOW)
        watch = rules.rule_numbered(db, chat, number)
    assert watch is not None
    return small(line, id=watch.id, number=number, **{"lead": SHOWN} | given)


def write(db: Database, *new: NewEvent) -> list[events.StoredEvent]:
    with writing(db):
        return events.record_events(db, new, NOW)


def enqueue(db: Database, stored: Sequence[events.StoredEvent], *texts: str) -> list[int]:
    """A message a chat, in as many parts as there are texts, of the events; the ids of its rows."""
    by_chat = {one.chat: [other.id for other in stored if other.chat == one.chat] for one in stored}
    with writing(db):
        messages = [Outgoing(chat, texts or ("text",), told) for chat, told in by_chat.items()]
        outbox.enqueue(db, DAY, "alert", messages, NOW)
    return [row[0] for row in db.conn.execute("SELECT id FROM outbox WHERE state = 'pending' ORDER BY id")]


def taken(db: Database, *messages: int) -> None:
    """Telegram takes the messages."""
    with writing(db):
        outbox.mark_sent(db, [Sent(one, one + 500) for one in messages], NOW)


def sent(db: Database, *new: NewEvent) -> None:
    """Write events, and have Telegram take a message of them a chat."""
    taken(db, *enqueue(db, write(db, *new)))


def test_chats_that_one_preset_told_on_a_session_share_a_row_and_an_own_line_stays_with_its_chat(db: Database) -> None:
    ada, ben, own = firing(db, ADA, PRESET), firing(db, BEN, PRESET), firing(db, ADA, OWN, lead=None)
    sent(db, NewEvent(ADA, ada), NewEvent(BEN, ben, EventStatus.HELD), NewEvent(ADA, own))
    assert sent_alerts(db) == [SentAlert(DAY, PRESET, 64.3, SHOWN), SentAlert(DAY, None, 64.3, None)]
    assert sent_to(db, ADA) == [
        SentAlert(DAY, PRESET, 64.3, SHOWN, PRESET, 1), SentAlert(DAY, None, 64.3, None, OWN, 2)
    ]  # fmt: skip
    assert sent_to(db, BEN) == [SentAlert(DAY, PRESET, 64.3, SHOWN, PRESET, 1)]


def test_an_alert_enters_when_telegram_has_taken_every_part_of_its_message(db: Database) -> None:
    first, second = enqueue(db, write(db, NewEvent(ADA, firing(db, ADA, PRESET))), "one", "two")
    assert sent_alerts(db) == []
    taken(db, first)
    assert sent_alerts(db) == []
    taken(db, second)
    taken(db, second)  # as when the word of it came twice
    assert [one.preset for one in sent_to(db, ADA)] == [PRESET]


@pytest.mark.parametrize("end", [outbox.mark_failed, outbox.mark_withdrawn])
def test_what_telegram_did_not_take_is_not_in_it(db: Database, end: Callable[[Database, int, str], None]) -> None:
    first, second = enqueue(db, write(db, NewEvent(ADA, firing(db, ADA, PRESET))), "one", "two")
    with writing(db):
        end(db, first, "why")
    taken(db, second)
    assert sent_alerts(db) == []


def test_what_an_answer_tells_is_in_it(db: Database) -> None:
    (stored,) = write(db, NewEvent(ADA, firing(db, ADA, PRESET), EventStatus.MUTED))
    with writing(db):
        record_answered(db, [stored.id])
        record_answered(db, [stored.id])
    assert [one.preset for one in sent_to(db, ADA)] == [PRESET]


def test_what_cannot_be_recorded_is_logged_and_keeps_no_other_out(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    stored = write(db, NewEvent(ADA, firing(db, ADA, PRESET)), NewEvent(BEN, firing(db, BEN, OWN)))
    with writing(db):
        db.conn.execute("UPDATE events SET event = '{' WHERE chat = ?", [ADA])
    messages = enqueue(db, stored)
    taken(db, *messages)
    assert outbox.counts(db) == {"sent": 2}
    assert [one.line for one in sent_to(db, BEN)] == [OWN]
    assert sent_to(db, ADA) == []
    assert [record.getMessage() for record in caplog.records] == [
        f"message {messages[0]} was sent, and is missing in the track record"
    ]


def test_a_line_of_ones_own_has_a_row_for_each_rule_and_session_however_it_is_recorded(db: Database) -> None:
    told = [NewEvent(chat, firing(db, chat, line)) for chat in (ADA, BEN) for line in (PRESET, OWN)]
    stored = write(db, *told)
    taken(db, *enqueue(db, stored))
    together = sent_alerts(db)
    assert [one.preset for one in together] == [PRESET, None, None]
    with writing(db):
        for table in ("track_chats", "track_record"):
            db.conn.execute(f"DELETE FROM {table}")
        for one in stored:
            record_answered(db, [one.id])
    assert sent_alerts(db) == together
    with writing(db):
        for table in ("track_chats", "track_record"):
            db.conn.execute(f"DROP TABLE {table}")
        migrations.track_record(db)
    assert sent_alerts(db) == together


def test_only_firings_enter(db: Database) -> None:
    event = firing(db, ADA, PRESET)
    sent(db, *(NewEvent(ADA, small(PRESET, kind=kind, id=event.subject.id)) for kind in ("resolved", "reminder")))
    assert sent_alerts(db) == []


def test_it_survives_pruning_and_the_end_of_its_rule(db: Database) -> None:
    own = firing(db, ADA, OWN)
    sent(db, NewEvent(ADA, own))
    with writing(db):
        prune(db, Retention(1, 1, 1), datetime(2027, 1, 1, tzinfo=UTC))
        rules.delete_rule(db, ADA, own.subject.id)  # type: ignore[union-attr]
    assert db.conn.execute("SELECT count(*) FROM events").fetchone() == (0,)
    assert sent_to(db, ADA) == [SentAlert(DAY, None, 64.3, SHOWN, OWN, None)]


def test_of_an_erased_chat_it_keeps_neither_number_nor_line(db: Database) -> None:
    sent(db, NewEvent(ADA, firing(db, ADA, PRESET)), NewEvent(ADA, firing(db, ADA, OWN)))
    with writing(db):
        assert chats.forget(db, ADA)
    assert sent_alerts(db) == [SentAlert(DAY, PRESET, 64.3, SHOWN), SentAlert(DAY, None, 64.3, SHOWN)]
    assert sent_to(db, ADA) == []
    dump = "\n".join(db.conn.iterdump())
    assert str(ADA) not in dump
    assert OWN not in dump


def test_what_was_sent_stays_sent_when_its_session_is_evaluated_again_and_the_rest_goes(db: Database) -> None:
    ada, ben, own = firing(db, ADA, PRESET), firing(db, BEN, PRESET), firing(db, BEN, OWN)
    ada_message, _ = enqueue(db, write(db, NewEvent(ADA, ada), NewEvent(BEN, ben), NewEvent(BEN, own)))
    taken(db, ada_message)
    with writing(db):
        sessions.unseal(db, DAY)
    assert [(one.preset, one.shown) for one in sent_alerts(db)] == [(PRESET, SHOWN)]
    assert sent_to(db, BEN) == []
    corrected = [(ADA, ada), (BEN, own)]  # on corrected figures, Ben's preset does not fire
    sent(db, *(NewEvent(chat, replace(one, subject=replace(one.subject, lead=None))) for chat, one in corrected))
    assert [(one.line, one.shown) for one in sent_to(db, ADA)] == [(PRESET, SHOWN)]
    assert [(one.line, one.shown) for one in sent_to(db, BEN)] == [(OWN, None)]
    assert len(sent_alerts(db)) == 2


def test_a_group_that_becomes_a_supergroup_keeps_it(db: Database) -> None:
    sent(db, NewEvent(ADA, firing(db, ADA, OWN)))
    with writing(db):
        move_chat(db, ADA, BEN)
    assert [one.line for one in sent_to(db, BEN)] == [OWN]


def test_alerts_that_an_earlier_version_sent_are_in_it_and_what_it_left_to_send_enters_when_sent(
    tmp_path: Path,
) -> None:
    path = Path(shutil.copy(Path(__file__).parent / "databases" / "b24ff6f.db", tmp_path / "earlier.db"))
    with sqlite3.connect(path) as old:
        told = old.execute(
            "SELECT id, chat, session, json_extract(told, '$.value') FROM events WHERE kind = 'fired' "
            "AND said IN ('told', 'held') ORDER BY chat, session, id"
        ).fetchall()
        open_messages = old.execute("SELECT id, events FROM outbox WHERE state <> 'sent' ORDER BY id").fetchall()
    old.close()
    left = {event for _, events_ in open_messages for event in json.loads(events_)}
    before = sorted(tuple(of) for identity, *of in told if identity not in left)
    assert 5 < len(before) < len(told)
    db = open_database(path)

    def found() -> list[tuple[int, str, float | None]]:
        return sorted((chat, one.session.isoformat(), one.value) for chat in {row[1] for row in told}
                      for one in sent_to(db, chat))  # fmt: skip

    assert found() == before
    taken(db, *(message for message, _ in open_messages))
    assert found() == sorted(tuple(of) for _, *of in told)
    assert min(one.session for one in sent_alerts(db)) > date(2024, 1, 1)
    db.close()


def test_what_the_migration_takes_for_presets_does_not_change_with_todays_packs() -> None:
    assert "alerts.rules.presets" not in Path(migrations.__file__).read_text(encoding="utf-8")
    assert PRESET in migrations.PRESETS_BEFORE_THE_TRACK_RECORD
