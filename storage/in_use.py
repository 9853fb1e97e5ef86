"""Which programs use a database file: each holds a shared lock beside it, which the system releases at any end.

A back-up that is put in place of the file needs the lock for itself. SQLite's own locks do not suffice: it cannot be
asked about a file that is damaged, and a bot that runs on one is what a restore must never meet.
"""

from __future__ import annotations

import os
from pathlib import Path

from storage.errors import InUse

try:
    import fcntl
except ImportError:  # not a Unix system: SQLite's locks alone protect the file
    fcntl = None  # type: ignore[assignment]

PRIVATE = 0o600
_held: dict[Path, int] = {}  # by lock file; open until the process ends


def hold(database: Path) -> None:
    """Note, until this process ends, that it uses `database`. Raises InUse while a restore is under way."""
    if _lock_file(database) not in _held:
        _take(database, shared=True)


def hold_alone(database: Path) -> None:
    """Keep every other program from `database` until this process ends. Raises InUse if one is using it."""
    _take(database, shared=False)


def _lock_file(database: Path) -> Path:
    whole = database.expanduser().resolve()
    return whole.with_name(whole.name + ".lock")


def _take(database: Path, *, shared: bool) -> None:
    if fcntl is None:
        return
    path = _lock_file(database)
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE)
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        if not isinstance(error, BlockingIOError):
            return  # a file system without locks: SQLite's own are what there is
        raise InUse(
            f"DATABASE_PATH={database}: "
            + (
                "a back-up is being put in its place; wait until that has finished, then try again"
                if shared
                else "a bot or another rotation-alerts command is using it; stop that first, then try again. "
                "Nothing was changed"
            )
        ) from None
    _held[path] = handle
