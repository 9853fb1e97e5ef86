"""What the file of a conversation declares: its commands and its buttons. `dispatch` collects them.

A file that defines `COMMANDS` or `BUTTONS` (tuples of the classes here) is a conversation; nothing else has to name it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from telegram import Update

from bot.commands.parts import Context
from bot.messages.buttons import pattern

Answer = Callable[[Update, Context], Coroutine[Any, Any, None]]
ID = r"\d{1,18}"  # of a rule or a draft


@dataclass(frozen=True)
class Command:
    """`/name`, with its line in Telegram's menu and in /help.

    menu: that line; "" leaves the command out of both. place: the lines stand in ascending order of it.
    """

    name: str
    answer: Answer
    menu: str = ""
    place: int = 0


@dataclass(frozen=True)
class Button:
    """A button by the action in its data. argument: a regular expression of what follows it, None for nothing."""

    action: str
    answer: Answer
    argument: str | None = None

    @property
    def pattern(self) -> str:
        """A regular expression of the whole data."""
        return pattern(self.action, self.argument)
