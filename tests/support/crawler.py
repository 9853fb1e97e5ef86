"""Presses every button of every message until no new kind of message appears.

A kind is what stands under a message: the set of its buttons' actions, with or without a picture. Each button of the
first message of a kind is pressed (of more than three that differ in their argument alone, the first three), those that
end something (save, delete, cancel …) after the others and after all that those led to. A press must be seen to do
something: a new message, a changed one, or a note at the button.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from support.program import until
from support.telegram_people import Person, text

#: Pressed last: they end what the other buttons go on with.
LAST = ("save", "draft", "commit", "leave", "cancel", "delete", "erase", "keep")
NEVER = ("forget",)  # ends it all: pressed when the crawl is over
ALIKE = 3  # buttons of one action under one message
SECONDS = 60.0

Row = dict[str, Any]


@dataclass
class Crawler:
    """One crawl of a chat. answered: whether the bot has nothing left to answer."""

    person: Person
    answered: Callable[[], bool]
    kinds: dict[frozenset[str], str] = field(default_factory=dict)  # with the first words of the first of each
    heard: list[str] = field(default_factory=list)
    pressed: int = 0
    newest: int = 0  # message
    idle: list[str] = field(default_factory=list)  # presses that nobody saw do anything

    def ask(self, typed: str) -> None:
        """Type a message and crawl from all that answers it."""
        before = self.newest
        self.person.say(typed)
        until(lambda: [row for row in self.person.after(before) if row["from_bot"]], SECONDS)
        until(self.answered, SECONDS)
        self._visit_new(before)

    def _visit_new(self, after: int) -> None:
        for row in self.person.after(after):
            self.newest = max(self.newest, row["message_id"])
            if row["from_bot"]:
                self.heard.append(text(row))
                self._visit(row)

    def _visit(self, row: Row) -> None:
        buttons = keys(row)
        kind = frozenset(action(data) for _, data in buttons)
        if row["message"].get("photo"):
            kind |= {"a picture"}
        if kind in self.kinds or not buttons:
            self.kinds.setdefault(kind, text(row)[:60])
            return
        self.kinds[kind] = text(row)[:60]
        counts: Counter[str] = Counter()
        for shown, data in sorted(buttons, key=lambda key: action(key[1]) in LAST):
            counts[action(data)] += 1
            if action(data) not in NEVER and counts[action(data)] <= ALIKE:
                self._press(row, shown, data)

    def _press(self, row: Row, shown: str, data: str) -> None:
        before, as_it_was = self.newest, seen(self.person.again(row))
        query = self.person.press_data(row, data)
        note = until(lambda: (one := self.person.note(query)).get("answered") and one, SECONDS)
        self.pressed += 1
        until(self.answered, SECONDS)
        try:
            until(
                lambda: note.get("text") or self.person.after(before) or seen(self.person.again(row)) != as_it_was,
                SECONDS / 3,
            )
        except AssertionError:
            self.idle.append(f"{shown} ({data}) under “{text(row)[:60]}”")
        now = self.person.again(row)
        changed = seen(now) != as_it_was
        if changed:
            self._visit(now)
        self._visit_new(before)


def seen(row: Row) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """What a person sees of a message."""
    photo = row["message"].get("photo") or [{"file_id": ""}]
    return text(row), tuple(keys(row)), photo[-1]["file_id"]


def keys(row: Row) -> list[tuple[str, str]]:
    """(text, data) of each button."""
    markup = row["message"].get("reply_markup") or {"inline_keyboard": []}
    return [(key["text"], key["callback_data"]) for line in markup["inline_keyboard"] for key in line]


def action(data: str) -> str:
    """The action in a button's data."""
    return data.split(":")[1]
