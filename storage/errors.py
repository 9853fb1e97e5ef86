"""What can be wrong with the database file, in words that say the cure.

DatabaseUnusable
  ├─ AnotherMarket   the file holds figures of another market
  ├─ AnotherBot      the file belongs to another bot
  ├─ NewerSchema     a later version of this program wrote the file
  ├─ InUse           another program is using the file
  └─ BadBackup       a back-up cannot be written there, or is none
"""

from __future__ import annotations

import sqlite3
from pathlib import Path


class DatabaseUnusable(Exception):
    """The file cannot be opened, read or written, or is not ours. The text names the path and the cure."""


class AnotherMarket(DatabaseUnusable):
    """The file holds figures of another market than the requested one. Mixing them would make both worthless."""


class AnotherBot(DatabaseUnusable):
    """The file belongs to another bot, whose chats this bot cannot reach."""


class NewerSchema(DatabaseUnusable):
    """A later version of this program wrote the file."""


class InUse(DatabaseUnusable):
    """Another program is using the file, and what was asked needs it alone."""


class BadBackup(DatabaseUnusable):
    """A back-up cannot be written to that path, or the file is no back-up that can be restored."""


#: The cure for each kind of SQLite error, by the first part of its code's name.
_CURES = {
    "SQLITE_BUSY": "in use by another program that is writing to it; wait until that has finished, then try again. "
    "Nothing is lost",
    "SQLITE_LOCKED": "in use by another program that is writing to it; wait until that has finished, then try again. "
    "Nothing is lost",
    "SQLITE_READONLY": "this program may not write to it; give the user that runs it write permission on the file and "
    "its folder (SQLite keeps two more files beside it)",
    "SQLITE_FULL": "the disk is full; free some space, then try again. What was recorded before is kept",
    "SQLITE_CANTOPEN": "it cannot be opened; name a file in a folder that this program may write to",
    "SQLITE_CORRUPT": "the file is damaged; stop the bot, keep a copy of the file, and restore your latest back-up",
    "SQLITE_NOTADB": "this is not an SQLite database; name another file, or move this one away",
    "SQLITE_IOERR": "the disk reports an error; check the disk and its free space, then try again",
}


def explained(error: sqlite3.Error, path: Path | str) -> str | None:
    """What is wrong with the file at `path`, and the cure; None if the error is not about the file."""
    code = getattr(error, "sqlite_errorname", None) or ""
    cure = next((words for kind, words in _CURES.items() if code.startswith(kind)), None)
    if cure is None and "not a database" in str(error):
        cure = _CURES["SQLITE_NOTADB"]
    return None if cure is None else f"DATABASE_PATH={path}: {cure} ({error})"


def usable_error(error: BaseException, path: Path | str) -> DatabaseUnusable | None:
    """`error` as a DatabaseUnusable if it is SQLite's word about the file at `path`; else None."""
    if not isinstance(error, sqlite3.Error):
        return None
    words = explained(error, path)
    return None if words is None else DatabaseUnusable(words)
