"""Opening the SQLite file: pragmas, migrations, one writer at a time, and what is in it.

A connection belongs to the thread that opened it. Readers open their own; every write happens inside `writing()`,
which waits for the write lock (`BEGIN IMMEDIATE`), so that a console command is safe beside a running bot.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from storage.chain import append_stored
from storage.errors import AnotherBot, AnotherMarket, DatabaseUnusable, NewerSchema, usable_error
from storage.migrations import migrations

BUSY_SECONDS = 30.0
PRIVATE = 0o600  # permissions: chats' numbers are in there


@dataclass(frozen=True)
class Contents:
    """What an opened file holds, for the log line at start."""

    new: bool
    sessions: int
    last_session: str | None
    chats: int


def open_database(path: Path) -> Database:
    """Open `path`, migrated and ready: WAL, foreign keys on, a busy timeout, erased content overwritten.

    Only the owner may read the file, its WAL and its shared memory. Raises DatabaseUnusable, NewerSchema.
    """
    try:
        _keep_private(path)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # A session of ten thousand events stays in memory until its commit. With SQLite's 2 MB it goes to the WAL in
        # parts, and comes back from there to be digested.
        connection.execute("PRAGMA cache_size = -16000")  # kB
        connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten, not only unlinked
        db = Database(connection)
        refuse_newer(db, path)
        with _migrating(connection):
            migrations.apply(db)
    except sqlite3.Error as error:
        raise usable_error(error, path) or DatabaseUnusable(
            f"DATABASE_PATH={path}: {error}; name a file in a folder that this program may write to"
        ) from error
    except OSError as error:
        raise DatabaseUnusable(
            f"DATABASE_PATH={path}: {error.strerror or error}; name a file in a folder that this program may write to"
        ) from error
    return db


def open_to_look(path: Path) -> Database:
    """Open an existing file to read, as it is: nothing is migrated or created. Raises DatabaseUnusable, NewerSchema.

    A file of an earlier version is refused: what this version asks it may not answer.
    """
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", timeout=BUSY_SECONDS, uri=True)
        db = Database(connection)
        refuse_newer(db, path)
        if older := [change.name for change in migrations.pending(db)]:
            raise DatabaseUnusable(
                f"DATABASE_PATH={path}: an earlier version wrote this file ({len(older)} changes behind); the next "
                "start of the bot brings it up to date. Back it up first"
            )
    except sqlite3.Error as error:
        raise usable_error(error, path) or DatabaseUnusable(f"DATABASE_PATH={path}: {error}") from error
    return db


def _keep_private(path: Path) -> None:
    """Create the file for its owner alone, and take the permissions of others from the files that are there."""
    if str(path) == ":memory:":  # SQLite's name for a database without a file
        return
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE))
    for suffix in ("", "-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        with contextlib.suppress(FileNotFoundError, PermissionError):  # a file of another user: SQLite says more
            if stat.S_IMODE(beside.stat().st_mode) & ~PRIVATE:
                beside.chmod(PRIVATE)


def refuse_newer(db: Database, path: Path) -> None:
    """Raise NewerSchema if the file has had changes that this version does not know."""
    ours = {change.name for change in migrations.pending(Database(memory=True))}
    if newer := [change.name for change in migrations.applied(db) if change.name not in ours]:
        raise NewerSchema(
            f"DATABASE_PATH={path}: a later version of rotation-alerts wrote this file ({', '.join(newer)}); "
            "install that version again, or restore a back-up from before the upgrade"
        )


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


def erase_traces(db: Database) -> None:
    """Write the WAL into the file and empty it, so that nothing erased is left there. Call outside a transaction.

    A reader that is under way keeps its part of the WAL until it ends; the next call empties that, too.
    """
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


@contextlib.contextmanager
def _migrating(connection: sqlite3.Connection) -> Iterator[None]:
    """Wait until another process that started at the same time has migrated the file."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def writing(db: Database) -> Iterator[None]:
    """One transaction that holds the write lock from its beginning; it is kept as a whole or not at all.

    Events and texts that it stored are chained at its end.
    """
    connection = db.conn
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        append_stored(db)
        connection.execute("COMMIT")  # where it fails, SQLite may leave the transaction open
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def reading(db: Database) -> Iterator[None]:
    """Reads that all see the same moment, whatever others write meanwhile."""
    db.conn.execute("BEGIN")
    try:
        yield
    finally:
        db.conn.execute("COMMIT")


@contextlib.contextmanager
def savepoint(db: Database) -> Iterator[None]:
    """Part of a transaction that is undone by itself if it raises; what came before it in the transaction stays.

    Some errors of the file, such as a full disk, end the whole transaction.
    """
    connection = db.conn
    connection.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK TO part")
            connection.execute("RELEASE part")
        raise
    connection.execute("RELEASE part")


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


def is_simulated(db: Database) -> bool:
    """Whether the file holds figures of the simulated market; False where no market is recorded yet."""
    row = db.conn.execute("SELECT market FROM origin").fetchone()
    return row is not None and row[0] == "sample"


def claim_bot(db: Database, bot: int) -> None:
    """Record the bot (its Telegram id) in a file that has none. Raises AnotherBot if the file belongs to another bot.

    Call inside `writing()`. A chat's id is good for the bot it wrote to: another bot would be refused by each, and end
    its subscription.
    """
    row = db.conn.execute("SELECT bot FROM origin").fetchone()
    if row is None or row[0] == bot:
        return
    if row[0] is None:
        db.conn.execute("UPDATE origin SET bot = ? WHERE bot IS NULL", [bot])
        return
    path = db.conn.execute("PRAGMA database_list").fetchone()[2]
    raise AnotherBot(
        f"TELEGRAM_BOT_TOKEN (not shown here) is that of bot {bot}, and {path} belongs to bot {row[0]}, whose chats "
        f"bot {bot} cannot reach: use the token of bot {row[0]}, or name another file with DATABASE_PATH"
    )


def contents(db: Database) -> Contents:
    """What the file holds."""
    one = db.conn.execute
    sessions, last = one("SELECT count(*), max(session) FROM sessions WHERE sealed_at IS NOT NULL").fetchone()
    chats = one("SELECT count(*) FROM chats").fetchone()[0]
    return Contents(new=sessions == 0 and chats == 0, sessions=sessions, last_session=last, chats=chats)
