"""Back-ups: whole while others write, private, never over what is no back-up; and put back only where that is safe."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from storage import chats, outbox
from storage.backup import back_up, backups_in, name_at, prune, restore
from storage.database import claim_market, open_database, writing
from storage.errors import BadBackup, DatabaseUnusable, InUse, NewerSchema

NOW = datetime(2025, 8, 22, 21, tzinfo=UTC)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    (tmp_path / "copies").mkdir()
    return tmp_path / "copies" / "copy.db"


def subscribe(db: Database, *numbers: int) -> None:
    with writing(db):
        for number in numbers:
            chats.subscribe(db, number, NOW)


def chats_of(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as held:
        return [row[0] for row in held.execute("SELECT id FROM chats ORDER BY id")]


def test_a_backup_has_what_is_in_the_wal_and_is_one_private_file(path: Path, db: Database, copy: Path) -> None:
    subscribe(db, 1, 2)
    before = os.umask(0o022)
    try:
        size = back_up(path, copy)
    finally:
        os.umask(before)
    assert [file.name for file in copy.parent.iterdir()] == ["copy.db"]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert copy.stat().st_size == size
    assert chats_of(copy) == [1, 2]


def test_a_backup_is_one_moment_while_another_thread_writes(path: Path, db: Database, copy: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        other, number = open_database(path), 0
        while not stop.is_set():
            with writing(other):  # two at a time: a copy with an odd number of them is torn
                for _ in range(2):
                    number += 1
                    chats.subscribe(other, number, NOW)
        other.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            back_up(path, copy)
            assert len(chats_of(copy)) % 2 == 0
    finally:
        stop.set()
        writer.join()
    assert chats_of(path)


def test_a_backup_never_lands_on_what_is_no_backup(path: Path, db: Database, copy: Path) -> None:
    copy.write_text("my thesis")
    with pytest.raises(BadBackup, match="is no back-up; it is left alone"):
        back_up(path, copy)
    assert copy.read_text() == "my thesis"
    for own in (path, path.with_name(path.name + "-wal")):
        with pytest.raises(BadBackup, match="belongs to the database itself"):
            back_up(path, own)
    with pytest.raises(BadBackup, match=r"folder .*nowhere does not exist"):
        back_up(path, copy.parent / "nowhere" / "copy.db")
    with pytest.raises(BadBackup, match="is a folder"):
        back_up(path, copy.parent)


def damage(path: Path, table: str) -> None:
    """Overwrite the first page of a table."""
    with sqlite3.connect(path) as held:
        held.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = held.execute("PRAGMA page_size").fetchone()[0]
        root = held.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()[0]
    held.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)


def test_a_damaged_database_gives_no_backup_and_the_earlier_one_stays(path: Path, db: Database, copy: Path) -> None:
    subscribe(db, 1)
    back_up(path, copy)
    db.close()
    damage(path, "figures")
    with pytest.raises(DatabaseUnusable, match="damaged"):
        back_up(path, copy)
    assert chats_of(copy) == [1]
    assert [file.name for file in copy.parent.iterdir()] == ["copy.db"]


def test_the_newest_backups_stay_and_other_files_are_nobodys_business(tmp_path: Path) -> None:
    made = [NOW + timedelta(days=day) for day in range(5)]
    for when in made:
        (tmp_path / name_at(when)).touch()
    (tmp_path / "notes.db").touch()
    prune(tmp_path, 2)
    assert [one.made_at for one in backups_in(tmp_path)] == [made[4], made[3]]
    assert (tmp_path / "notes.db").exists()


def test_a_restore_keeps_the_replaced_file_and_says_what_both_hold(path: Path, db: Database, copy: Path) -> None:
    subscribe(db, 1, 2)
    back_up(path, copy)
    with writing(db):
        chats.forget(db, 2)
    subscribe(db, 3)
    db.close()
    done = restore(copy, path, NOW)
    assert chats_of(path) == [1, 2]
    assert done.kept == path.with_name("rotation.db.replaced-20250822T210000Z")
    assert chats_of(done.kept) == [1, 3]
    assert (done.held.chats, done.replaced.chats if done.replaced else None, done.only_in_backup) == (2, 2, 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    open_database(path).close()


def test_messages_open_in_a_backup_go_out_as_possible_repeats(path: Path, db: Database, copy: Path) -> None:
    with writing(db):
        outbox.tell_operators(db, [1, 2], "notice", "hello", NOW)
        sent, under_way = outbox.claim(db, NOW, 2)
        outbox.mark_sent(db, [outbox.Sent(sent.id, 7)], NOW)
    back_up(path, copy)
    db.close()
    assert restore(copy, path, NOW).unsent == 1
    restored = open_database(path)
    with writing(restored):
        outbox.recover(restored, NOW)
        again = outbox.claim(restored, NOW, 9)
    assert [(due.id, due.maybe_repeat) for due in again] == [(under_way.id, True)]
    restored.close()


def test_a_database_that_is_open_elsewhere_is_not_replaced(path: Path, db: Database, copy: Path) -> None:
    subscribe(db, 1)
    back_up(path, copy)
    subscribe(db, 2)
    with pytest.raises(InUse, match="stop that first"):
        restore(copy, path, NOW)
    assert chats_of(path) == [1, 2]
    subscribe(db, 3)


def test_what_cannot_be_restored_is_refused_and_nothing_changes(path: Path, db: Database, copy: Path) -> None:
    subscribe(db, 1)
    back_up(path, copy)
    db.close()
    before = path.read_bytes()
    for spoil, kind, said in (
        (lambda: damage(copy, "chats"), BadBackup, "damaged"),
        (lambda: copy.write_bytes(b"month;value\n" * 999), BadBackup, "not a database"),
        (lambda: newer(copy), NewerSchema, "later version"),
        (lambda: foreign(copy), BadBackup, "no database of rotation-alerts"),
        (copy.unlink, BadBackup, "no such file"),
    ):
        spoil()
        with pytest.raises(kind, match=said):
            restore(copy, path, NOW)
        assert path.read_bytes() == before
        assert [file.name for file in path.parent.iterdir() if "replaced" in file.name] == []
    with pytest.raises(BadBackup, match="the database itself"):
        restore(path, path, NOW)


def newer(copy: Path) -> None:
    copy.unlink()
    held = open_database(copy)
    held.conn.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('rotation-alerts', 'teleports', '')"
    )
    held.close()


def foreign(copy: Path) -> None:
    copy.unlink()
    held = sqlite3.connect(copy)
    held.execute("CREATE TABLE recipes (name)")
    held.commit()
    held.close()


def test_a_damaged_database_is_replaced_and_kept(path: Path, db: Database, copy: Path) -> None:
    subscribe(db, 1)
    claim_market(db, "sample", NOW)
    back_up(path, copy)
    db.close()
    path.write_bytes(b"\xff" * 40_000)
    done = restore(copy, path, NOW)
    assert (done.replaced, chats_of(path)) == (None, [1])
    assert done.kept is not None and done.kept.read_bytes() == b"\xff" * 40_000
