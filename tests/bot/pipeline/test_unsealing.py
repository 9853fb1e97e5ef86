"""A seal undone: everything stands where it stood before, and the session is evaluated as if for the first time."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

import pytest
from sqlite_utils import Database
from support.program import DAYS, Program, evening

from alerts.market.sample import SampleMarket
from alerts.rules.grammar import parse
from bot.pipeline.context import RunContext
from bot.pipeline.session import refresh
from bot.pipeline.unsealing import CannotUnseal, unseal
from bot.reports.series import value_past
from storage import chats, figures, rules
from storage.database import claim_market, open_database, writing

CHAT = 1001
TABLES = ("rules", "watches", "observations", "events", "outbox", "sessions", "figures", "data_gaps")


def everything(db: Database) -> dict[str, list[Any]]:
    """All that sealing writes, without ids that go on counting and the times of writing.

    Figures of earlier sessions are left out: what came to be known of them meanwhile stays.
    """
    found = {}
    for table in TABLES:
        skipped = {"id"} if table in ("events", "outbox") else set()
        columns = [one for one in db[table].columns_dict if not one.endswith("_at") and one not in skipped]
        which = f"WHERE session > '{DAYS[1]}'" if table == "figures" else ""
        rows = db.conn.execute(f"SELECT {', '.join(columns)} FROM {table} {which}").fetchall()
        found[table] = sorted(rows, key=repr)
    return found


def without_corrections(found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {table: rows for table, rows in found.items() if table != "figures"} | {
        "values": [row[:3] for row in found["figures"]]
    }


def lines(db: Database, market: SampleMarket) -> list[str]:
    """Rules that fire, resolve, are disarmed, pend and stand still on the last two of DAYS."""
    for day in DAYS:
        refresh(RunContext(db, market, evening(day)), day)
    now, then, later = (
        figures.on_session(db, day)["breadth.above_50d.large"].value or 0.0 for day in (DAYS[1], DAYS[2], DAYS[3])
    )
    up = "above" if then > now else "below"
    sign = ">" if then > now else "<"
    level, second = (now + then) / 2, (then + later) / 2
    return [
        f"large above 50d crosses {up} {level:.4f}",
        f"large above 50d {sign} {level:.4f}",
        f"large above 50d {sign} {level:.4f} once",
        f"large above 50d {sign} {level:.4f} for 2 days",
        f"large above 50d {sign} {level:.4f} remind every 1 days",
        f"large above 50d crosses {second:.4f}",
        f"large above 50d > 0 until {DAYS[1]}",
    ]


@pytest.fixture
def told(db: Database, market: SampleMarket, path: Any) -> Database:
    """Two sealed sessions, and a chat with rules."""
    scout = open_database(path.with_name("scout.db"))
    found = lines(scout, market)
    scout.close()
    claim_market(db, "sample", evening(DAYS[0]))
    for day in DAYS[:2]:
        refresh(RunContext(db, market, evening(day)), day)
    with writing(db):
        chats.subscribe(db, CHAT, evening(DAYS[1]))
        for line in found:
            rule = parse(line)
            rules.add_rule(db, CHAT, rule, value_past(db, rule.watched, DAYS[1]), evening(DAYS[1]))
    return db


def test_what_two_sessions_did_is_undone_and_done_again(told: Database, market: SampleMarket) -> None:
    before = everything(told)
    (first,) = refresh(RunContext(told, market, evening(DAYS[2])), DAYS[2])
    between = everything(told)
    (second,) = refresh(RunContext(told, market, evening(DAYS[3])), DAYS[3])
    after = everything(told)
    assert first.fired >= 3
    assert second.fired + second.resolved >= 1

    undone = unseal(told, DAYS[3])
    assert undone.sessions == (DAYS[3],)
    assert without_corrections(everything(told)) == without_corrections(between)
    undone = unseal(told, DAYS[2])
    assert undone.events >= 3
    assert everything(told) == before
    for day in DAYS[2:]:
        refresh(RunContext(told, market, evening(day)), day)
    assert without_corrections(everything(told)) == without_corrections(after)


def test_what_makes_no_sense_is_refused_by_a_line(told: Database) -> None:
    for day, why in (
        (date(2025, 8, 23), "2025-08-23 is no NYSE session; the last sealed session is 2025-08-20"),
        (DAYS[2], "2025-08-21 is not sealed; the last sealed session is 2025-08-20"),
        (date(1, 1, 1), "0001-01-01 is no NYSE session"),
    ):
        with pytest.raises(CannotUnseal, match=why):
            unseal(told, day)


def test_the_console_undoes_a_seal(program: Program) -> None:
    program.run("refresh", "--session", str(DAYS[1]))
    ran = program.run("unseal", str(DAYS[1]))
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(f"{DAYS[1]}: no longer sealed. Deleted: 113 figures, 0 events, 0 messages")
    with sqlite3.connect(program.folder / "rotation.db") as db:
        assert db.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
    ran = program.run("unseal", str(DAYS[1]))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"{DAYS[1]} is not sealed; the last sealed session is none\n"
