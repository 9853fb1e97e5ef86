"""Inline buttons: what stands on them, and the data that comes back when one is pressed.

Data are `v1:action` or `v1:action:argument`, at most 64 bytes, and carry all that is needed: a button works after a
restart, and its owner is looked up when it is pressed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

#: (text, action) of each button, row by row.
Buttons = Sequence[Sequence[tuple[str, str]]]
VERSION = "v1"
MOST_BYTES = 64


def callback(action: str) -> str:
    """The data of a button."""
    return f"{VERSION}:{action}"


def pattern(action: str, argument: str | None = None) -> str:
    """A regular expression of the data of a button; `argument`: one of what follows the action."""
    return rf"^{VERSION}:{re.escape(action)}{'' if argument is None else f':(?:{argument})'}$"


def arguments(data: str) -> str:
    """What follows the action in a button's data; "" where nothing does."""
    return data.partition(":")[2].partition(":")[2]


def line_offered(data: Sequence[str]) -> str | None:
    """The rule's line that the Save button among these carries; None where none does."""
    prefix = callback("save:")
    return next((one.removeprefix(prefix) for one in data if one.startswith(prefix)), None)


def fits(action: str) -> bool:
    """Whether Telegram takes the data."""
    return len(callback(action).encode()) <= MOST_BYTES


def keyboard_json(buttons: Buttons) -> str | None:
    """As Telegram takes them with a message; None where there are none."""
    if not buttons:
        return None
    rows = [[{"text": text, "callback_data": callback(action)} for text, action in row] for row in buttons]
    return json.dumps({"inline_keyboard": rows}, ensure_ascii=False)


def alert_buttons(told: Sequence[Mapping[str, Any]]) -> list[list[tuple[str, str]]]:
    """Under an alert: all that can be done with it; under several, a row each with the rest behind “More…”."""
    entries = {entry["rule"]: entry for entry in told if entry.get("rule") is not None}
    if len(entries) == 1:
        ((rule, entry),) = entries.items()
        return rule_buttons(rule, snooze=_may_snooze(entry))
    return [
        [
            (f"{entry['number']} · Chart", f"chart:{rule}"),
            ("Why", f"why:{rule}"),
            *([("Snooze", f"snooze:{rule}")] if _may_snooze(entry) else []),
            ("More…", f"rule:{rule}"),
        ]
        for rule, entry in entries.items()
    ]


def rule_buttons(rule: int, *, snooze: bool = True) -> list[list[tuple[str, str]]]:
    """All that can be done with one rule."""
    second = [("Edit", f"edit:{rule}"), ("Delete", f"erase:{rule}")]
    return [
        [("Chart", f"chart:{rule}"), ("Why", f"why:{rule}")],
        [("Snooze", f"snooze:{rule}"), *second] if snooze else second,
    ]


def _may_snooze(entry: Mapping[str, Any]) -> bool:
    """What never speaks again has nothing to be silent of."""
    return not entry.get("once") and entry["kind"] != "expired"
