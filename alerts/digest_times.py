"""When a digest is due: a local time in a chat's own zone, on every day, on weekdays, or on one day of the week."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts.quiet_hours import QuietError, zone_named

EXAMPLE = "Mondays 7:30 Berlin"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAILY = ("daily", "every day", "each day", "day")
_WORKDAYS = ("weekdays", "every weekday", "workdays", "mon-fri")
_TIME = re.compile(
    r"(?P<days>.*?)\s*(?:\bat\s+)?\b(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?\s*(?P<half>am|pm|h|uhr)?\b\s*(?P<zone>.*)",
    re.IGNORECASE,
)


class DigestTimeError(ValueError):
    """The text is no time for a digest; the message says what is wrong and gives a line that works."""


@dataclass(frozen=True)
class DigestTime:
    """Local time `at` in `zone`, on the days of the week in `days` (0 Monday … 6 Sunday)."""

    days: tuple[int, ...]
    at: time
    zone: str

    @property
    def line(self) -> str:
        """The time as a person types it; `read_digest_time` reads it back."""
        if len(self.days) == 7:
            days = "daily"
        elif self.days == (0, 1, 2, 3, 4):
            days = "weekdays"
        else:
            days = ", ".join(f"{WEEKDAYS[day]}s" for day in self.days)
        return f"{days} {self.at:%H:%M} {self.zone}"

    @property
    def daily(self) -> bool:
        """Whether it is due on more than one day of the week."""
        return len(self.days) > 1

    def next_due(self, after: datetime) -> datetime:
        """The first due moment later than `after`, in UTC.

        Each local date has one due moment at most: a time that occurs twice in autumn counts the first time, and a
        time that the clocks skip in spring is due the same number of minutes after the change.
        """
        zone = ZoneInfo(self.zone)
        day = after.astimezone(zone).date() - timedelta(days=1)
        while True:
            if day.weekday() in self.days:
                due = _moment(day, self.at, zone)
                if due > after:
                    return due
            day += timedelta(days=1)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def read_digest_time(text: str, zone: str | None = None) -> DigestTime:
    """Parse a line such as "7:30 Berlin", "weekdays 18h", "Sundays 9am New York"; `zone` is the default zone.

    Without days it is every day. Raises DigestTimeError.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise DigestTimeError(f"“{text.strip()[:60]}” names no time of day. This works: /digest {EXAMPLE}")
    where = found["zone"].strip(" ,")
    try:
        named = zone_named(where) if where else zone
    except QuietError as error:
        raise DigestTimeError(str(error)) from None
    if named is None:
        raise DigestTimeError(f"The time zone is missing. This works: /digest {text.strip()[:40]} Berlin")
    return DigestTime(_days(found["days"]), _clock(found["hour"], found["minute"], found["half"]), named)


def _days(text: str) -> tuple[int, ...]:
    words = text.strip(" ,").lower()
    if not words or words in _DAILY:
        return tuple(range(7))
    if words in _WORKDAYS:
        return (0, 1, 2, 3, 4)
    days = set()
    for word in re.split(r"[\s,]+|\band\b", words.removeprefix("every ").removeprefix("on ")):
        if not word or word in ("weekly", "and"):
            continue
        named = [at for at, day in enumerate(WEEKDAYS) if _names(word, day.lower())]
        if not named:
            raise DigestTimeError(f"“{word}” is no day of the week. This works: /digest {EXAMPLE}")
        days.add(named[0])
    return tuple(sorted(days)) or (0,)


def _names(word: str, day: str) -> bool:
    """ "mon", "mondays", "tues" … of at least three letters."""
    return len(word) >= 3 and day.startswith(word.removesuffix("s") if len(word) > 4 else word)


def _clock(hour: str, minute: str | None, half: str | None) -> time:
    hours, minutes, part = int(hour), int(minute or 0), (half or "").lower()
    if part in ("am", "pm") and 1 <= hours <= 12:
        hours = hours % 12 + (12 if part == "pm" else 0)
    if hours > 23 or minutes > 59 or (part in ("am", "pm") and int(hour) > 12):
        typed = f"{hour}{':' + minute if minute else ''}{part}"
        raise DigestTimeError(f"{typed} is no time of day. Say, for example, 7:30.")
    return time(hours, minutes)
