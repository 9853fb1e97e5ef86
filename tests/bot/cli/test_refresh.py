"""`refresh` at a terminal: what it refuses by a line, and what it does when it is told to."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime

import pytest
from support.program import Program, until

from alerts.market.sessions import last_complete_session, previous_sessions
from storage import sessions
from storage.database import claim_market, open_database, writing

pytestmark = pytest.mark.process


@pytest.fixture
def long_ago(program: Program) -> date:
    """The last session, with the one 41 sessions before it as the last one sealed."""
    now = datetime.now(UTC)
    last = last_complete_session(now)
    before = previous_sessions(last, 41)[0]
    db = open_database(program.folder / "rotation.db")
    claim_market(db, "sample", now)
    with writing(db):
        sessions.note_gathered(db, before, now, None)
        sessions.seal(db, before, now)
    db.close()
    return last


def sealed(program: Program) -> int:
    with sqlite3.connect(program.folder / "rotation.db") as db:
        return int(db.execute("SELECT count(*) FROM sessions WHERE sealed_at IS NOT NULL").fetchone()[0])


@pytest.mark.timeout(300)
def test_a_gap_of_more_than_forty_sessions_is_closed_only_where_a_person_names_its_end(
    program: Program, long_ago: date
) -> None:
    for words in ((), ("--session", str(long_ago), "--by-itself")):
        ran = program.run("refresh", *words)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.startswith("41 sessions are due, from ")
        assert f"run rotation-alerts refresh --session {long_ago}" in ran.stderr
        assert len(ran.stderr.splitlines()) == 1
    assert sealed(program) == 1
    process = program.start("refresh", "--session", str(long_ago))
    until(lambda: sealed(program) > 1, 200)
    process.kill()


def test_a_proxy_that_cannot_be_used_is_named_before_anything_is_asked(program: Program) -> None:
    for command in (("refresh",), ("backfill", "--from", "2025-08-01"), ("valuation-history",)):
        ran = program.run(*command, HTTPS_PROXY="http://[")
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.startswith("HTTPS_PROXY (not shown here"), ran.stderr
        assert len(ran.stderr.splitlines()) == 1
