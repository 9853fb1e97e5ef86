"""Repeating a request to a source that is unavailable."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from alerts.market.feed import FeedUnavailable

T = TypeVar("T")

log = logging.getLogger(__name__)


class RetryPolicy:
    """Repeats a request after a pause. The pauses are for the whole run: each is used once."""

    def __init__(self, pauses: Sequence[float] = ()) -> None:
        """`pauses`: seconds, each varied by up to a fifth."""
        self._left = list(pauses)

    def __call__(self, request: Callable[[], T]) -> T:
        """What `request` returns. Raises what it raises; FeedUnavailable only once no pause is left."""
        while True:
            try:
                return request()
            except FeedUnavailable as error:
                if not self._left:
                    raise
                seconds = self._left.pop(0) * random.uniform(0.8, 1.2)
                log.warning("%s; the next request follows in %.0f seconds", error, seconds)
                time.sleep(seconds)
