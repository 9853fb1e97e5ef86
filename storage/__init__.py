"""SQLite through sqlite-utils: the only folder with SQL."""
