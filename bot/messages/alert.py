"""What a chat is told of its rules: a pure function of recorded events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from alerts.metrics.catalog import Metric, metric
from bot.messages.words import capital, counted_over, day, short_day, standing

TEXT_LIMIT = 4096
#: Room for the line that says that a message may come twice, and for entities that count longer than they read.
_ROOM = TEXT_LIMIT - 200
MAYBE_REPEAT = "<i>This may be a repeat: the answer to a first attempt was lost.</i>\n\n"


def alert_texts(session: date, told: Sequence[Mapping[str, Any]]) -> list[str]:
    """One message a session, however many rules moved; in parts where it would be too long, never cut inside one."""
    late = any(entry["late"] for entry in told)
    head = f"🔔 <b>{day(session)}</b>" + (" · comes late, the session was missed" if late else "")
    parts, current = [], head
    for entry in sorted(told, key=lambda entry: (entry["kind"] != "fired", entry["number"])):
        text = _event(entry)
        if len(current) + len(text) + 2 > _ROOM:
            parts.append(current)
            current = f"🔔 <b>{day(session)}</b>, continued"
        current += "\n\n" + text
    return [*parts, current]


def _event(told: Mapping[str, Any]) -> str:
    of = metric(told["metric"])
    lines = [_headline(told, of), _values(told, of)]
    lines.append(f"{standing(told['percentile'], told['count'])} · {_counted(told, of)}")
    lines.append(f"Alert {told['number']}: <code>{escape(told['line'])}</code>")
    return "\n".join(lines)


def _headline(told: Mapping[str, Any], of: Metric) -> str:
    what = escape(capital(of.title))
    target = f"its {told['average']}d average" if told["average"] is not None else escape(of.show_level(told["level"]))
    if told["kind"] == "resolved":
        since = f" since {short_day(date.fromisoformat(told['fired_on']))}" if told["fired_on"] else ""
        return f"✅ <b>{what} is no longer {_standing_words(told['operator'])} {target}</b> (was{since})"
    if told["operator"].startswith("crosses"):
        return f"<b>{what} crossed {_side(told)} {target}</b>"
    return f"<b>{what} is {_standing_words(told['operator'])} {target}</b>"


def _side(told: Mapping[str, Any]) -> str:
    return "above" if told["value"] > told["level"] else "below"


def _standing_words(operator: str) -> str:
    return {">": "above", "<": "below", "≥": "at least", "≤": "at most"}[operator]


def _values(told: Mapping[str, Any], of: Metric) -> str:
    text = f"<b>{escape(of.show(told['value']))}</b>"
    if told["average"] is not None:
        text += f" · average {escape(of.show(told['level']))}"
    if told["before"] is not None:
        session, value = told["before"]
        text += f" · {escape(of.show(value))} on {short_day(date.fromisoformat(session))}"
        if change := of.show_change(told["value"] - value):
            text += f" ({escape(change)})"
    return text


def _counted(told: Mapping[str, Any], of: Metric) -> str:
    counted = counted_over(of, told["eligible"], told["members"])
    return " · ".join(escape(part) for part in (counted, told["source"]) if part)
