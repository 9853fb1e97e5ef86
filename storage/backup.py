"""Back-ups: a copy of the whole database while programs write to it, checked, and put back in its place.

A back-up is one file that any SQLite reads, for its owner alone. It takes its name only once it is whole and checked.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from storage.database import PRIVATE, Contents, contents, refuse_newer
from storage.errors import BadBackup, DatabaseUnusable, InUse, usable_error

_HEADER = b"SQLite format 3\0"
_NAME = re.compile(r"rotation-(\d{8}T\d{6}Z)\.db")
_STAMP = "%Y%m%dT%H%M%SZ"
_BESIDE = ("", "-wal", "-shm")


@dataclass(frozen=True)
class Backup:
    """A back-up of BACKUP_DIR, by the time in its name (UTC)."""

    path: Path
    made_at: datetime


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    replaced: what the file in place held, None where there was none or it could not be read. kept: where that file is
    now. unsent: messages of the back-up that were open, and go out marked as possible repeats. only_in_backup: chats
    that the replaced file does not have; they may have been erased since.
    """

    held: Contents
    replaced: Contents | None
    kept: Path | None
    unsent: int
    only_in_backup: int


def back_up(database: Path, target: Path) -> int:
    """Copy `database` to `target`, over an earlier back-up there; its size in bytes.

    The copy is one moment's contents, however much is written meanwhile. Raises DatabaseUnusable, BadBackup.
    """
    if not database.exists():
        raise BadBackup(f"DATABASE_PATH={database} does not exist: there is nothing to back up")
    _refuse_target(database, target)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE))
        with _opened(database, writable=False) as source, _opened(partial, writable=True) as copy:
            # All pages in one step: one read transaction, which no writer waits for.
            source.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
            _check(copy, database)
        _synchronize(partial)
        size = partial.stat().st_size
        partial.replace(target)
        _synchronize(target.parent)
        return size
    except sqlite3.Error as error:
        raise usable_error(error, database) or DatabaseUnusable(f"DATABASE_PATH={database}: {error}") from error
    except OSError as error:
        raise BadBackup(
            f"{target}: {error.strerror or error}; name a file in a folder that may be written to"
        ) from error
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            partial.with_name(partial.name + suffix).unlink(missing_ok=True)


def name_at(now: datetime) -> str:
    """The file name of a scheduled back-up."""
    return f"rotation-{now.astimezone(UTC).strftime(_STAMP)}.db"


def backups_in(folder: Path) -> list[Backup]:
    """The scheduled back-ups in a folder, newest first; files with other names are nobody's business here."""
    if not folder.is_dir():
        return []
    found = [
        Backup(path, datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC))
        for path in folder.iterdir()
        if (match := _NAME.fullmatch(path.name))
    ]
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def prune(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest `keep` scheduled back-ups; those deleted."""
    old = [one.path for one in backups_in(folder)[keep:]]
    for path in old:
        path.unlink(missing_ok=True)
    return old


def restore(backup: Path, database: Path, now: datetime) -> Restored:
    """Put a copy of `backup` in the place of `database`, whose file stays beside it under another name.

    Call with the file held alone (storage/in_use.py). Raises BadBackup, NewerSchema, InUse.
    """
    if not backup.is_file():
        raise BadBackup(f"{backup}: there is no such file")
    if database.exists() and backup.samefile(database):
        raise BadBackup(f"{backup} is the database itself; name a back-up of it")
    partial = database.with_name(f".{database.name}.{os.getpid()}.partial")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE))
        unsent, held, chats = _copied_back(backup, partial)
        replaced, theirs = _release_wal(database) if database.exists() else (None, frozenset())
        kept = _keep_aside(database, now)
        partial.replace(database)
        _synchronize(database.parent)
    except OSError as error:
        raise BadBackup(f"DATABASE_PATH={database}: {error.strerror or error}; nothing is lost") from error
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            partial.with_name(partial.name + suffix).unlink(missing_ok=True)
    return Restored(held, replaced, kept, unsent, len(chats - theirs) if replaced else 0)


def _copied_back(backup: Path, partial: Path) -> tuple[int, Contents, frozenset[int]]:
    """Copy and check a back-up: its open messages, its contents, its chats."""
    try:
        with _opened(backup, writable=False) as source, _opened(partial, writable=True) as copy:
            source.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode = DELETE")
            _check(copy, backup)
            db = Database(copy)
            if not db["origin"].exists():
                raise BadBackup(f"{backup}: this is an SQLite file, but no database of rotation-alerts")
            refuse_newer(db, backup)
            # They may have been sent between the back-up and now: the next start says so with each.
            unsent = copy.execute(
                "UPDATE outbox SET maybe_repeat = 1 WHERE state IN ('pending', 'sending', 'unknown')"
            ).rowcount
            held, chats = contents(db), _chats(copy)
    except sqlite3.Error as error:
        raise BadBackup(f"{backup}: damaged or no back-up of rotation-alerts ({error}); use another one") from error
    except DatabaseUnusable as error:
        raise type(error)(str(error).replace(f"DATABASE_PATH={backup}: ", f"{backup}: ")) from error
    _synchronize(partial)
    return unsent, held, chats


def _release_wal(database: Path) -> tuple[Contents | None, frozenset[int]]:
    """Write the WAL into the file that is replaced, which takes every other program's absence; contents and chats.

    Raises InUse where another program has the file open. A damaged file is left as it is, its WAL beside it.
    """
    try:
        with _opened(database, writable=True) as connection:
            connection.execute("PRAGMA busy_timeout = 2000")
            connection.execute("PRAGMA journal_mode = DELETE")
            return contents(Database(connection)), _chats(connection)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise InUse(
                f"DATABASE_PATH={database}: another program has it open; stop that first, then try again. "
                "Nothing was changed"
            ) from None
        return None, frozenset()


def _keep_aside(database: Path, now: datetime) -> Path | None:
    """Move the file in place and what SQLite keeps beside it; its new path."""
    aside = database.with_name(f"{database.name}.replaced-{now.astimezone(UTC).strftime(_STAMP)}")
    moved = False
    for suffix in _BESIDE:
        beside = database.with_name(database.name + suffix)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + suffix))
            moved = True
    return aside if moved else None


def _refuse_target(database: Path, target: Path) -> None:
    """Raise BadBackup where writing to `target` would lose something that is no back-up."""
    if not target.parent.is_dir():
        raise BadBackup(f"{target}: folder {target.parent} does not exist; create it or choose another")
    reserved = {database.resolve().with_name(database.name + suffix) for suffix in (*_BESIDE, ".lock")}
    if target.resolve() in reserved or (target.exists() and target.samefile(database)):
        raise BadBackup(f"{target} belongs to the database itself; name another file")
    if target.is_dir():
        raise BadBackup(f"{target} is a folder; name a file in it")
    if target.exists() and target.stat().st_size:
        with target.open("rb") as file:
            if file.read(len(_HEADER)) != _HEADER:
                raise BadBackup(f"{target} is there and is no back-up; it is left alone. Name another file")


def _check(connection: sqlite3.Connection, of: Path) -> None:
    """Raise BadBackup unless SQLite finds the whole copy sound."""
    said = connection.execute("PRAGMA integrity_check(3)").fetchall()
    if said != [("ok",)]:
        words = "; ".join(str(row[0]) for row in said)
        raise BadBackup(f"{of}: damaged ({words}); the copy was thrown away. Restore your latest good back-up")


@contextlib.contextmanager
def _opened(path: Path, *, writable: bool) -> Iterator[sqlite3.Connection]:
    """A plain connection: no migration, no switch to WAL."""
    mode = "rw" if writable else "ro"
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", timeout=30, isolation_level=None, uri=True)
    try:
        yield connection
    finally:
        connection.close()


def _chats(connection: sqlite3.Connection) -> frozenset[int]:
    return frozenset(row[0] for row in connection.execute("SELECT id FROM chats"))


def _synchronize(path: Path) -> None:
    """Have the disk keep a file or a folder's entries before anything builds on it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
