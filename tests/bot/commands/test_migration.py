"""A group that becomes a supergroup moves on its service message, before anything is sent to it."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest
from support.program import Program, until
from support.web import web

from alerts.rules.grammar import parse
from storage import chats, rules
from storage.database import open_database, writing

pytestmark = pytest.mark.process


def test_a_group_that_is_upgraded_has_its_alerts_at_once(program: Program, telegram: str) -> None:
    made = web.post(f"{telegram}/_local/group", json={"by": 1001, "title": "Office", "type": "group"})
    group = made.json()["id"]
    db = open_database(program.folder / "rotation.db")
    with writing(db):
        chats.subscribe(db, group, datetime.now(UTC))
        rules.add_rule(db, group, parse("iwm/spy crosses 50"), [], datetime.now(UTC))
    db.close()
    program.start("run")
    new = web.post(f"{telegram}/_local/upgrade", json={"chat": group}).json()["id"]

    def owners() -> list[tuple[int]]:
        with sqlite3.connect(program.folder / "rotation.db") as file:
            return file.execute("SELECT chat FROM rules").fetchall()

    until(lambda: owners() == [(new,)])
