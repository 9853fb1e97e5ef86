"""The calls that came, newest last: what was called, for which chat, and how it ended. Never the token."""

from collections import Counter, deque
from typing import Any

KEPT = 100_000


class Calls:
    """Counts by method, and a log of the newest KEPT calls."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.last = 0
        self._log: deque[tuple[int, float, str, int | str | None, str]] = deque(maxlen=KEPT)

    def add(self, time: float, method: str, chat_id: int | str | None, outcome: str) -> None:
        """`time` in seconds since 1970.

        `outcome`: ok, dropped before, dropped after, the client hung up, or the code and description.
        """
        self.counts[method] += 1
        self.last += 1
        self._log.append((self.last, time, method, chat_id, outcome))

    def since(self, number: int) -> list[dict[str, Any]]:
        """The calls after the call `number`, oldest first, as JSON."""
        names = ("number", "time", "method", "chat_id", "outcome")
        return [dict(zip(names, call, strict=True)) for call in self._log if call[0] > number]

    def reset(self) -> None:
        """Count from nothing; the log and its numbers go on."""
        self.counts.clear()
