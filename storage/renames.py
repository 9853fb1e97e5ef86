"""A new symbol in what is stored by the former one: figures of its price and its pairs, and rules that watch them."""

from __future__ import annotations

import re

from sqlite_utils import Database

#: Tables and columns that hold a metric's id, alone or inside the key of a series or of joined conditions.
KEYED = (
    ("figures", "metric"),
    ("rules", "series"),
    ("watches", "series"),
    ("observations", "series"),
    ("data_gaps", "series"),
    ("asked_metrics", "metric"),
)
_SYMBOL = r"[A-Z0-9.^=-]+"


def rename_symbol(db: Database, former: str, symbol: str) -> int:
    """Let `price.FORMER`, `pair.FORMER/B` and `pair.A/FORMER` go on under the new symbol; how many rows it concerns.

    Rules keep their states and numbers. What is stored under the new symbol already stays. Call inside `writing()`.
    """
    changed = 0
    for table, column in KEYED:
        found = db.conn.execute(
            f"SELECT DISTINCT {column} FROM {table} WHERE {column} LIKE '%price.%' OR {column} LIKE '%pair.%'"
        ).fetchall()
        for (key,) in found:
            if (renamed := renamed_key(key, former, symbol)) != key:
                changed += db.conn.execute(
                    f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {column} = ?", [renamed, key]
                ).rowcount
    for table in ("fund_closes", "symbols"):
        changed += db.conn.execute(
            f"UPDATE OR IGNORE {table} SET symbol = ? WHERE symbol = ?", [symbol, former]
        ).rowcount
    return changed


def renamed_key(key: str, former: str, symbol: str) -> str:
    """The key of a series, or of joined conditions, with the new symbol for the former one."""
    old = re.escape(former)
    key = re.sub(rf"(?<![\w.])price\.{old}(?=\s|$)", f"price.{symbol}", key)
    key = re.sub(rf"(?<![\w.])pair\.{old}(?=/)", f"pair.{symbol}", key)
    return re.sub(rf"(?<![\w.])(pair\.{_SYMBOL})/{old}(?=\s|$)", rf"\g<1>/{symbol}", key)
