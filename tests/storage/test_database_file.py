"""The database file itself: who may read it, what an erasure leaves, and what is said of a file that is unusable."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.program import Program

from alerts.rules.grammar import parse
from storage import chats, database, outbox, rules
from storage.database import claim_bot, claim_market, erase_traces, open_database, writing
from storage.errors import AnotherBot, DatabaseUnusable, NewerSchema

NOW = datetime(2025, 8, 22, 21, tzinfo=UTC)
CHAT = 7_301_556_208_411  # no other number in the file has these bytes


def modes(path: Path) -> set[int]:
    return {stat.S_IMODE(file.stat().st_mode) for file in path.parent.glob(path.name + "*")}


def test_only_the_owner_may_read_the_file_and_what_sqlite_keeps_beside_it(path: Path) -> None:
    before = os.umask(0o022)
    try:
        db = open_database(path)
        with writing(db):
            chats.subscribe(db, 1, NOW)
        assert len(list(path.parent.glob(path.name + "*"))) == 3
        assert modes(path) == {0o600}
        db.close()
        path.chmod(0o644)
        open_database(path).close()
        assert modes(path) == {0o600}
    finally:
        os.umask(before)


def test_after_an_erasure_no_file_holds_the_chats_number(path: Path, db: Database) -> None:
    for chat in (CHAT, 5):
        with writing(db):
            chats.subscribe(db, chat, NOW)
            rules.add_rule(db, chat, parse("small above 200d > 60"), [], NOW)
            outbox.tell_operators(db, [chat], "notice", f"for {chat}", NOW)
    traces = (CHAT.to_bytes(6, "big"), str(CHAT).encode())

    def held() -> int:
        files = sorted(path.parent.glob(path.name + "*"))
        return sum(file.read_bytes().count(trace) for file in files for trace in traces)

    assert held() > 0
    with writing(db):
        chats.forget(db, CHAT)
    erase_traces(db)
    assert held() == 0
    assert chats.chat(db, 5) is not None


def test_a_file_belongs_to_one_bot(db: Database) -> None:
    claim_market(db, "sample", NOW)
    claim_bot(db, 111)
    claim_bot(db, 111)
    with pytest.raises(AnotherBot, match=r"that of bot 222, .* belongs to bot 111"):
        claim_bot(db, 222)


def test_a_file_of_a_later_version_is_refused_by_name(path: Path) -> None:
    db = open_database(path)
    db.conn.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('rotation-alerts', 'teleports', '')"
    )
    db.close()
    with pytest.raises(NewerSchema, match=r"later version .* \(teleports\)"):
        open_database(path)


def test_a_file_in_use_by_another_program_is_waited_for_and_never_to_be_moved_away(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(path).close()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnusable, match="in use by another program") as caught:
        open_database(path)
    assert "move" not in str(caught.value)
    holder.execute("ROLLBACK")
    open_database(path).close()


def test_what_is_no_database_is_said_to_be_none(path: Path) -> None:
    path.write_bytes(b"month;value\n2025-08;16.3\n" * 200)
    with pytest.raises(DatabaseUnusable, match="not an SQLite database"):
        open_database(path)


def test_a_folder_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="nowhere"):
        open_database(path.parent / "nowhere" / "rotation.db")


def test_a_damaged_file_ends_a_command_with_one_line(program: Program) -> None:
    path = program.folder / "rotation.db"
    assert program.run("refresh", "--session", "2025-08-19").returncode in (0, 1)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size, table = (db.execute(query).fetchone()[0] for query in (
            "PRAGMA page_size", "SELECT rootpage FROM sqlite_master WHERE name = 'figures'"))  # fmt: skip
    with path.open("r+b") as file:
        file.seek((table - 1) * size)
        file.write(b"\xff" * size)
    ran = program.run("figures", "small above 200d")
    assert ran.returncode == 1
    assert "DATABASE_PATH=" in ran.stderr
    assert "damaged" in ran.stderr
    assert "restore your latest back-up" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="a small disk is mounted by root alone")
def test_a_full_disk_ends_a_refresh_with_one_line_and_keeps_what_was_recorded(program: Program, tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    db = open_database(kept)
    chats.subscribe(db, CHAT, NOW)
    db.close()
    disk = tmp_path / "disk"
    disk.mkdir()
    size = kept.stat().st_size // 1024 + 500  # room for the schema, too little for a session
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", disk], check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        path = disk / "rotation.db"
        shutil.copyfile(kept, path)
        ran = program.run("refresh", "--session", "2025-08-19", DATABASE_PATH=str(path))
        assert ran.returncode == 1
        assert "the disk is full" in ran.stderr
        assert "Traceback" not in ran.stderr
        held = sqlite3.connect(path)
        assert held.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert held.execute("SELECT id FROM chats").fetchall() == [(CHAT,)]
        held.close()
    finally:
        subprocess.run(["umount", disk], check=True)
