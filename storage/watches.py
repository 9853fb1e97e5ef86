"""The states of rules, stored so that the cost of a session depends only on what changes.

`watches` has one row for each level that a rule waits for, clustered by (series, sign, strict, level). The rules that a
session's value moves are a few ranges of rows, however many rules there are; rules that wait for an observation number
have an index of their own. Observations are counted for each watched key, not for each rule, in `observations`. If no
range fits, the series itself is 0 or 1: extremes, changes of state and joined conditions are computed once a session,
however many rules watch them. A rule that is over waits for nothing and has no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

from alerts.rules.condition import Watched, watched_from
from alerts.rules.evaluate import Change, Watch
from alerts.rules.rule import Rule
from alerts.rules.step import Observation, Phase, State
from alerts.rules.triggers import Wait, all_waits, waits
from storage.rule_rows import CHAT, COLUMNS, WIDTH, watch_of
from storage.unreadable import OnUnreadable, raising, read_rows

_STATE = "watches.phase, watches.since, watches.due, watches.announced, watches.told, watches.side, watches.at_least"
#: Four ranges, and rules that are due; a rule that waits for two levels may occur twice.
_TOUCHED = (
    f"SELECT {COLUMNS}, {_STATE} FROM ("
    + " UNION ALL ".join(
        f"SELECT * FROM watches WHERE series = :series AND {which}"
        for which in (
            "sign = 1 AND strict = 1 AND level < :value",
            "sign = 1 AND strict = 0 AND level <= :value",
            "sign = -1 AND strict = 1 AND level < :negated",
            "sign = -1 AND strict = 0 AND level <= :negated",
            "due <= :number",
        )
    )
    + ") AS watches JOIN rules ON rules.id = watches.rule"
)


@dataclass(frozen=True)
class Seen:
    """The last observation of a key."""

    session: date
    number: int  # count of observations that were not missing
    value: float | None  # the last value that was not missing
    missing: int  # missing observations in a row since then


@lru_cache(maxsize=4096)  # thousands of rules that one value moves are in the same state
def _state(row: tuple[Any, ...]) -> State:
    """The state of the columns of _STATE."""
    phase, since, due, announced, told, side, at_least = row
    first = date.fromisoformat(since) if since else None
    return State(Phase(phase), first, due, bool(announced), told, side, bool(at_least))


def _key(series: str, wait: Wait) -> tuple[str, int, int, float]:
    return series, wait.sign, int(wait.strict), wait.sign * wait.level


def begin(db: Database, key: str, past: Sequence[tuple[date, float | None]]) -> int:
    """Start counting the observations of a key, if it is not counted yet. Returns the number of its latest one.

    `past`: its latest (session, value), ascending. A count that paused while no rule watched the key continues.
    """
    row = db.conn.execute("SELECT number, session FROM observations WHERE series = ?", [key]).fetchone()
    known = [value for _, value in past if value is not None]
    number = len(known) if row is None else int(row[0])
    if past and (row is None or row[1] < past[-1][0].isoformat()):
        missing = next((at for at, (_, value) in enumerate(reversed(past)) if value is not None), len(past))
        db.conn.execute(
            "INSERT OR REPLACE INTO observations (series, session, number, value, missing) VALUES (?, ?, ?, ?, ?)",
            [key, past[-1][0].isoformat(), number, known[-1] if known else None, missing],
        )
    return number


def insert(db: Database, rows: Iterable[tuple[int, Rule, State]]) -> None:
    """Write the waits of rules, given as (id, rule, state)."""
    db.conn.executemany(
        "INSERT INTO watches (series, sign, strict, level, rule, phase, since, due, announced, told, side, "
        "at_least) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *_key(rule.watched.key, wait),
                identity,
                str(state.phase),
                state.since.isoformat() if state.since else None,
                state.due,
                int(state.announced),
                state.told,
                state.side,
                int(state.at_least),
            )
            for identity, rule, state in rows
            for wait in waits(rule, state)
        ],
    )


def forget(db: Database, session: date) -> list[str]:
    """Forget the counts of observations that reach to `session` or beyond, and the states that follow from them.

    Returns the keys of both. Call `begin` and `insert` for each that rules still watch.
    """
    rows = db.conn.execute("DELETE FROM observations WHERE session >= ? RETURNING series", [session.isoformat()])
    keys = [key for (key,) in rows.fetchall()]
    db.conn.executemany("DELETE FROM watches WHERE series = ?", [(key,) for key in keys])
    return keys


def delete(db: Database, identity: int, rule: Rule) -> None:
    """Delete a rule's rows, in any state."""
    key = rule.watched.key
    db.conn.executemany(
        "DELETE FROM watches WHERE series = ? AND sign = ? AND strict = ? AND level = ? AND rule = ?",
        [(*_key(key, wait), identity) for wait in all_waits(rule)],
    )


def state_of(db: Database, identity: int, rule: Rule) -> State:
    """The state of a live rule. Raises LookupError if the tables disagree."""
    key = rule.watched.key
    for wait in all_waits(rule):
        found = db.conn.execute(
            f"SELECT {_STATE} FROM watches WHERE series = ? AND sign = ? AND strict = ? AND level = ? AND rule = ?",
            [*_key(key, wait), identity],
        ).fetchone()
        if found:
            return _state(found)
    raise LookupError(f"rule {identity} stands nowhere")  # an error is better than a guess


def watched_keys(db: Database) -> list[str]:
    """The keys that any rule watches."""
    # A loose index scan: one seek for each key, instead of a scan of all watches.
    rows = db.conn.execute(
        """WITH RECURSIVE found(series) AS (
               SELECT min(series) FROM watches
               UNION ALL SELECT (SELECT min(series) FROM watches WHERE series > found.series) FROM found
               WHERE found.series IS NOT NULL)
           SELECT series FROM found WHERE series IS NOT NULL"""
    )
    return [row[0] for row in rows]


def watched(db: Database) -> list[Watched]:
    """What any rule watches."""
    return [watched_from(key) for key in watched_keys(db)]


def seen(db: Database) -> dict[str, Seen]:
    """The last observation of every key."""
    rows = db.conn.execute("SELECT series, session, number, value, missing FROM observations")
    return {row[0]: Seen(date.fromisoformat(row[1]), *row[2:]) for row in rows}


def seen_through(db: Database, key: str) -> date | None:
    """The session of a key's last observation; None where it was never observed."""
    row = db.conn.execute("SELECT session FROM observations WHERE series = ?", [key]).fetchone()
    return None if row is None else date.fromisoformat(row[0])


def next_observation(before: Seen | None, session: date, value: float | None) -> Observation | None:
    """`value` on `session` as the next observation; None if that session was evaluated already."""
    if before is None:
        return Observation(session, int(value is not None), value, int(value is None))
    if before.session >= session:
        return None
    return Observation(session, before.number + (value is not None), value, before.missing + (value is None))


def touched(
    db: Database, key: str, observation: Observation, unreadable: OnUnreadable = raising
) -> list[Watch]:  # fmt: skip
    """The watches that the observation can move: those whose wait it meets, and those that are due."""
    if observation.value is None:
        return []
    rows = db.conn.execute(
        _TOUCHED,
        {"series": key, "value": observation.value, "negated": -observation.value, "number": observation.number},
    )
    found = {row[0]: row for row in rows}
    return read_rows(found.values(), lambda row: watch_of(row[:WIDTH], _state(row[WIDTH:])), CHAT, unreadable)


def record_observations(db: Database, observed: Mapping[str, Observation]) -> None:
    """Record, by key, that a session's values were evaluated."""
    db.conn.executemany(
        """INSERT INTO observations (series, session, number, value, missing) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (series) DO UPDATE SET session = excluded.session, number = excluded.number,
               value = coalesce(excluded.value, value), missing = excluded.missing""",
        [
            (key, one.session.isoformat(), one.number, one.value, one.missing if one.value is None else 0)
            for key, one in observed.items()
        ],
    )


def record_changes(db: Database, changes: Sequence[Change]) -> None:
    """Write the new states of the watches that changed on a session."""
    db.conn.executemany(
        "DELETE FROM watches WHERE series = ? AND sign = ? AND strict = ? AND level = ? AND rule = ?",
        [
            (*_key(change.watch.rule.watched.key, wait), change.watch.id)
            for change in changes
            for wait in waits(change.watch.rule, change.watch.state)
        ],
    )
    insert(db, [(change.watch.id, change.watch.rule, change.after) for change in changes])
    db.conn.executemany(
        "UPDATE rules SET disarmed_session = ?, expired = ? WHERE id = ?",
        [
            (change.after.since.isoformat(), int(change.after.phase is Phase.EXPIRED), change.watch.id)
            for change in changes
            if change.after.phase in (Phase.DISARMED, Phase.EXPIRED) and change.after.since
        ],
    )


def chats_watching(db: Database, key: str) -> dict[int, list[int]]:
    """The chats with a live rule on a key, each with the numbers of those rules."""
    out: dict[int, list[int]] = {}
    rows: Iterable[Any] = db.conn.execute(
        """SELECT DISTINCT rules.chat, rules.number FROM watches JOIN rules ON rules.id = watches.rule
           WHERE watches.series = ? ORDER BY rules.chat, rules.number""",
        [key],
    )
    for chat, number in rows:
        out.setdefault(chat, []).append(number)
    return out
