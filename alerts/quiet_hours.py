"""Quiet hours: a part of the day, in the time zone of a chat."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

EXAMPLE = "22:00-07:00 Europe/Berlin"
_LINE = re.compile(
    r"(?P<start>\d{1,2}(?::\d{2})?) *(?:-|–|to) *(?P<end>\d{1,2}(?::\d{2})?)"
    r"(?: +(?P<zone>(?!silent|hold|held)[A-Za-z0-9_+/\-: ]+?))?"
    r"(?: +(?P<how>silent|silently|hold|held))?",
    re.IGNORECASE,
)


#: A zone that skips a whole day, or whose clock skips the only free hour, still has a free moment within so many days.
DAYS_TO_AN_END = 4

_OFFSET = re.compile(r"(?:utc|gmt)_?(?P<sign>[+-])_?(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?")
#: Abbreviations that name an offset of half the year only, with the city that is usually meant.
_ABBREVIATIONS = {
    **dict.fromkeys(("est", "edt", "et"), "New York"),
    **dict.fromkeys(("cst", "cdt", "ct"), "Chicago"),
    **dict.fromkeys(("mst", "mdt", "mt"), "Denver"),
    **dict.fromkeys(("pst", "pdt", "pt"), "Los Angeles"),
    **dict.fromkeys(("cest",), "Berlin"),
    **dict.fromkeys(("bst",), "London"),
    **dict.fromkeys(("ist",), "Kolkata, Dublin or Jerusalem"),
}


class QuietError(ValueError):
    """The text is not valid quiet hours; the message says what is wrong and gives a line that works."""


@dataclass(frozen=True)
class Quiet:
    """From `start` to `end`, possibly on the next day. `silent`: messages arrive without a sound; else they wait."""

    start: time
    end: time
    zone: str
    silent: bool = False

    @property
    def line(self) -> str:
        """The quiet hours as a person types them."""
        return f"{self.start:%H:%M}-{self.end:%H:%M} {self.zone} {'silent' if self.silent else 'hold'}"

    def until(self, now: datetime) -> datetime | None:
        """The end, in UTC, of the quiet hours that contain `now`; None if `now` is outside them.

        The end is the next moment outside the quiet hours at which the local clock shows `end`. If the clock skips
        that time in spring, the end is the same number of minutes after the change (02:30 becomes 03:30). If the time
        occurs twice in autumn, the next occurrence counts. If the change of the clock swallows the only hour that is
        not quiet (03:00-02:00, where 02:00 becomes 03:00), the end is that of the next day.
        """
        zone = ZoneInfo(self.zone)
        if not self._within(now.astimezone(zone)):
            return None
        today = now.astimezone(zone).date()
        ends = (
            datetime.combine(today + timedelta(days=days), self.end, zone).replace(fold=fold).astimezone(UTC)
            for days in range(DAYS_TO_AN_END)
            for fold in (0, 1)
        )
        outside = (end for end in ends if end > now and not self._within(end.astimezone(zone)))
        return min(outside, default=now + timedelta(days=DAYS_TO_AN_END))

    def _within(self, local: datetime) -> bool:
        clock = local.time().replace(tzinfo=None)
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def read_quiet(text: str, zone: str | None = None) -> Quiet:
    """Parse a line such as "22:00-07:00 Europe/Berlin silent"; `zone` is the default zone. Raises QuietError."""
    found = _LINE.fullmatch(text.strip())
    if found is None:
        raise QuietError(f"“{text.strip()[:60]}” is not understood. This works: /quiet {EXAMPLE}")
    start, end = (_clock(found[name]) for name in ("start", "end"))
    if start == end:
        raise QuietError("Start and end are equal; use /mute for the whole day.")
    where = zone_named(found["zone"]) if found["zone"] else zone
    if where is None:
        raise QuietError(f"The time zone is missing. This works: /quiet {found[1]}-{found[2]} Europe/Berlin")
    return Quiet(start, end, where, (found["how"] or "").lower()[:6] == "silent")


def zone_named(text: str) -> str:
    """The time zone with that name, such as "Europe/Berlin", "berlin", "new york", "UTC" or "UTC+2". Raises QuietError.

    "UTC+2" and "GMT+2" are two hours ahead of UTC, as people write it; the IANA name of that zone is "Etc/GMT-2".
    """
    asked = text.strip().lower().replace(" ", "_")
    if offset := _OFFSET.fullmatch(asked):
        return _fixed_offset(text.strip(), offset["sign"], int(offset["hours"]), int(offset["minutes"] or 0))
    if city := _ABBREVIATIONS.get(asked):
        raise QuietError(
            f"“{text.strip()}” does not say whether the clocks change in summer. Say the city: {city}, or UTC with the "
            "hours, such as UTC-5."
        )
    by_name = _zones()
    if asked in by_name:
        return by_name[asked]
    cities = sorted({name for key, name in by_name.items() if key.rsplit("/", 1)[-1] == asked})
    whole = [name for name in cities if name.count("/") == 1] or cities
    if len(whole) == 1:
        return whole[0]
    if whole:
        raise QuietError(f"“{text.strip()}” is the name of several time zones: say {' or '.join(whole[:4])}.")
    raise QuietError(
        f"There is no time zone “{text.strip()[:40]}”. Say, for example, Europe/Berlin or America/New_York."
    )


def _fixed_offset(text: str, sign: str, hours: int, minutes: int) -> str:
    """The IANA name of a fixed offset. Its sign is the other way round there: POSIX counts hours west of Greenwich."""
    if minutes:
        raise QuietError(f"“{text}” is not a whole number of hours: say the city, such as Asia/Kolkata.")
    if hours == 0:
        return "UTC"
    ahead = sign == "+"
    if hours > (14 if ahead else 12):
        raise QuietError(f"“{text}”: time zones reach from UTC-12 to UTC+14.")
    return f"Etc/GMT{'-' if ahead else '+'}{hours}"


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() if not name.startswith(("posix", "right"))}


def _clock(text: str) -> time:
    hour, _, minute = text.partition(":")
    if int(hour) > 23 or int(minute or 0) > 59:
        raise QuietError(f"{text} is no time of day; say, for example, 22:00.")
    return time(int(hour), int(minute or 0))
