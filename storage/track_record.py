"""The track record: a row for each alert that was sent, which outlives its event, its rule and its chat.

`track_record` names no chat. All chats that one preset told on one session share a row. `track_chats` says which chat
was told of it, and by what line; it goes when the chat is erased.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlite_utils import Database

from alerts.rules.event import AlertEvent, EventRule, LeadAfterFirings
from alerts.rules.presets import preset_lines


@dataclass(frozen=True)
class SentAlert:
    """An alert that was sent.

    preset: its line, where that is a preset's. shown: what its message showed of earlier firings, None where nothing.
    line, number: of the rule, where the alert is read for the chat that was told; number: None where the rule is gone.
    """

    session: date
    preset: str | None
    value: float | None
    shown: LeadAfterFirings | None
    line: str | None = None
    number: int | None = None


def record_sent(db: Database, sent: Iterable[tuple[int, AlertEvent]]) -> None:
    """Record firings that chats are notified of, as (chat, event). One that is recorded already is left as it is."""
    new = _not_recorded(db, [(chat, event, event.rule) for chat, event in sent if event.rule is not None])
    if not new:
        return
    alerts = _presets_of(db, {event.session for _, event, _ in new})
    (last,) = db.conn.execute("SELECT coalesce(max(id), 0) FROM track_record").fetchone()
    rows, told = [], []
    for chat, event, rule in new:
        session, value = event.session.isoformat(), event.reading.figure.value
        preset = rule.line if rule.line in preset_lines() else None
        alike = (session, preset) if preset else (session, rule.line, value)
        if alike not in alerts:
            last = alerts[alike] = last + 1
            rows.append((last, session, preset, value, *_shown(rule.lead)))
        told.append((chat, rule.id, session, alerts[alike], rule.line))
    db.conn.executemany(
        f"INSERT INTO track_record (id, session, preset, value, {_SHOWN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
    )
    db.conn.executemany("INSERT INTO track_chats (chat, rule, session, alert, line) VALUES (?, ?, ?, ?, ?)", told)


_Sent = tuple[int, AlertEvent, EventRule]


def _not_recorded(db: Database, sent: Sequence[_Sent]) -> list[_Sent]:
    """Those that are not recorded yet. Mostly none is: only `unseal` has a session run again."""
    sessions = json.dumps(sorted({event.session.isoformat() for _, event, _ in sent}))
    in_sessions = "session IN (SELECT value FROM json_each(?))"
    if db.conn.execute(f"SELECT 1 FROM track_record WHERE {in_sessions} LIMIT 1", [sessions]).fetchone() is None:
        return list(sent)
    chats = json.dumps(sorted({chat for chat, _, _ in sent}))
    there = set(
        db.conn.execute(
            "SELECT chat, rule, session FROM track_chats "
            f"WHERE chat IN (SELECT value FROM json_each(?)) AND {in_sessions}",
            [chats, sessions],
        )
    )
    return [one for one in sent if (one[0], one[2].id, one[1].session.isoformat()) not in there]


def _presets_of(db: Database, sessions: Iterable[date]) -> dict[tuple[object, ...], int]:
    """{(session, preset): the alert's id} of what is recorded of sessions."""
    rows = db.conn.execute(
        "SELECT session, preset, id FROM track_record WHERE preset IS NOT NULL "
        "AND session IN (SELECT value FROM json_each(?))",
        [json.dumps([session.isoformat() for session in sessions])],
    )
    return {(session, preset): identity for session, preset, identity in rows}


def _shown(lead: LeadAfterFirings | None) -> tuple[float | None, ...]:
    """The columns `_SHOWN`."""
    if lead is None:
        return (None,) * 6
    return lead.horizon, lead.n, lead.median, lead.all_days, lead.above, lead.worst


_SHOWN = "horizon, n, median, all_days, above, worst"
_ALERT = f"track_record.session, preset, value, {_SHOWN}"


def sent_alerts(db: Database) -> list[SentAlert]:
    """Every alert that was sent to any chat, oldest first."""
    return [_alert(row) for row in db.conn.execute(f"SELECT {_ALERT} FROM track_record ORDER BY session, id")]


def first_sent(db: Database) -> date | None:
    """The session of the first alert that was sent; None before any was."""
    row = db.conn.execute("SELECT min(session) FROM track_record").fetchone()
    return None if row[0] is None else date.fromisoformat(row[0])


def sent_to(db: Database, chat: int) -> list[SentAlert]:
    """The alerts that were sent to a chat, oldest first, with their lines and numbers."""
    rows = db.conn.execute(
        f"""SELECT {_ALERT}, track_chats.line, rules.number FROM track_chats
            JOIN track_record ON track_record.id = track_chats.alert LEFT JOIN rules ON rules.id = track_chats.rule
            WHERE track_chats.chat = ? ORDER BY track_record.session, track_record.id, track_chats.rule""",
        [chat],
    )
    return [_alert(row) for row in rows]


def _alert(row: Sequence[Any]) -> SentAlert:
    session, preset, value, horizon, n, median, all_days, above, worst, *of_chat = row
    shown = None if horizon is None else LeadAfterFirings(horizon, n, median, all_days, above, worst)
    return SentAlert(date.fromisoformat(session), preset, value, shown, *of_chat)
