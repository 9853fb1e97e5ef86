"""For how long a chat is muted, as people type it: "1 day", "2 weeks", "3d", "a week", "forever"."""

from __future__ import annotations

import re
from datetime import timedelta

LONGEST = timedelta(days=366)
FOREVER = timedelta(0)  # until the chat ends it itself
_WITHOUT_END = ("forever", "until unmute", "until /unmute", "until i unmute", "on")
_LENGTH = re.compile(r"(?:for )?(\d{1,3}|an?|one|two|three)? ?(d|days?|w|weeks?|months?|night|tomorrow)")
_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3}
_DAYS = {"d": 1, "w": 7, "m": 30, "n": 1, "t": 1}  # by the first letter of day, week, month, night, tomorrow


def read_length(typed: str) -> timedelta | None:
    """The length in whole days, FOREVER for one without end; None where it is none, or longer than a year."""
    text = " ".join(typed.casefold().replace("until tomorrow", "1 day").split())
    if text in _WITHOUT_END:
        return FOREVER
    found = _LENGTH.fullmatch(text)
    if found is None:
        return None
    count = found[1] or "1"
    length = timedelta(days=(_WORDS.get(count) or int(count)) * _DAYS[found[2][0]])
    return length if timedelta(0) < length <= LONGEST else None
