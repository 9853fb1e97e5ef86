"""SQLite through sqlite-utils: the only folder with SQL."""

from storage.without_pandas import import_sqlite_utils

import_sqlite_utils()
