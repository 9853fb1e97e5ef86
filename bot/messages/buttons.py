"""Inline buttons: what stands on them, and the data that comes back when one is pressed.

Data are `v1:action` or `v1:action:argument`, at most 64 bytes, and carry all that is needed: a button works after a
restart, and its owner is looked up when it is pressed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from alerts.metrics.catalog import minus
from alerts.rules.condition import typed_number
from alerts.rules.event import AlertEvent
from alerts.rules.series import Transform
from alerts.rules.state import Kind

#: (text, action) of each button, row by row.
Buttons = Sequence[Sequence[tuple[str, str]]]
VERSION = "v1"
MOST_BYTES = 64
GROUP_BYTES = 10  # in front of the data: the group that is managed in a private chat
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_GROUP = re.compile(r"~([A-Za-z0-9_-]{9})(.*)", re.ASCII | re.DOTALL)


def callback(action: str) -> str:
    """The data of a button."""
    return f"{VERSION}:{action}"


def about_group(data: str, group: int) -> str:
    """The data of a button that is about a group, wherever it is pressed."""
    return f"~{group_code(group)}{data}"


def group_named(data: str) -> tuple[int | None, str]:
    """The group that a button's data are about (None: the chat that it is in), and the data without it."""
    found = _GROUP.fullmatch(data)
    return (None, data) if found is None else (group_of(found[1]), found[2])


def group_code(group: int) -> str:
    """A group's id in nine letters that a link may hold."""
    rest, letters = -group, ""
    for _ in range(GROUP_BYTES - 1):
        rest, at = divmod(rest, len(_ALPHABET))
        letters = _ALPHABET[at] + letters
    return letters


def group_of(code: str) -> int:
    """The id of which `group_code` made the letters."""
    number = 0
    for letter in code:
        number = number * len(_ALPHABET) + _ALPHABET.index(letter)
    return -number


def pattern(action: str, argument: str | None = None) -> str:
    """A regular expression of the data of a button; `argument`: one of what follows the action."""
    return rf"^{VERSION}:{re.escape(action)}{'' if argument is None else f':(?:{argument})'}$"


def arguments(data: str) -> str:
    """What follows the action in a button's data; "" where nothing does."""
    return data.partition(":")[2].partition(":")[2]


def previews(line: str) -> str:
    """The action of a button that previews the rule of a line."""
    return f"set:{_short(line)}"


def saves(line: str) -> str:
    """The action of a button that sets the rule of a line."""
    return f"save:{_short(line)}"


def _short(line: str) -> str:
    """The line in fewer bytes that mean the same: ≤ and ≥ take three, <= and >= two."""
    return line.replace("≤", "<=").replace("≥", ">=")


def line_offered(data: Sequence[str]) -> str | None:
    """The rule's line that the Save button among these carries, as it is typed; None where none does."""
    prefix = callback("save:")
    return next((one.removeprefix(prefix) for one in data if one.startswith(prefix)), None)


def fits(action: str) -> bool:
    """Whether Telegram takes the data."""
    return len(callback(action).encode()) <= MOST_BYTES - GROUP_BYTES


def keyboard_json(buttons: Buttons) -> str | None:
    """As Telegram takes them with a message; None where there are none."""
    if not buttons:
        return None
    rows = [[{"text": text} | target(action) for text, action in row] for row in buttons]
    return json.dumps({"inline_keyboard": rows}, ensure_ascii=False)


def target(action: str) -> dict[str, str]:
    """What a button does, in Telegram's form: it opens an address, or comes back with its data."""
    return {"url": action} if action.startswith("https://") else {"callback_data": callback(action)}


def alert_buttons(events: Sequence[AlertEvent]) -> list[list[tuple[str, str]]]:
    """Under an alert: a row for each rule with the rest behind “More…”, and a clear level for those that fire often."""
    rules = {event.rule.id: (event.rule, _may_snooze(event)) for event in events if event.rule is not None}
    rows = []
    for rule, snooze in rules.values():
        beside = f"#{rule.number} " if len(rules) > 1 else ""
        rows.append(
            [
                (f"{beside}Chart", f"chart:{rule.id}"),
                ("Why", f"why:{rule.id}"),
                *([("Snooze", f"snooze:{rule.id}")] if snooze else []),
                ("More…", f"rule:{rule.id}"),
            ]
        )
        if rule.tally is not None and rule.tally.clear is not None:
            clear = typed_number(rule.tally.clear)
            shown = rule.first.series.of.show_level(rule.tally.clear)
            in_unit = rule.first.series.transform in (Transform.VALUE, Transform.AVERAGE)
            text = f"{beside}Fires often: clear at {shown if in_unit else minus(clear)}"
            rows.append([(text, f"clearat:{rule.id}:{clear}")])
    return rows


def rule_buttons(rule: int, *, snooze: bool = True) -> list[list[tuple[str, str]]]:
    """All that can be done with one rule."""
    second = [("Edit", f"edit:{rule}"), ("Delete", f"erase:{rule}")]
    return [
        [("Chart", f"chart:{rule}"), ("Why", f"why:{rule}")],
        [("Snooze", f"snooze:{rule}"), *second] if snooze else second,
    ]


def _may_snooze(event: AlertEvent) -> bool:
    """Whether the rule can fire again: there is nothing else to snooze."""
    return not (event.rule and event.rule.once) and event.kind is not Kind.EXPIRED
