"""Several requests side by side, with one deadline for all of them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

from alerts.market.feed import FeedError, FeedUnavailable

T = TypeVar("T")

WORKERS = 6


def ask_all(ask: Callable[[str], T], names: Sequence[str], seconds: float) -> Iterator[tuple[str, T | FeedError]]:
    """Each name with its answer or the FeedError in its place, as they come, until `seconds` have passed.

    What has no answer by then gets a FeedUnavailable. Its request is left alone: it ends with its own time limit, or
    with the process. Where the first two answers are errors, the others are not asked any more.
    """
    end = time.monotonic() + seconds
    left, answers = deque(names), SimpleQueue[tuple[str, T | Exception]]()

    def work() -> None:
        while left:
            try:
                name = left.popleft()
            except IndexError:  # another worker was faster
                return
            try:
                answers.put((name, ask(name)))
            except Exception as error:  # noqa: BLE001 – raised again by the caller, unless it is a FeedError
                answers.put((name, error))

    for _ in range(min(WORKERS, len(names))):
        Thread(target=work, daemon=True, name="economy").start()
    waiting, failed, answered = list(names), 0, 0
    while waiting:
        try:
            name, answer = answers.get(timeout=max(0.0, end - time.monotonic()))
        except Empty:
            left.clear()
            for name in waiting:
                yield name, FeedUnavailable(f"{name}: no answer within the {seconds:g} seconds that all of them have")
            return
        waiting.remove(name)
        if isinstance(answer, Exception) and not isinstance(answer, FeedError):
            raise answer
        answered += 1
        failed += isinstance(answer, FeedError)
        yield name, answer
        if failed == answered == 2:  # it does not answer at all
            left.clear()
            return
