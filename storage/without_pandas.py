"""Imports sqlite-utils without pandas and numpy, which it imports where they are installed.

It only asks them for the names of their types, to choose columns for tables that it makes out of rows; the tables here
are made by SQL. Without them a command that computes nothing, and the bot until it does, starts half a second earlier
and holds 40 MB less. Whoever imports them afterwards gets them as ever. Where they are there already, or sqlite-utils
comes by them in another way, nothing else changes.
"""

from __future__ import annotations

import importlib
import sys

_NOT_NEEDED = ("pandas", "numpy")


def import_sqlite_utils() -> None:
    """Import sqlite-utils while `_NOT_NEEDED` cannot be found; what is imported already stays."""
    hidden = [name for name in _NOT_NEEDED if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # Python's way to say that there is no such module
    try:
        importlib.import_module("sqlite_utils")
    finally:
        for name in hidden:
            del sys.modules[name]
