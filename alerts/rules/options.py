"""Options after the conditions: for, clear, keep, once, every time, remind every, until."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from alerts.rules.numbers import NUMBER, number_of
from alerts.rules.rule import Repeat

_DAYS = r"(\d{1,9}) ?(?:d|days?|sessions?)\b"
_HOLD = re.compile(rf"(?:held )?for {_DAYS}")
_KEEP = re.compile(rf"keep(?: for)? {_DAYS}")
_REMIND = re.compile(rf"remind(?: me)? every (?:{_DAYS}|(?:day|session)\b)")
_CLEAR = re.compile(r"(?:cleared|clears?)\b(?: (?:at|past|below|above))? ?")
_UNTIL = re.compile(r"until ?(\S*)")
_ONCE = re.compile(r"(?:only )?once\b")
_EVERY = re.compile(r"every time\b")
_EXAMPLE = "small above 200d > 60 for 3 days once"
KNOWN = "“for 3 days”, “clear 55”, “keep 3 days”, “once”, “every time”, “remind every 5 days” or “until 2030-12-31”"


@dataclass(eq=False)
class NotUnderstood(ValueError):
    """The text after the conditions is not an option, or repeats one."""

    problem: str
    example: str = _EXAMPLE


def read_options(rest: str) -> dict[str, Any]:
    """The Rule fields that normalised `rest` sets. Raises NotUnderstood."""
    out: dict[str, Any] = {}
    while rest := rest.lstrip(" ,;"):
        name, value, end = _option(rest)
        if name in out:
            raise NotUnderstood(f"“{rest[:40]}” is not understood: that was said already.")
        out[name] = value
        rest = rest[end:]
    return out


def _option(rest: str) -> tuple[str, Any, int]:
    """(field, value, end position) of the option at the start of `rest`."""
    for name, pattern in (("hold", _HOLD), ("keep", _KEEP)):
        if found := pattern.match(rest):
            return name, int(found[1]), found.end()
    if found := _REMIND.match(rest):
        return "remind", int(found[1] or 1), found.end()
    if found := _ONCE.match(rest):
        return "repeat", Repeat.ONCE, found.end()
    if found := _EVERY.match(rest):
        return "repeat", Repeat.EVERY_TIME, found.end()
    if found := _CLEAR.match(rest):
        level = NUMBER.match(rest, found.end())
        value = number_of(level[0]) if level else None
        if level is None or value is None:
            raise NotUnderstood(f"“{rest[:40]}”: after “clear” a number is missing.", "small above 200d > 60 clear 55")
        return "clear", value, level.end()
    if found := _UNTIL.match(rest):
        try:
            return "until", date.fromisoformat(found[1].rstrip(",;")), found.end()
        except ValueError:
            raise NotUnderstood(
                f"“{rest[:40]}”: after “until” a date is missing, written as year-month-day.",
                "small above 200d > 60 until 2030-12-31",
            ) from None
    raise NotUnderstood(f"“{rest[:40]}” is not understood; options are {KNOWN}.")
