"""What is deleted with age: events, sent messages, and what is kept of the census and of handled updates.

Deleted a few thousand rows at a time, so that no transaction holds up what a person asks. What is still open, or may
still be told, stays however old it is. Figures, rules and imported series are never deleted here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from storage.chain import append_gone

AT_ONCE = 2_000  # rows in one transaction
#: Rules with an episode that goes on, and since when: its end replies to the announcement. What only happens on a
#: session, as a crossing, has no end. Grouped, so that SQLite reads the table of watches once, not once an event.
_GOING_ON = """SELECT rule, min(since) AS since FROM watches
               WHERE announced = 1 AND phase IN ('firing', 'recovering') GROUP BY rule"""


@dataclass(frozen=True)
class Retention:
    """How many days each is kept.

    events: what happened to rules, as /history and /why show it. messages: texts and posts that were sent or given up.
    census: listings that a census left out, and closes that were held back.
    """

    events: int
    messages: int
    census: int


def prune(db: Database, keep: Retention, now: datetime) -> int:
    """Delete up to `AT_ONCE` rows of each kind; how many rows went. Call again until it returns 0."""
    events, messages, census = (
        (now - timedelta(days=days)).date().isoformat() for days in (keep.events, keep.messages, keep.census)
    )
    gone = 0
    chained = {"events": 0, "outbox": 0}
    for source, where, before in (
        ("outbox", "state IN ('sent', 'failed', 'withdrawn') AND session < ?", messages),
        (f"events LEFT JOIN ({_GOING_ON}) AS going ON going.rule = events.rule",
         "session < ? AND status <> 'waiting' AND (going.since IS NULL OR going.since > session)", events),
        ("webhook_posts", "state IN ('sent', 'failed') AND created_at < ?", messages),
        ("exclusions", "until < ?", census),
        ("censuses", "session < ?", census),
        ("held_back", "session < ?", census),
    ):  # fmt: skip
        table = source.split()[0]
        key = {
            "exclusions": "symbol, since",
            "censuses": "session",
            "held_back": "symbol, session",
            "webhook_posts": "event",
        }.get(table, "id")
        delete = f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {source} WHERE {where} LIMIT {AT_ONCE})"
        if table in chained:
            salted = db.conn.execute(f"{delete} RETURNING salt IS NOT NULL", [before]).fetchall()
            chained[table] = sum(row[0] for row in salted)
            gone += len(salted)
        else:
            gone += db.conn.execute(delete, [before]).rowcount
    append_gone(db, "pruned", chained["events"], chained["outbox"], now=now)
    return gone
