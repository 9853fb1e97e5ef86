"""Failures that concern one chat: its rules, preferences or messages, while all others' go on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from storage.errors import usable_error

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


class ChatFailures:
    """The chats that something could not be done for, and why: one reason each."""

    def __init__(self) -> None:
        self.reasons: dict[int, str] = {}

    def add(self, chat: int, error: Exception) -> None:
        """Note and log a failure. Raises an error of the database file itself again: it concerns all chats."""
        if usable_error(error, "") is not None:
            raise error
        if chat not in self.reasons:
            log.error("chat %d: something it has stored cannot be evaluated", chat, exc_info=error)
        self.reasons.setdefault(chat, f"{type(error).__name__}: {error}")

    def each(self, items: Iterable[T], chat_of: Callable[[T], int], do: Callable[[T], R]) -> list[R]:
        """What `do` returns for each item, without the items for which it fails."""
        out = []
        for item in items:
            try:
                out.append(do(item))
            except Exception as error:  # noqa: BLE001 – whatever it is, it concerns this chat alone
                self.add(chat_of(item), error)
        return out
