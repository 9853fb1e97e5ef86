"""All that is stored of one chat, as JSON values: every table with its number, and what hangs on it or on its rules.

The tables are found in the schema, so that a table added later is in the export without being named here.
"""

from __future__ import annotations

import json
from typing import Any

from sqlite_utils import Database

_NOT_KEPT = frozenset({"waiting_updates"})  # what the chat has just sent, until it is answered
#: Columns that hold JSON.
_JSON = frozenset({"event", "events", "keyboard", "content", "choices", "families", "body"})


def export_chat(db: Database, chat: int) -> dict[str, list[dict[str, Any]]]:
    """Rows by table, each row by column; tables without a row of the chat are left out."""
    found = {}
    for table in sorted(name for (name,) in db.conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")):
        columns = [row[1] for row in db.conn.execute(f"PRAGMA table_info({table})")]
        if (where := _of_chat(table, columns)) is None:
            continue
        rows = db.conn.execute(f"SELECT * FROM {table} WHERE {where}", [chat]).fetchall()
        if rows:
            found[table] = [
                {column: _value(column, value) for column, value in zip(columns, row, strict=True)} for row in rows
            ]
    return found


def _of_chat(table: str, columns: list[str]) -> str | None:
    if table in _NOT_KEPT:
        return None
    if table == "chats":
        return "id = ?"
    if table == "track_record":  # names no chat; without it, what the chat was told is a number of a row
        return "id IN (SELECT alert FROM track_chats WHERE chat = ?)"
    if "chat" in columns:
        return "chat = ?"
    if "owner" in columns:
        return "owner IN (SELECT id FROM owners WHERE chat = ?)"
    return "rule IN (SELECT id FROM rules WHERE chat = ?)" if "rule" in columns else None


def _value(column: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if column in _JSON and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
