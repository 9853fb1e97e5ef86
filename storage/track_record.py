"""The track record: a row for each alert that was sent, which outlives its event, its rule and its chat.

An alert is sent when Telegram has taken every part of its message, or when an answer tells it. Nothing else enters.

`track_record` names no chat. All chats that one preset told on one session share a row; a line of a chat's own has a
row for each rule and session. `track_chats` says which chat was told of it, and by what line; it goes when the chat is
erased.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlite_utils import Database

from alerts.rules.event import EventRule, LeadAfterFirings
from alerts.rules.presets import preset_lines
from storage.database import savepoint
from storage.errors import usable_error
from storage.events import StoredEvent, firings

log = logging.getLogger(__name__)


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


def record_messages(db: Database, messages: Sequence[int]) -> None:
    """Record the firings that messages of the outbox tell, of those whose every part is sent.

    What cannot be recorded is logged: no message depends on it. Raises sqlite3.Error of the database file itself.
    """

    def record(identities: Sequence[int]) -> None:
        told = db.conn.execute(
            """SELECT DISTINCT told.value FROM outbox, json_each(outbox.events) AS told
               WHERE outbox.id IN (SELECT value FROM json_each(?)) AND NOT EXISTS (
                   SELECT 1 FROM outbox AS part WHERE part.chat = outbox.chat AND part.session = outbox.session
                   AND part.kind = outbox.kind AND part.state <> 'sent')""",
            [json.dumps(list(identities))],
        )
        _record(db, firings(db, [event for (event,) in told]))

    _guarded(db, messages, record, "message")


def record_answered(db: Database, events: Sequence[int]) -> None:
    """Record the firings among events that an answer tells. Failures as in `record_messages`."""
    _guarded(db, events, lambda identities: _record(db, firings(db, identities)), "event")


def _guarded(db: Database, identities: Sequence[int], record: Callable[[Sequence[int]], None], what: str) -> None:
    """Record all together; where that fails, each by itself, and log those that fail."""
    try:
        with savepoint(db):
            record(identities)
    except Exception as error:
        if usable_error(error, "") is not None:
            raise
        if len(identities) == 1:
            log.exception("%s %d was sent, and is missing in the track record", what, identities[0])
        else:
            for one in identities:
                _guarded(db, [one], record, what)


def _record(db: Database, told: Iterable[StoredEvent]) -> None:
    """Record firings that chats were told of. One that is recorded already is left as it is."""
    new = _not_recorded(db, [(one, one.event.rule) for one in told if one.event.rule is not None])
    if not new:
        return
    alerts = _presets_of(db, {one.session for one, _ in new})
    (last,) = db.conn.execute("SELECT coalesce(max(id), 0) FROM track_record").fetchone()
    rows, chats = [], []
    for one, rule in new:
        session = one.session.isoformat()
        preset = rule.line if rule.line in preset_lines() else None
        alert = alerts.get((session, preset)) if preset else None
        if alert is None:
            alert = last = last + 1
            rows.append((alert, session, preset, one.event.reading.figure.value, *_shown(rule.lead)))
            if preset:
                alerts[session, preset] = alert
        chats.append((one.chat, rule.id, session, alert, rule.line))
    db.conn.executemany(
        f"INSERT INTO track_record (id, session, preset, value, {_SHOWN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
    )
    db.conn.executemany("INSERT INTO track_chats (chat, rule, session, alert, line) VALUES (?, ?, ?, ?, ?)", chats)


def _not_recorded(
    db: Database, told: Sequence[tuple[StoredEvent, EventRule]]
) -> list[tuple[StoredEvent, EventRule]]:  # fmt: skip
    """Those that are not recorded yet. A message may arrive twice, and `unseal` has a session run again."""
    there = set(
        db.conn.execute(
            "SELECT chat, rule, session FROM track_chats WHERE chat IN (SELECT value FROM json_each(?)) "
            "AND session IN (SELECT value FROM json_each(?))",
            [
                json.dumps(sorted({one.chat for one, _ in told})),
                json.dumps(sorted({one.session.isoformat() for one, _ in told})),
            ],
        )
    )
    new = {(one.chat, rule.id, one.session.isoformat()): (one, rule) for one, rule in told}
    return [found for key, found in new.items() if key not in there]


def _presets_of(db: Database, sessions: Iterable[date]) -> dict[tuple[str, str], int]:
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
