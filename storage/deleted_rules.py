"""Deleted rules, each with the state it had, so that a deletion can be undone for as long as its message stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlite_utils import Database

from alerts.rules.evaluate import Watch
from alerts.rules.rule import Rule
from alerts.rules.state import OVER, TRUE, Phase, State
from alerts.rules.step import Observation, settled
from storage import rules, snoozes, watches
from storage.rule_rows import columns_of
from storage.snoozes import Snooze

KEPT = 100  # of a chat; the oldest go first


def delete_for_undo(db: Database, chat: int, identity: int) -> Watch | None:
    """Delete a chat's rule and keep what brings it back. Returns it, or None if the chat has no rule with that id."""
    snooze = snoozes.snoozes_of(db, chat).get(identity)
    row = db.conn.execute("SELECT created_at, created_session FROM rules WHERE id = ?", [identity]).fetchone()
    gone = rules.delete_rule(db, chat, identity)
    if gone is None:
        return None
    state = gone.state
    document = {
        "phase": state.phase.value,
        "since": state.since.isoformat() if state.since else None,
        "announced": state.announced,
    }
    through = snooze.through.isoformat() if snooze and snooze.through else None
    db.conn.execute(
        "INSERT OR REPLACE INTO deleted_rules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [identity, chat, gone.number, gone.rule.line, json.dumps(document), *row, int(snooze is not None), through],
    )
    db.conn.execute(
        """DELETE FROM deleted_rules WHERE chat = ? AND rule NOT IN
           (SELECT rule FROM deleted_rules WHERE chat = ? ORDER BY rowid DESC LIMIT ?)""",
        [chat, chat, KEPT],
    )
    return gone


def deleted_line(db: Database, chat: int, identity: int) -> str | None:
    """The line of a chat's deleted rule; None where it is not kept, or was restored."""
    row = db.conn.execute("SELECT line FROM deleted_rules WHERE chat = ? AND rule = ?", [chat, identity]).fetchone()
    return None if row is None else str(row[0])


def restore(
    db: Database, chat: int, identity: int, rule: Rule, past: Sequence[tuple[date, float | None]]
) -> Watch | None:  # fmt: skip
    """Bring a deleted rule back under its id and number; None where it is not kept.

    rule: what its line means. past: the whole (session, value) history of what it watches, ascending, by which its
    state is settled. An episode that goes on is as announced as it was.
    """
    row = db.conn.execute(
        """SELECT number, state, created_at, created_session, snoozed, through FROM deleted_rules
           WHERE chat = ? AND rule = ?""",
        [chat, identity],
    ).fetchone()
    if row is None:
        return None
    number, document, created_at, created_session, snoozed, through = row
    state = _state(rule, json.loads(document), past, watches.begin(db, rule.watched.key, past))
    over = state.since.isoformat() if state.phase in OVER and state.since else None
    db.conn.execute(
        """INSERT INTO rules (id, chat, number, series, operator, level, upper, hold, clear, keep, repeat, remind,
                              until, created_at, created_session, disarmed_session, expired)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [identity, chat, number, *columns_of(rule), created_at, created_session, over,
         int(state.phase is Phase.EXPIRED)],
    )  # fmt: skip
    if over is None:
        watches.insert(db, [(identity, rule, state)])
    db.conn.execute(
        "UPDATE events SET rule = ? WHERE chat = ? AND rule IS NULL AND json_extract(event, '$.rule') = ?",
        [identity, chat, identity],
    )
    if snoozed:
        snoozes.snooze(db, Snooze(identity, chat, date.fromisoformat(through) if through else None))
    db.conn.execute("DELETE FROM deleted_rules WHERE rule = ?", [identity])
    return rules.rule_of(db, chat, identity)


def _state(
    rule: Rule, before: dict[str, object], past: Sequence[tuple[date, float | None]], latest: int
) -> State:  # fmt: skip
    """The state today of a rule that had the state of `before`. latest: the number of the latest observation."""
    phase, since = Phase(str(before["phase"])), before["since"]
    began = date.fromisoformat(str(since)) if since else None
    if phase in OVER:
        return State(phase, began, announced=True)
    known = [(session, value) for session, value in past if value is not None]
    seen = [Observation(day, latest - len(known) + at, value) for at, (day, value) in enumerate(known, start=1)]
    state = settled(rule, seen)
    if state.phase in TRUE and phase in TRUE and state.since == began:
        return replace(state, announced=bool(before["announced"]))
    return state
