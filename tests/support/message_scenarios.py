"""Tables of what a chat hears: rules and values by session, what its owner does meanwhile, and the exact messages.

A message reads `session: entries` with entries in the order in which they stand, such as `fired 1`, `resolved 2`,
`expired 1`, `still 1` (a reminder, or a snooze that is over), `no data`, `data back`; an entry of another session than
the message's begins with `@session`. After the entries: `reply session`, `silent`, `held MOMENT` (UTC).
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from alerts.market.sessions import close_of, next_session
from alerts.metrics.figure import Figure
from alerts.quiet_hours import read_quiet
from alerts.rules.grammar import parse
from alerts.rules.names import metric_named
from bot.alerting.evaluate import evaluate_session
from bot.alerting.notify import notify_waiting
from bot.alerting.rules import SnoozeLength, alert_now, set_rule, snooze, unmute
from storage import chats, events, figures, outbox, preferences, rules, sessions
from storage.database import writing
from storage.preferences import set_quiet

FOLDER = Path(__file__).resolve().parent.parent / "scenarios" / "messages"
CHAT = 1001


@dataclass(frozen=True)
class Scenario:
    """`values`: by metric's name, of the session the rules are made after and of each one judged. `late`: sessions that
    were missed and are caught up with at the next one that was not. `do`: by session, what happens before it closes."""

    name: str
    rules: list[str]
    values: dict[str, str]
    hears: list[str]
    do: dict[str, str] = field(default_factory=dict)
    late: list[int] = field(default_factory=list)
    start: str = "2025-06-02"
    hour: int = 1  # after the close
    stuck: int = 0  # a session that cannot be judged, after which what waits is told


def scenarios() -> list[Scenario]:
    """All of them."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["scenario"]:
            found.append(Scenario(**entry))
    return found


class Walk:
    """One scenario, through the real judge and a real file."""

    def __init__(self, db: Database, scenario: Scenario) -> None:
        self.db, self.scenario = db, scenario
        paths = {metric_named(name) or name: values_of(path) for name, path in scenario.values.items()}
        self.length = max(len(path) for path in paths.values())
        self.days = [date.fromisoformat(scenario.start)]
        while len(self.days) < self.length:
            self.days.append(next_session(self.days[-1]))
        rows = [
            Figure(day, metric, value, 1.0, 10, 10, "test", None if value is not None else "not published")
            for metric, path in paths.items()
            for day, value in zip(self.days, path, strict=False)
        ]
        self._rows = rows
        self._record(self.days[0])

    def _record(self, day: date) -> None:
        with writing(self.db):
            figures.record_figures(
                self.db, [row for row in self._rows if row.session == day], _evening(day), backfilled=False
            )

    def run(self) -> list[str]:
        """Judge every session; the messages."""
        self._seal(self.days[0])
        for line in self.scenario.rules:
            self.do(f"make {line}")
        for at, day in enumerate(self.days[1:], start=1):
            for what in filter(None, self.scenario.do.get(str(at), "").split("; ")):
                self.do(what)
            self._record(day)
            if at == self.scenario.stuck:
                with writing(self.db):
                    notify_waiting(self.db, self.days[at - 1], self._now(day))
                continue
            with writing(self.db):
                evaluate_session(self.db, day, self._now(day), late=at in self.scenario.late)
            self._seal(day)
            self._deliver()
        return self.heard()

    def _seal(self, day: date) -> None:
        with writing(self.db):
            sessions.note_gathered(self.db, day, _evening(day), None)
            sessions.seal(self.db, day, _evening(day))

    def _now(self, day: date) -> datetime:
        return close_of(day) + timedelta(hours=self.scenario.hour)

    def do(self, what: str) -> None:
        """What a person does: make LINE, delete N, snooze N day|week|resolve|off, mute, unmute, quiet …, now N."""
        verb, _, rest = what.partition(" ")
        db, now = self.db, _evening(self.days[0])
        with writing(db):
            match verb:
                case "make":
                    assert set_rule(db, CHAT, parse(rest), 50, now) is not None
                case "edit":
                    number, _, line = rest.partition(" ")
                    assert set_rule(db, CHAT, parse(line), 50, now, self._watch(number).id) is not None
                case "delete":
                    rules.delete_rule(db, CHAT, self._watch(rest).id)
                case "snooze":
                    number, length = rest.split()
                    snooze(db, self._watch(number), SnoozeLength(length), now)
                case "mute":
                    preferences.mute(db, CHAT, True, now)
                case "unmute":
                    unmute(db, CHAT, now)
                case "quiet":
                    set_quiet(db, CHAT, None if rest == "off" else read_quiet(rest), now)
                case "now":
                    assert alert_now(db, self._watch(rest), now) is not None
                case "unsubscribe":
                    chats.unsubscribe(db, CHAT, now)
                case "subscribe":
                    chats.subscribe(db, CHAT, now)
                case _:
                    raise AssertionError(f"{what}: nobody does that")

    def _watch(self, number: str) -> Any:
        return next(watch for watch in rules.rules_of(self.db, CHAT) if watch.number == int(number))

    def _deliver(self) -> None:
        """Telegram takes what is in the outbox; a message's id there is its session's position and 100."""
        with writing(self.db):
            for identity, day in self.db.conn.execute(
                "SELECT id, session FROM outbox WHERE state = 'pending' AND part = 1"
            ).fetchall():
                sent = outbox.Sent(identity, 100 + self.days.index(date.fromisoformat(day)))
                outbox.mark_sent(self.db, [sent], datetime.now(UTC))

    def heard(self) -> list[str]:
        """The messages of the chat, in order."""
        rows = self.db.conn.execute(
            "SELECT session, events, text, reply_to, not_before, silent FROM outbox WHERE part = 1 ORDER BY id"
        ).fetchall()
        return [self._message(*row) for row in rows]

    def _message(
        self, session: str, ids: str, text: str, reply_to: int | None, held: str | None, silent: int
    ) -> str:  # fmt: skip
        day = date.fromisoformat(session)
        found = events.by_ids(self.db, CHAT, json.loads(ids))
        entries = [self._entry(event, day) for event in found]
        numbers = [f"#{one.event.rule.number}" for one in found if one.event.rule]
        assert [line.split()[0] for line in text.splitlines() if line.startswith("#")] == numbers[:8]
        words = f"{self.days.index(day)}: {', '.join(entries)}"
        words += f" reply {reply_to - 100}" if reply_to is not None else ""
        words += f" held {datetime.fromisoformat(held).astimezone(UTC):%Y-%m-%d %H:%M}" if held else ""
        return words + (" silent" if silent else "")

    def _entry(self, event: events.StoredEvent, day: date) -> str:
        kind = "still" if event.kind == "reminder" else event.kind.value
        at = "" if event.session == day else f"@{self.days.index(event.session)} "
        return at + (f"{kind} {event.event.rule.number}" if event.event.rule else kind)


def values_of(path: str) -> list[float | None]:
    """ "52 _ 61x3" → 52, None, 61, 61, 61."""
    out: list[float | None] = []
    for word in path.split():
        value, _, times = word.partition("x")
        out += [None if value == "_" else float(value)] * int(times or 1)
    return out


def _evening(day: date) -> datetime:
    return close_of(day) + timedelta(hours=1)
