"""A seal undone: everything stands where it stood before, and the session is evaluated as if for the first time."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlite_utils import Database
from support.program import Program

from alerts.market.sessions import sessions_between
from alerts.metrics.figure import Figure
from alerts.rules.grammar import parse
from bot.alerting.evaluate import evaluate_session
from bot.pipeline.unsealing import CannotUnseal, unseal
from bot.reports.series import value_past
from storage import chats, figures, rules, sessions
from storage.database import claim_market, open_database, writing

CHAT, NOW = 1001, datetime(2025, 8, 22, 21, tzinfo=UTC)
METRIC = "breadth.above_50d.large"
VALUES = (40, 45, 47, 44, 46, 47, 49, 55, 56, 48, 44, 51, 52, None, None, None, 57, 53, 40, 50, 51)
DAYS = sessions_between(date(2025, 8, 1), date(2025, 8, 29))
RULES_AT = 3  # the session after which the chat sets its rules
LINES = (
    "large above 50d crosses above 50",
    "large above 50d crosses 50",
    "large above 50d > 50",
    "large above 50d > 50 once",
    "large above 50d > 50 for 2 days keep 2 days",
    "large above 50d > 50 remind every 2 days",
    "large above 50d > 50 clear 45",
    f"large above 50d > 42 until {DAYS[9]}",
    "large above 50d < 48",
)
STATE = ("watches", "observations", "rules", "sessions", "figures", "events", "outbox")


def everything(db: Database) -> dict[str, list[Any]]:
    """All that sealing writes, but the numbers and salts that rows get as they are written."""
    found = {}
    for table in STATE:
        skipped = {"id", "events", "salt"} if table in ("events", "outbox") else set()
        columns = ", ".join(column for column in db[table].columns_dict if column not in skipped)
        found[table] = sorted(db.conn.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
    return found


def seal(db: Database, at: int) -> None:
    """Gather and evaluate a session, as a refresh does."""
    day, value = DAYS[at], VALUES[at]
    reason = None if value is not None else "no closes"
    with writing(db):
        figure = Figure(day, METRIC, None if value is None else float(value), 1.0, 1, 1, "test", reason)
        figures.record_figures(db, [figure], NOW, backfilled=False)
        sessions.note_gathered(db, day, NOW, None)
        evaluate_session(db, day, NOW, late=False)
        sessions.seal(db, day, NOW)


@pytest.fixture
def sealed(db: Database) -> tuple[Database, list[dict[str, list[Any]]]]:
    """A database with every session sealed, and what stood in it after each."""
    after = []
    for at in range(len(VALUES)):
        seal(db, at)
        if at == RULES_AT:
            with writing(db):
                chats.subscribe(db, CHAT, NOW)
                for line in LINES:
                    rule = parse(line)
                    rules.add_rule(db, CHAT, rule, value_past(db, rule.watched, DAYS[at]), NOW)
        after.append(everything(db))
    return db, after


def test_every_session_undone_leaves_what_stood_before_it(sealed: tuple[Database, list[dict[str, list[Any]]]]) -> None:
    db, after = sealed
    assert len(after[-1]["events"]) > 20
    for at in reversed(range(RULES_AT + 1, len(VALUES))):
        assert unseal(db, DAYS[at]).sessions == (DAYS[at],)
        assert everything(db) == after[at - 1], f"{DAYS[at]} undone"
    for at in range(RULES_AT + 1, len(VALUES)):
        seal(db, at)
        assert everything(db) == after[at], f"{DAYS[at]} sealed again"


def test_a_session_takes_all_later_ones_with_it(sealed: tuple[Database, list[dict[str, list[Any]]]]) -> None:
    db, after = sealed
    done = unseal(db, DAYS[6])
    assert done.sessions == tuple(DAYS[6 : len(VALUES)])
    assert (done.figures, done.events) == (15, len(after[-1]["events"]) - len(after[5]["events"]))
    assert everything(db) == after[5]


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2025, 8, 23), "2025-08-23 is no NYSE session; the last sealed session is 2025-08-29"),
        (date(2025, 9, 2), "2025-09-02 is not sealed; the last sealed session is 2025-08-29"),
        (date(1, 1, 1), "0001-01-01 is no NYSE session"),
    ],
)
def test_what_makes_no_sense_is_refused_by_a_line(
    sealed: tuple[Database, list[dict[str, list[Any]]]], day: date, why: str
) -> None:
    db, after = sealed
    with pytest.raises(CannotUnseal, match=why):
        unseal(db, day)
    assert everything(db) == after[-1]


def test_more_than_a_refresh_would_catch_up_with_is_refused(db: Database) -> None:
    many = sessions_between(date(2025, 6, 2), date(2025, 7, 31))
    with writing(db):
        for day in many:
            sessions.note_gathered(db, day, NOW, None)
            sessions.seal(db, day, NOW)
    with pytest.raises(CannotUnseal, match=rf"{len(many)} sessions have been sealed .* more than 40"):
        unseal(db, many[0])
    assert len(unseal(db, many[-40]).sessions) == 40


@pytest.mark.process
def test_the_console_undoes_a_seal(program: Program) -> None:
    db = open_database(program.folder / "rotation.db")
    claim_market(db, "sample", NOW)
    for at in range(3):
        seal(db, at)
    db.close()
    ran = program.run("unseal", str(DAYS[2]))
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(f"{DAYS[2]}: no longer sealed. Deleted: 1 figures, 0 events, 0 messages")
    ran = program.run("unseal", str(DAYS[0]))
    assert ran.stdout.startswith(f"{DAYS[0]} to {DAYS[1]} (2 sessions): no longer sealed. Deleted: 2 figures")
    with sqlite3.connect(program.folder / "rotation.db") as db:
        assert db.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
    ran = program.run("unseal", str(DAYS[0]))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"{DAYS[0]} is not sealed; the last sealed session is none\n"
