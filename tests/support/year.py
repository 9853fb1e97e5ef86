"""A year of sessions evaluated one by one from recorded figures: every message of two chats, as Markdown.

    PYTHONPATH=tests python -m support.year DATABASE 2024-09-18 2025-09-18 > docs/a-year-read.md

DATABASE is a copy of one that a backfill has filled; its rules, events and messages are written into it. The events
and the texts are made by the code that a running bot uses.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from alerts.market.sessions import close_of, previous_sessions, sessions_between
from alerts.rules.grammar import parse
from alerts.rules.presets import packs
from bot.alerting.evaluate import evaluate_session
from bot.alerting.rules import set_rule
from bot.emulator.api.entities import parse_html
from storage import rules, sessions
from storage.database import open_database, writing

PACK, OWN = 1, 2
CHATS = {PACK: "A chat with the pack “Rotation essentials”", OWN: "A chat with ten lines of its own"}
LINES = (
    "small above 50d > 70 for 2 days",
    "iwm/spy crosses above its 50d average",
    "lead 21d > 5",
    "lead 63d < -5 clear -4",
    "percentile 252d of iwm/spy < 5",
    "xlk quadrant changes",
    "curve 10y2y > 0.5",
    "small drawdown < -10",
    "large above 200d < 50 and iwm/spy trend < 0",
    "cyclicals lead outside -10..10",
)


def main(path: str, start: date, end: date) -> None:
    db = open_database(Path(path))
    before = previous_sessions(start, 1)[0]
    with writing(db):
        for table in ("outbox", "events", "rules", "observations", "data_gaps", "snoozes", "sessions"):
            db.conn.execute(f"DELETE FROM {table}")
        _sealed(db, before)
        for chat, lines in ((PACK, [preset.line for preset in packs()["rotation"].presets]), (OWN, list(LINES))):
            for line in lines:
                set_rule(db, chat, parse(line), 50, _evening(before))
    for session in sessions_between(start, end):
        with writing(db):
            evaluate_session(db, session, _evening(session), late=False)
            _sealed(db, session)
    sys.stdout.write(_read(db, start, end))


def _sealed(db: Database, session: date) -> None:
    sessions.note_gathered(db, session, _evening(session), None)
    sessions.seal(db, session, _evening(session))


def _evening(session: date) -> datetime:
    return (close_of(session) + timedelta(hours=1)).astimezone(UTC)


def _read(db: Database, start: date, end: date) -> str:
    out = []
    for chat, title in CHATS.items():
        rows = db.conn.execute(
            "SELECT session, text, keyboard FROM outbox WHERE chat = ? ORDER BY id", [chat]
        ).fetchall()
        told = db.conn.execute("SELECT kind FROM events WHERE chat = ? AND status = 'notified'", [chat])
        kinds = Counter(kind for (kind,) in told)
        counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        out += [f"## {title}\n", f"{len(rows)} messages from {start} to {end}: {counted}.\n"]
        out += [*(f"- #{watch.number} `{watch.rule.line}`" for watch in rules.rules_of(db, chat)), ""]
        for session, text, keyboard in rows:
            shown, _ = parse_html(text)
            offered = [key["text"] for row in json.loads(keyboard or "{}").get("inline_keyboard", ()) for key in row]
            extra = [f"[{words}]" for words in offered if "clear at" in words]
            out += [f"### {session}\n", "```text", shown, *extra, "```", ""]
    return "\n".join(out)


if __name__ == "__main__":
    main(sys.argv[1], date.fromisoformat(sys.argv[2]), date.fromisoformat(sys.argv[3]))
