"""The track record: every alert that was sent, once, and kept when all else of it is gone."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.alert_events import DAY, small

from alerts.rules.event import AlertEvent, EventStatus, LeadAfterFirings
from alerts.rules.grammar import parse
from storage import chats, events, rules, sessions
from storage.chat_migration import move_chat
from storage.database import open_database, writing
from storage.events import NewEvent
from storage.retention import Retention, prune
from storage.track_record import SentAlert, sent_alerts, sent_to

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


def test_chats_that_one_preset_told_on_a_session_share_a_row_and_an_own_line_stays_with_its_chat(db: Database) -> None:
    ada, ben, own = firing(db, ADA, PRESET), firing(db, BEN, PRESET), firing(db, ADA, OWN, lead=None)
    write(db, NewEvent(ADA, ada), NewEvent(BEN, ben, EventStatus.HELD), NewEvent(ADA, own))
    assert sent_alerts(db) == [SentAlert(DAY, PRESET, 64.3, SHOWN), SentAlert(DAY, None, 64.3, None)]
    assert sent_to(db, ADA) == [
        SentAlert(DAY, PRESET, 64.3, SHOWN, PRESET, 1), SentAlert(DAY, None, 64.3, None, OWN, 2)
    ]  # fmt: skip
    assert sent_to(db, BEN) == [SentAlert(DAY, PRESET, 64.3, SHOWN, PRESET, 1)]


@pytest.mark.parametrize("status", [one for one in EventStatus if one.suppressed or one is EventStatus.WAITING])
def test_what_the_chat_was_not_told_of_enters_when_it_is(db: Database, status: EventStatus) -> None:
    (stored,) = write(db, NewEvent(ADA, firing(db, ADA, PRESET), status))
    assert sent_alerts(db) == []
    with writing(db):
        events.set_status(db, [stored.id], EventStatus.NOTIFIED)
        events.set_status(db, [stored.id], EventStatus.NOTIFIED)
    assert [one.preset for one in sent_to(db, ADA)] == [PRESET]


def test_only_firings_enter(db: Database) -> None:
    event = firing(db, ADA, PRESET)
    write(db, *(NewEvent(ADA, small(PRESET, kind=kind, id=event.subject.id)) for kind in ("resolved", "reminder")))
    assert sent_alerts(db) == []


def test_it_survives_pruning_and_the_end_of_its_rule(db: Database) -> None:
    own = firing(db, ADA, OWN)
    write(db, NewEvent(ADA, own))
    with writing(db):
        prune(db, Retention(1, 1, 1), datetime(2027, 1, 1, tzinfo=UTC))
        rules.delete_rule(db, ADA, own.subject.id)  # type: ignore[union-attr]
    assert db.conn.execute("SELECT count(*) FROM events").fetchone() == (0,)
    assert sent_to(db, ADA) == [SentAlert(DAY, None, 64.3, SHOWN, OWN, None)]


def test_of_an_erased_chat_it_keeps_neither_number_nor_line(db: Database) -> None:
    write(db, NewEvent(ADA, firing(db, ADA, PRESET)), NewEvent(ADA, firing(db, ADA, OWN)))
    with writing(db):
        assert chats.forget(db, ADA)
    assert sent_alerts(db) == [SentAlert(DAY, PRESET, 64.3, SHOWN), SentAlert(DAY, None, 64.3, SHOWN)]
    assert sent_to(db, ADA) == []
    dump = "\n".join(db.conn.iterdump())
    assert str(ADA) not in dump
    assert OWN not in dump


def test_what_was_sent_stays_sent_when_its_session_is_evaluated_again(db: Database) -> None:
    preset, own = firing(db, ADA, PRESET), firing(db, ADA, OWN)
    write(db, NewEvent(ADA, preset), NewEvent(ADA, own))
    with writing(db):
        sessions.unseal(db, DAY)
    again = [replace(one, subject=replace(one.subject, lead=None)) for one in (preset, own)]
    assert len(write(db, *(NewEvent(ADA, one) for one in again))) == 2
    assert [(one.line, one.shown) for one in sent_to(db, ADA)] == [(PRESET, SHOWN), (OWN, SHOWN)]
    assert len(sent_alerts(db)) == 2


def test_a_group_that_becomes_a_supergroup_keeps_it(db: Database) -> None:
    write(db, NewEvent(ADA, firing(db, ADA, OWN)))
    with writing(db):
        move_chat(db, ADA, BEN)
    assert [one.line for one in sent_to(db, BEN)] == [OWN]


def test_alerts_that_an_earlier_version_sent_are_in_it(tmp_path: Path) -> None:
    path = Path(shutil.copy(Path(__file__).parent / "databases" / "b24ff6f.db", tmp_path / "earlier.db"))
    with sqlite3.connect(path) as old:
        told = old.execute(
            "SELECT chat, session, json_extract(told, '$.value') FROM events WHERE kind = 'fired' "
            "AND said IN ('told', 'held') ORDER BY chat, session, id"
        ).fetchall()
    old.close()
    assert len(told) > 10
    db = open_database(path)
    found = [(chat, one.session.isoformat(), one.value) for chat in sorted({row[0] for row in told})
             for one in sent_to(db, chat)]  # fmt: skip
    assert sorted(found) == sorted(told)
    assert min(one.session for one in sent_alerts(db)) > date(2024, 1, 1)
    db.close()
