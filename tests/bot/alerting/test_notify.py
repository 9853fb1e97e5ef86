"""From events to the outbox: events that waited for a later session."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest
from sqlite_utils import Database
from support.alert_events import DAY, small

from alerts.rules.event import EventStatus
from alerts.rules.grammar import parse
from bot.alerting.notify import AT_ONCE, notify_waiting
from bot.transport.settlement import Results, record_results, set_aside
from bot.transport.texts import with_texts
from storage import chats, events, outbox, rules
from storage.database import writing
from storage.events import NewEvent
from storage.outbox import Sent
from storage.track_record import sent_alerts

NOW = datetime(2025, 8, 22, 21, tzinfo=UTC)
LINE = "small above 200d crosses above 60 clear 55"
ADA = 1001


def wait(db: Database, count: int) -> None:
    """`count` chats from Ada on have an alert that fired, and wait for a later session."""
    with writing(db):
        new = []
        for chat in range(ADA, ADA + count):
            chats.subscribe(db, chat, NOW)
            number, _ = rules.add_rule(db, chat, parse(LINE), [], NOW)
            watch = rules.rule_numbered(db, chat, number)
            assert watch is not None
            new.append(NewEvent(chat, small(LINE, id=watch.id, number=number), EventStatus.WAITING))
        events.record_events(db, new, NOW)


def statuses(db: Database) -> dict[str, int]:
    return dict(db.conn.execute("SELECT status, count(*) FROM events GROUP BY status").fetchall())


@pytest.mark.parametrize(("count", "later"), [(2, 0), (AT_ONCE + 1, AT_ONCE + 1)])
def test_texts_of_events_that_waited_are_made_at_the_claim_where_they_are_many(
    db: Database, count: int, later: int
) -> None:
    wait(db, count)
    ran: list[str] = []
    db.conn.set_trace_callback(ran.append)
    with writing(db):
        assert notify_waiting(db, DAY, NOW).reasons == {}
    db.conn.set_trace_callback(None)
    assert db.conn.execute("SELECT count(*) FROM outbox WHERE text = ''").fetchone() == (later,)
    assert statuses(db) == {"notified": count}
    assert len([one for one in ran if one.startswith("UPDATE events")]) == 1
    with writing(db):
        due = with_texts(db, outbox.claim(db, NOW, count), partial(set_aside, db, (), NOW))
    assert len(due) == count
    assert all("Small caps" in one.text for one in due)


def test_a_muted_chats_events_do_not_go_on_waiting_and_get_no_message(db: Database) -> None:
    wait(db, 2)
    with writing(db):
        db.conn.execute("UPDATE chats SET muted = 1 WHERE id = ?", [ADA])
        notify_waiting(db, DAY, NOW)
    assert statuses(db) == {"muted": 1, "notified": 1}
    assert db.conn.execute("SELECT chat FROM outbox").fetchall() == [(ADA + 1,)]


@pytest.mark.parametrize(
    "fault",
    [
        "UPDATE events SET event = json_set(event, '$.value', 'high') WHERE chat = ?",  # can be read, and not be said
        "UPDATE events SET event = '{' WHERE chat = ?",
        "UPDATE chats SET muted_until = 'nonsense' WHERE id = ?",
    ],
)
def test_a_chat_whose_message_cannot_be_made_goes_on_waiting_while_others_hear(db: Database, fault: str) -> None:
    wait(db, 2)
    with writing(db):
        db.conn.execute(fault, [ADA])
        failures = notify_waiting(db, DAY, NOW)
    assert set(failures.reasons) == {ADA}
    assert statuses(db) == {"waiting": 1, "notified": 1}
    assert db.conn.execute("SELECT chat FROM outbox").fetchall() == [(ADA + 1,)]


def test_a_fault_of_the_track_record_stops_no_alert(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    wait(db, 2)
    with writing(db):
        db.conn.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON track_chats BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )
        assert notify_waiting(db, DAY, NOW).reasons == {}
        due = outbox.claim(db, NOW, 2)
        record_results(db, Results([Sent(one.id, one.id) for one in due]), (), NOW)
    assert statuses(db) == {"notified": 2}
    assert outbox.counts(db) == {"sent": 2}
    assert sent_alerts(db) == []
    assert [record.getMessage() for record in caplog.records] == [
        f"message {one.id} was sent, and is missing in the track record" for one in due
    ]
