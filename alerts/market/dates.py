"""The Date headers of a source's answers: how far this machine's clock is off, and how late it is by the source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


class Dates:
    """What the answers of one source say of the time. Several threads may note answers at once.

    latest: the latest time that an answer named. ahead: by how much this machine's clock is ahead (negative: behind),
    by the answer that is nearest to it, because an answer out of a cache has an old date. Both None without a date.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        """`now` returns this machine's time, with a time zone."""
        self._now = now
        self.latest: datetime | None = None
        self.ahead: timedelta | None = None

    def note(self, date: str | None, age: str | None = None) -> None:
        """Note the headers Date and Age (seconds that a cache kept the answer) of one answer."""
        if (said := answered_at(date, age)) is None:
            return
        ahead = self._now() - said
        self.latest = said if self.latest is None else max(self.latest, said)
        if self.ahead is None or abs(ahead) < abs(self.ahead):
            self.ahead = ahead

    def take(self) -> timedelta | None:
        """`ahead` by the answers since the last call, so that a clock that is set later is seen."""
        ahead, self.ahead = self.ahead, None
        return ahead


def answered_at(date: str | None, age: str | None = None) -> datetime | None:
    """When an answer left, by its headers; None where they do not say."""
    try:
        said = parsedate_to_datetime(date or "")
        kept = timedelta(seconds=max(0, int(age or 0)))
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC) + kept
    except (ValueError, OverflowError, TypeError):
        return None
