"""Opening the SQLite file: pragmas, migrations, one writer at a time, and what is in it.

A connection belongs to the thread that opened it. Readers open their own; every write happens inside `writing()`,
which waits for the write lock (`BEGIN IMMEDIATE`), so that a console command is safe beside a running bot.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from storage.migrations import migrations

BUSY_SECONDS = 30.0


class DatabaseUnusable(Exception):
    """The file cannot be opened or written, or is not ours; the text names the path and the cure."""


class AnotherMarket(DatabaseUnusable):
    """The file holds figures of another market than the requested one; mixing them would make both worthless."""


@dataclass(frozen=True)
class Contents:
    """What an opened file holds, for the log line at start."""

    new: bool
    sessions: int
    last_session: str | None
    chats: int


def open_database(path: Path) -> Database:
    """Open `path`, migrated and ready: WAL, foreign keys on, a busy timeout. Raises DatabaseUnusable."""
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        db = Database(connection)
        with _migrating(connection):
            migrations.apply(db)
    except sqlite3.DatabaseError as error:
        raise DatabaseUnusable(
            f"DATABASE_PATH={path}: {error}; name a file in a folder that this program may write to, "
            "or move the file away if it is no SQLite database"
        ) from error
    return db


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch a new file to WAL. The switch does not wait for a lock as statements do, so it is retried."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] in ("wal", "memory"):
                return
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                connection.execute("PRAGMA page_size = 16384")  # writes a third less for each changed rule than 4 kB
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)


@contextlib.contextmanager
def _migrating(connection: sqlite3.Connection) -> Iterator[None]:
    """Wait until another process that started at the same time has migrated the file."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextlib.contextmanager
def writing(db: Database) -> Iterator[None]:
    """One transaction that holds the write lock from its beginning; it is kept as a whole or not at all."""
    connection = db.conn
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def claim_market(db: Database, market: str, now: datetime) -> None:
    """Record the market in a new file; raise AnotherMarket if the file holds another one."""
    row = db.conn.execute("SELECT market FROM origin").fetchone()
    if row is None:
        with writing(db):
            db.conn.execute(
                "INSERT OR IGNORE INTO origin (only, market, created_at) VALUES (1, ?, ?)", [market, now.isoformat()]
            )
        row = db.conn.execute("SELECT market FROM origin").fetchone()
    if row[0] != market:
        path = db.conn.execute("PRAGMA database_list").fetchone()[2]
        raise AnotherMarket(
            f"MARKET={market}: {path} holds figures of MARKET={row[0]}; "
            f"set MARKET={row[0]}, or name another file with DATABASE_PATH"
        )


def contents(db: Database) -> Contents:
    """What the file holds."""
    one = db.conn.execute
    sessions, last = one("SELECT count(*), max(session) FROM sessions WHERE sealed_at IS NOT NULL").fetchone()
    chats = one("SELECT count(*) FROM chats").fetchone()[0]
    return Contents(new=sessions == 0 and chats == 0, sessions=sessions, last_session=last, chats=chats)
