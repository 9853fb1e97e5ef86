"""Rows of chats that cannot be read: what one chat has stored must not keep those of others from being read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

#: Takes a chat and why a row of it cannot be read; where it returns, that row is left out.
OnUnreadable = Callable[[int, Exception], None]


def raising(_chat: int, error: Exception) -> None:
    """Leave nothing out."""
    raise error


def read_rows(
    rows: Iterable[Any], read: Callable[[Any], T], chat_at: int, unreadable: OnUnreadable = raising
) -> list[T]:  # fmt: skip
    """What `read` makes of each row. `chat_at`: the position of the chat in a row."""
    out = []
    for row in rows:
        try:
            out.append(read(row))
        except Exception as error:  # noqa: BLE001 – it goes to `unreadable`
            unreadable(row[chat_at], error)
    return out
