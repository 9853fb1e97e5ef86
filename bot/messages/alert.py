"""What a chat is told of its rules: one message a session, a pure function of recorded events.

    fired ── resolved, expired ── reminders ── data, a line
      └ by family: regime, size, breadth, valuation, the rest

Each entry says its session. The first entries come in full, what is more by a button. Where sessions are caught up
with, each has its heading.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any

from alerts.metrics.catalog import families, metric
from alerts.rules.event import AlertEvent
from alerts.rules.state import Kind
from bot.formatting import day
from bot.messages.alert_entry import data_lines, entry_text
from bot.messages.buttons import Buttons, alert_buttons

TEXT_LIMIT = 4096
#: Room for the line that says that a message may come twice, and for entities that count longer than they read.
_ROOM = TEXT_LIMIT - 200
MAYBE_REPEAT = "<i>This may be a repeat: the answer to a first attempt was lost.</i>\n\n"
IN_FULL = 8  # entries; the rest by a button
_KINDS = {
    Kind.FIRED: 0,
    Kind.RESOLVED: 1,
    Kind.EXPIRED: 1,
    Kind.REMINDER: 2,
    Kind.NO_DATA: 3,
    Kind.DATA_BACK: 3,
}
_REST = {Kind.FIRED: "fired", Kind.RESOLVED: "resolved", Kind.EXPIRED: "expired", Kind.REMINDER: "still true"}


def rank(event: AlertEvent) -> tuple[Any, ...]:
    """Where an event stands in its message: by session, then the most important first."""
    number = event.rule.number if event.rule else 0
    return event.session, _KINDS[event.kind], _family_rank(event.reading.series.metric), number


@lru_cache(maxsize=1024)
def _family_rank(identity: str) -> int:
    family = metric(identity).family
    return families()[family].in_alerts


def alert_texts(session: date, events: Sequence[AlertEvent], *, follows: bool = False) -> list[str]:
    """The message of a session in parts that Telegram takes, never cut inside an entry.

    follows: an earlier message told what was there at first; this one tells what waited for its inputs.
    """
    events = sorted(events, key=rank)
    entries = [one for one in events if one.rule is not None]
    shown = entries[:IN_FULL]
    blocks: list[str] = []
    several = len({one.session for one in events}) > 1
    for of_session, found in groupby(events, key=lambda one: one.session):
        ours = list(found)
        late = " · late: this session was missed" if any(one.late for one in ours) else ""
        if follows and of_session == session:
            late = " · what had waited for its figures"
        here = [one for one in ours if one in shown]
        lines = data_lines([one for one in ours if one.gap is not None])
        if here or lines:
            texts = [entry_text(one) for one in here] + lines
            heading = f"<b>{day(of_session)}</b>{late}\n\n" if several or late or not here else ""
            blocks += [f"{heading}{texts[0]}", *texts[1:]]
    if rest := entries[IN_FULL:]:
        blocks.append(_rest(rest))
    return _parts(blocks, f"<b>{day(session)}</b>, continued")


def alert_keyboard(session: date, events: Sequence[AlertEvent], *, follows: bool = False) -> Buttons:
    """The buttons under it."""
    entries = [one for one in sorted(events, key=rank) if one.rule is not None]
    buttons = alert_buttons(entries[:IN_FULL])
    if rest := len(entries) - IN_FULL:
        action = more_action(session, IN_FULL, follows=follows)
        buttons += [[(f"The other {rest}", action)]] if rest > 0 else []
    return buttons


def more_action(session: date, start: int, *, follows: bool = False) -> str:
    """The data of the button for the entries from `start` on: "more:2025-08-20:8"; "more:2025-08-20+:8" of those that
    followed."""
    return f"more:{session.isoformat()}{'+' if follows else ''}:{start}"


def more_texts(
    session: date, events: Sequence[AlertEvent], start: int, *, follows: bool = False
) -> tuple[list[str], Buttons]:  # fmt: skip
    """The entries from the `start`-th on, IN_FULL of them, as they stand in the message, with their buttons."""
    entries = [one for one in events if one.rule is not None]
    shown, left = entries[start : start + IN_FULL], len(entries) - start - IN_FULL
    head = f"<b>{day(session)}</b>, alerts {start + 1} to {start + len(shown)} of {len(entries)}"
    texts = [entry_text(one) for one in shown]
    buttons = alert_buttons(shown)
    if left > 0:
        buttons += [[(f"The other {left}", more_action(session, start + IN_FULL, follows=follows))]]
    return _parts([head, *texts], f"<b>{day(session)}</b>, continued"), buttons


def _rest(rest: Sequence[AlertEvent]) -> str:
    counts = {kind: sum(one.kind is kind for one in rest) for kind in _REST}
    parts = [f"{count} {_REST[kind]}" for kind, count in counts.items() if count]
    return f"… and {len(rest)} more: {', '.join(parts)}."


def _parts(blocks: Sequence[str], head: str) -> list[str]:
    parts, current = [], ""
    for block in blocks:
        if current and len(current) + len(block) + 2 > _ROOM:
            parts.append(current)
            current = head
        current = f"{current}\n\n{block}" if current else block
    return [*parts, current]
