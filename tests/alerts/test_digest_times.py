"""When a digest is due, as people type it, and over every change of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.digest_times import DigestTime, DigestTimeError, read_digest_time

ALL = tuple(range(7))
ZONES = (
    "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Jerusalem",
    "America/Sao_Paulo", "Africa/Casablanca", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu", "UTC",
)  # fmt: skip


@pytest.mark.parametrize(
    ("line", "means"),
    [
        ("7:30 Berlin", DigestTime(ALL, time(7, 30), "Europe/Berlin")),
        ("weekdays 18h", DigestTime((0, 1, 2, 3, 4), time(18), "Asia/Tokyo")),
        ("Sundays 9am New York", DigestTime((6,), time(9), "America/New_York")),
        ("Monday and Thursday 07.15 london", DigestTime((0, 3), time(7, 15), "Europe/London")),
        ("every friday at 5pm", DigestTime((4,), time(17), "Asia/Tokyo")),
        ("daily 12am UTC", DigestTime(ALL, time(0), "UTC")),
        ("mon 7 UTC+2", DigestTime((0,), time(7), "Etc/GMT-2")),
        ("weekly 8:00", DigestTime((0,), time(8), "Asia/Tokyo")),
    ],
)
def test_lines_are_understood_and_print_back(line: str, means: DigestTime) -> None:
    found = read_digest_time(line, "Asia/Tokyo")
    assert found == means
    assert read_digest_time(found.line) == found


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("tomorrow", "names no time of day"),
        ("25:00 UTC", "25:00 is no time of day"),
        ("13pm UTC", "13pm is no time of day"),
        ("Blursday 7:30 UTC", "“blursday” is no day of the week"),
        ("7:30", "time zone is missing"),
        ("7:30 Atlantis", "no time zone “Atlantis”"),
        ("7:30 EST", "Say the city: New York"),
    ],
)
def test_what_is_wrong_is_named_with_what_would_be_right(line: str, wrong: str) -> None:
    with pytest.raises(DigestTimeError, match=wrong):
        read_digest_time(line)


def test_a_time_that_the_clocks_skip_is_due_after_the_change_and_one_that_occurs_twice_once() -> None:
    early = DigestTime(ALL, time(2, 30), "Europe/Berlin")
    spring = early.next_due(datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert spring.astimezone(ZoneInfo("Europe/Berlin")).strftime("%d %H:%M") == "29 03:30"
    assert early.next_due(spring) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
    autumn = early.next_due(datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first 02:30, still summer time
    assert early.next_due(autumn) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@given(
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda found: tuple(sorted(found))),
    at=st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
    start=st.integers(1_700_000_000, 1_900_000_000),
)
def test_each_chosen_day_has_exactly_one_due_moment(days: tuple[int, ...], at: time, zone: str, start: int) -> None:
    wanted, place = DigestTime(days, at, zone), ZoneInfo(zone)
    now, found = datetime.fromtimestamp(start, UTC), []
    for _ in range(10):
        later = wanted.next_due(now)
        assert later > now
        assert not now.microsecond or later - now <= timedelta(days=8)
        found.append(later)
        now = later
    local = [due.astimezone(place) for due in found]
    dates = [(due - timedelta(hours=3) if due.time() < time(3) and at >= time(21) else due).date() for due in local]
    assert len(set(dates)) == len(dates)  # no date twice
    first, last = dates[0], dates[-1]
    expected = sum((first + timedelta(days=n)).weekday() in days for n in range((last - first).days + 1))
    assert expected == len(dates)  # and none missed
