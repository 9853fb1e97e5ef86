"""A database that an earlier version wrote migrates, and all that is in it can be read, shown and sent.

databases/b24ff6f.db: written by the code of commit b24ff6f from simulated figures of August 2025. Chat 1001 has ten
rules in several states, 1002 is muted, 1003 has quiet hours, 1004 has unsubscribed.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from alerts.metrics.figure import Figure
from alerts.rules.event import AlertEvent, EventStatus
from alerts.rules.state import Kind
from bot.alerting.evaluate import evaluate_session
from bot.alerting.notify import events_of_message
from bot.emulator.api.entities import parse_html
from bot.messages.alert import alert_texts
from bot.messages.history import SHOWN, history_text
from bot.messages.rule_status import why_text
from bot.reports.rule_status import why
from storage import data_gaps, events, figures, outbox, rules
from storage.database import open_database, writing

FILE = Path(__file__).parent / "databases" / "b24ff6f.db"
NEXT = date(2025, 8, 18)
NOW = datetime(2025, 8, 18, 21, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(shutil.copy(FILE, tmp_path / "earlier.db"))


@pytest.fixture
def earlier(path: Path) -> Iterator[Database]:
    db = open_database(path)
    yield db
    db.close()


def test_every_event_keeps_its_kind_its_figures_and_what_became_of_it(path: Path) -> None:
    with sqlite3.connect(path) as old:
        before = {row[0]: row[1:] for row in old.execute("SELECT id, kind, told, said FROM events")}
    old.close()
    assert {kind for kind, _, _ in before.values()} == {kind.value for kind in Kind}
    db = open_database(path)
    found = [one for chat in (1001, 1002, 1003, 1004) for one in events.events_of(db, chat, 1000)]
    assert {one.id for one in found} == set(before)
    renamed = {None: "waiting", "told": "notified"}
    for one in found:
        kind, text, said = before[one.id]
        document, reading = json.loads(text), one.event.reading
        assert (one.kind.value, one.status.value) == (kind, renamed.get(said, said))
        assert (reading.series.metric, reading.series.words) == (document["metric"], document["words"])
        assert (reading.figure.value, reading.figure.source) == (document["value"], document["source"])
        assert (reading.rank.count, reading.observed) == (document["count"], document["observed"])
        if one.event.rule is not None:
            episode = one.event.rule.episode
            assert (one.event.rule.number, one.event.rule.line) == (document["number"], document["line"])
            assert (episode.fired_on.isoformat() if episode else None) == document["fired_on"]
            assert [part.condition.line for part in one.event.rule.conditions] == [
                part["line"] for part in document.get("conditions", [{"line": one.event.rule.first.line}])
            ]
        assert AlertEvent.from_json(one.event.to_json()) == one.event
    statuses = Counter(one.status for one in found)
    assert {EventStatus.NOTIFIED, EventStatus.HELD, EventStatus.WAITING, EventStatus.MUTED, EventStatus.SNOOZED,
            EventStatus.NOT_SUBSCRIBED} <= set(statuses)  # fmt: skip
    db.close()


def test_alert_messages_made_anew_tell_of_the_same_alerts_as_those_that_were_stored(earlier: Database) -> None:
    """The wording has changed since; the alerts, their lines, values and order have not."""
    rows = earlier.conn.execute("SELECT chat, session, text FROM outbox WHERE kind = 'alert' AND part = 1").fetchall()
    assert len(rows) >= 9
    for chat, session, text in rows:
        day = date.fromisoformat(session)
        (anew,) = alert_texts(day, events_of_message(earlier, chat, day))
        before, after = alerts_in(text), alerts_in(anew)
        assert [alert for alert, _ in after] == [alert for alert, _ in before]
        for (alert, stored), (_, shown) in zip(before, after, strict=True):
            values = re.findall(r"<b>([+−]?[\d.,]+(?: (?:%|pp))?)</b>", stored)  # of words, and of joined alerts: none
            assert values or "regime" in alert[1] or " and " in alert[1], alert
            in_bold = " ".join(re.findall(r"<b>(.*?)</b>", shown))
            assert set(values) <= set(re.findall(r"[+−]?[\d.,]*\d(?: (?:%|pp))?", in_bold)), alert
        parse_html(anew)


def alerts_in(text: str) -> list[tuple[tuple[str, str], str]]:
    """The number and line of every alert in a message, as any version has written them, and what is said of it."""
    found, begins = [], 0
    for match in re.finditer(r"^(?:Alert |#)(\d+):? (<code>.*</code>)$", text, re.MULTILINE):
        found.append(((match[1], match[2]), text[begins : match.start()]))
        begins = match.end()
    return found


def test_history_and_why_answer_for_every_rule(earlier: Database) -> None:
    text = history_text(events.events_of(earlier, 1001, SHOWN))
    parse_html(text)
    assert "not told: snoozed" in text
    watches = rules.rules_of(earlier, 1001)
    assert len(watches) == 10
    for watch in watches:
        found = why(earlier, watch)
        assert found is not None
        parse_html(why_text(found))


def test_the_next_session_notifies_of_what_waited_and_all_of_it_leaves(earlier: Database) -> None:
    waiting = [one.id for found in events.waiting(earlier).values() for one in found]
    assert waiting
    recorded = [
        Figure(NEXT, metric, value, 1.0, 1508, 1510, "sample: simulated", None)
        for metric, value in (("breadth.above_200d.small", 40.0), ("size.lead_21d", 0.0), ("regime.state", 0.0))
    ]
    with writing(earlier):
        figures.record_figures(earlier, recorded, NOW, backfilled=False)
        evaluated = evaluate_session(earlier, NEXT, NOW, late=False)
    assert evaluated.totals[Kind.RESOLVED] >= 1
    assert events.waiting(earlier) == {}
    included = json.loads(
        earlier.conn.execute(
            "SELECT events FROM outbox WHERE chat = 1001 AND session = ?", [NEXT.isoformat()]
        ).fetchone()[0]
    )
    ours = [one.id for one in events.events_of(earlier, 1001, 1000) if one.id in waiting]
    assert set(ours) <= set(included)
    sent = 0
    while True:
        with writing(earlier):
            due = outbox.claim(earlier, datetime(2025, 9, 1, tzinfo=UTC), 50)
            outbox.mark_sent(earlier, [outbox.Sent(one.id, 9000 + one.id) for one in due], NOW)
        if not due:
            break
        sent += len(due)
    assert sent >= 6
    assert set(outbox.counts(earlier)) == {"sent"}


def with_rsp(path: Path) -> None:
    """Make rule 7 of the earlier version's file one on a high of RSP, whose closes stood beside the figures then."""
    with sqlite3.connect(path) as old:
        for table in ("rules", "watches", "observations"):
            old.execute(f"UPDATE {table} SET series = 'fund.rsp high(5)' WHERE series = 'regime.state changed'")
        old.execute("INSERT INTO silences VALUES ('fund.rsp high(5)', 1001, '2025-08-07')")
        for before, now in (
            ('"metric": "regime.state"', '"metric": "fund.rsp"'),
            ('"series": "regime.state changed"', '"series": "fund.rsp high(5)"'),
            ('"line": "regime changes"', '"line": "equal weight at a new high 5d"'),
        ):
            old.execute("UPDATE events SET told = replace(told, ?, ?) WHERE rule = 7", [before, now])
        days = [date.fromisoformat(row[0]) for row in old.execute("SELECT DISTINCT session FROM figures ORDER BY 1")]
        earlier, later = date(2025, 7, 31), NEXT
        for at, day in enumerate((earlier, *days, later)):
            number = (day - date(1970, 1, 1)).days
            old.execute("INSERT INTO fund_closes VALUES ('SPY', ?, 600, 600)", [number])
            if at != 3:
                old.execute("INSERT INTO fund_closes VALUES ('RSP', ?, ?, 1)", [number, 180.0 + at])
        for day in days:
            old.execute(
                "INSERT INTO figures VALUES ('size.ratio', ?, 100, 1, 2, 2, ?, NULL, 0, ?, NULL, NULL)",
                [day.isoformat(), "late source" if day == days[-1] else "source", f"{day}T21:00:00+00:00"],
            )
    old.close()


def test_a_rule_on_the_price_of_rsp_goes_on_and_its_history_becomes_figures(path: Path) -> None:
    with_rsp(path)
    db = open_database(path)
    held = figures.history(db, "price.RSP")
    assert [(figure.session, figure.value) for figure in held[:3]] == [
        (date(2025, 7, 31), 180.0), (date(2025, 8, 1), 181.0), (date(2025, 8, 4), 182.0),
    ]  # fmt: skip
    assert (held[3].value, held[3].reason, held[3].coverage, held[3].members) == (None, "no close of RSP", 0.0, 1)
    assert [figure.source for figure in (held[0], held[1], held[-1])] == ["late source", "source", "late source"]
    assert held[-1].session == date(2025, 8, 15) == figures.last_session(db)  # the close of the 18th is no figure yet
    watch = next(watch for watch in rules.rules_of(db, 1001) if watch.number == 7)
    assert watch.rule.line == "equal weight at a new high 5d"
    assert (watch.rule.watched.key, watch.state.phase.value) == ("price.RSP high(5)", "armed")
    fired = events.events_of(db, 1001, 100, rule=watch.id)
    assert {one.event.reading.series.key for one in fired} == {"price.RSP high(5)"}
    assert data_gaps.open_series(db).count("price.RSP high(5)") == 1
    old = "SELECT count(*) FROM {} WHERE series LIKE 'fund.rsp%'"
    for table in ("rules", "watches", "observations", "data_gaps", "events"):
        assert db.conn.execute(old.format(table)).fetchone()[0] == 0
    with writing(db):
        figures.record_figures(
            db, [Figure(NEXT, "price.RSP", 192.0, 1.0, 1, 1, "source", None)], NOW, backfilled=False
        )  # fmt: skip
        evaluated = evaluate_session(db, NEXT, NOW, late=False)
    assert evaluated.totals[Kind.FIRED] == 0  # highs on each session before: no fresh one
    found = why(db, watch)
    assert found is not None
    parse_html(why_text(found))
    db.close()
