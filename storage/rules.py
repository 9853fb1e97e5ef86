"""The rules of chats, with their states.

A rule is written once, into `rules`. Its changing state is in `watches` (storage/watches.py). It is stored with
the key of what it watches: a series or joined conditions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from alerts.rules.evaluate import Watch
from alerts.rules.rule import Rule
from alerts.rules.step import Observation, State, announced, settled
from storage import events, watches
from storage.rule_rows import CHAT, COLUMNS, OVER, columns_of, rule_from, watch_of
from storage.unreadable import OnUnreadable, raising, read_rows


def add_rule(
    db: Database, chat: int, rule: Rule, past: Sequence[tuple[date, float | None]], now: datetime
) -> tuple[int, State]:
    """Store a rule of a chat with its starting state. Returns (its number in the chat, its state).

    `past`: the whole (session, value) history of what it watches, ascending. The chat must exist.
    """
    state = settled(rule, _begun(db, rule.watched.key, past))
    number = db.conn.execute(
        "UPDATE chats SET last_rule = last_rule + 1 WHERE id = ? RETURNING last_rule", [chat]
    ).fetchone()[0]
    identity = db.conn.execute(
        """INSERT INTO rules (chat, number, series, operator, level, upper, hold, clear, keep, repeat, remind, until,
                              created_at, created_session)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id""",
        [chat, number, *columns_of(rule), now.isoformat(timespec="seconds"),
         past[-1][0].isoformat() if past else None],
    ).fetchone()[0]  # fmt: skip
    watches.insert(db, [(identity, rule, state)])
    return number, state


def _begun(db: Database, key: str, past: Sequence[tuple[date, float | None]]) -> list[Observation]:
    """The observations of a key's history, from now on counted."""
    known = [(session, value) for session, value in past if value is not None]
    latest = watches.begin(db, key, past)
    return [Observation(day, latest - len(known) + at, value) for at, (day, value) in enumerate(known, start=1)]


def revive(db: Database, session: date) -> None:
    """Rules that have been over since `session` or later are live again."""
    db.conn.execute(
        "UPDATE rules SET disarmed_session = NULL, expired = 0 WHERE disarmed_session >= ?", [session.isoformat()]
    )


def unwatched(db: Database) -> list[str]:
    """The keys of live rules that wait for nothing, as those that were just revived."""
    rows = db.conn.execute(
        "SELECT DISTINCT series FROM rules WHERE disarmed_session IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM watches WHERE watches.series = rules.series AND watches.rule = rules.id)"
    )
    return [key for (key,) in rows]


def restart(db: Database, key: str, past: Sequence[tuple[date, float | None]]) -> int:
    """Give every live rule on a key the state that `past` leaves it in; how many there are.

    `past`: the whole (session, value) history of the key, ascending. An episode that was announced stays so. Call
    `watches.forget` before.
    """
    rows = db.conn.execute(
        f"SELECT {COLUMNS} FROM rules WHERE series = ? AND disarmed_session IS NULL", [key]
    ).fetchall()
    if not rows:
        return 0
    seen = _begun(db, key, past)
    numbers = {one.session: one.number for one in seen}
    states = []
    for row in rows:
        rule = rule_from(tuple(row[3:OVER]))
        state = settled(rule, seen)
        if state.since is not None and (fired := events.last_firing(db, row[0], state.since)) is not None:
            if rule.momentary:  # it has fired on the session on which its state began, or not
                state = replace(state, announced=fired == state.since, at_least=False)
            else:
                number = max((number for day, number in numbers.items() if day <= fired), default=0)
                state = announced(rule, state, number) or state
        states.append((row[0], rule, state))
    watches.insert(db, states)
    return len(rows)


def same_rule(db: Database, chat: int, rule: Rule) -> int | None:
    """The number of the chat's live rule with the same line, if there is one."""
    row = db.conn.execute(
        """SELECT number FROM rules WHERE chat = ? AND series = ? AND operator = ? AND level = ? AND upper IS ?
           AND hold = ? AND clear IS ? AND keep = ? AND repeat = ? AND remind = ? AND until IS ?
           AND disarmed_session IS NULL""",
        [chat, *columns_of(rule)],
    ).fetchone()
    return None if row is None else int(row[0])


def rules_of(db: Database, chat: int) -> list[Watch]:
    """A chat's rules with their states, by number."""
    rows = db.conn.execute(f"SELECT {COLUMNS} FROM rules WHERE chat = ? ORDER BY number", [chat]).fetchall()
    return [_standing(db, row) for row in rows]


def rule_of(db: Database, chat: int, identity: int) -> Watch | None:
    """One rule of a chat by its id; None if there is none or it belongs to another chat."""
    row = db.conn.execute(f"SELECT {COLUMNS} FROM rules WHERE chat = ? AND rules.id = ?", [chat, identity]).fetchone()
    return None if row is None else _standing(db, row)


def rule_numbered(db: Database, chat: int, number: int) -> Watch | None:
    """One rule of a chat by its number; None where the chat has none of that number."""
    row = db.conn.execute(f"SELECT {COLUMNS} FROM rules WHERE chat = ? AND rules.number = ?", [chat, number]).fetchone()
    return None if row is None else _standing(db, row)


def evaluated_on(db: Database, session: date) -> list[tuple[int, Rule, date]]:
    """(id, rule, session it was made after) of the rules that are kept and were evaluated on a session."""
    day = session.isoformat()
    rows = db.conn.execute(
        f"SELECT {COLUMNS}, created_session FROM rules WHERE created_session < ? "
        "AND (disarmed_session IS NULL OR disarmed_session >= ?) ORDER BY rules.id",
        [day, day],
    )
    return [(row[0], rule_from(tuple(row[3:OVER])), date.fromisoformat(row[-1])) for row in rows]


def expiring(db: Database, session: date, unreadable: OnUnreadable = raising) -> list[Watch]:
    """The live rules whose last session is before `session`."""
    rows = db.conn.execute(
        f"SELECT {COLUMNS} FROM rules WHERE until < ? AND disarmed_session IS NULL", [session.isoformat()]
    ).fetchall()
    return read_rows(rows, lambda row: _standing(db, row), CHAT, unreadable)


def _standing(db: Database, row: Sequence[Any]) -> Watch:
    if row[OVER] is not None:
        return watch_of(row)
    rule = rule_from(tuple(row[3:OVER]))
    return watch_of(row, watches.state_of(db, row[0], rule))


def divide_levels(db: Database, metric: str, ratio: float) -> list[Watch]:
    """Divide the levels of every live rule on a price by the ratio of a split; the rules as they are now.

    What has been seen is divided too, so that a crossing compares with the new scale. A rule of several conditions, or
    on a percentile or z-score, stays as it is.
    """
    out = []
    keys = [metric, *(key for key in watches.watched_keys(db) if _in_the_same_unit(metric, key))]
    for key in dict.fromkeys(keys):
        db.conn.execute("UPDATE observations SET value = value / ? WHERE series = ?", [ratio, key])
        rows = db.conn.execute(
            f"SELECT {COLUMNS} FROM rules WHERE rules.series = ? AND disarmed_session IS NULL", [key]
        ).fetchall()
        for before in [_standing(db, row) for row in rows]:
            condition = before.rule.first
            scaled = replace(
                condition,
                level=_divided(condition.level, ratio),
                upper=None if condition.upper is None else _divided(condition.upper, ratio),
            )
            clear = None if before.rule.clear is None else _divided(before.rule.clear, ratio)
            rule = replace(before.rule, conditions=(scaled,), clear=clear)
            watches.delete(db, before.id, before.rule)
            db.conn.execute(
                "UPDATE rules SET level = ?, upper = ?, clear = ? WHERE id = ?",
                [scaled.level, scaled.upper, rule.clear, before.id],
            )
            watches.insert(db, [(before.id, rule, before.state)])
            out.append(replace(before, rule=rule))
    return out


def _in_the_same_unit(metric: str, key: str) -> bool:
    """Whether a watched key is of a metric's own level: its average, or its change."""
    return key.startswith((f"{metric} avg(", f"{metric} change(")) and " and " not in key


def _divided(level: float, ratio: float) -> float:
    return float(f"{level / ratio:.6g}")


def count_rules(db: Database, chat: int) -> int:
    """The number of rules of a chat."""
    return int(db.conn.execute("SELECT count(*) FROM rules WHERE chat = ?", [chat]).fetchone()[0])


def delete_rule(db: Database, chat: int, identity: int) -> Watch | None:
    """Delete a chat's rule. Returns it, or None if the chat has no rule with that id."""
    watch = rule_of(db, chat, identity)
    if watch is None:
        return None
    watches.delete(db, watch.id, watch.rule)
    db.conn.execute("DELETE FROM rules WHERE id = ?", [watch.id])
    return watch


def take_number(db: Database, chat: int, number: int, wanted: int) -> None:
    """Give a chat's newest rule, not shown to anyone yet, the number of a deleted rule."""
    db.conn.execute("UPDATE rules SET number = ? WHERE chat = ? AND number = ?", [wanted, chat, number])
    db.conn.execute("UPDATE chats SET last_rule = last_rule - 1 WHERE id = ? AND last_rule = ?", [chat, number])
