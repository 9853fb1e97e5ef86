"""Quiet hours: what a line says, and when they end by the clocks of a place."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.quiet_hours import Quiet, QuietError, read_quiet

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland", "UTC")
CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


@pytest.mark.parametrize(
    ("line", "means"),
    [
        ("22:00-07:00 Europe/Berlin", Quiet(time(22), time(7), "Europe/Berlin")),
        ("22-7 berlin silent", Quiet(time(22), time(7), "Europe/Berlin", silent=True)),
        ("22:30 to 6:15 new york hold", Quiet(time(22, 30), time(6, 15), "America/New_York")),
        ("00:00–08:00 utc SILENTLY", Quiet(time(0), time(8), "UTC", silent=True)),
        ("22:00-07:00 GMT+2", Quiet(time(22), time(7), "Etc/GMT-2")),
        ("22:00-07:00 utc-5 silent", Quiet(time(22), time(7), "Etc/GMT+5", silent=True)),
        ("22:00-07:00 UTC+02:00", Quiet(time(22), time(7), "Etc/GMT-2")),
        ("22:00-07:00 UTC+0", Quiet(time(22), time(7), "UTC")),
        ("21:00-06:00", Quiet(time(21), time(6), "Asia/Tokyo")),
        ("21:00-06:00 silent", Quiet(time(21), time(6), "Asia/Tokyo", silent=True)),
    ],
)
def test_lines_are_understood_and_print_back(line: str, means: Quiet) -> None:
    found = read_quiet(line, "Asia/Tokyo")
    assert found == means
    assert read_quiet(found.line) == found


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("whenever", "not understood"),
        ("25:00-07:00 UTC", "25:00 is no time of day"),
        ("22:00-07:61 UTC", "07:61 is no time of day"),
        ("22:00-22:00 UTC", "/mute"),
        ("22:00-07:00", "time zone is missing"),
        ("22:00-07:00 EST", "Say the city: New York"),
        ("22:00-07:00 UTC+5:30", "say the city, such as Asia/Kolkata"),
        ("22:00-07:00 UTC+15", "from UTC-12 to UTC\\+14"),
        ("22:00-07:00 Atlantis", "no time zone “Atlantis”"),
    ],
)
def test_what_is_not_is_answered_with_what_would_be(line: str, wrong: str) -> None:
    with pytest.raises(QuietError, match=wrong):
        read_quiet(line)


@given(start=CLOCKS, end=CLOCKS, zone=st.sampled_from(ZONES), at=st.integers(1_700_000_000, 1_800_000_000))
def test_they_end_at_the_first_moment_at_which_the_local_clock_has_passed_their_end(
    start: time, end: time, zone: str, at: int
) -> None:
    if start == end:
        return
    quiet, now = Quiet(start, end, zone), datetime.fromtimestamp(at, UTC)
    clock = now.astimezone(ZoneInfo(zone)).time()
    within = start <= clock < end if start < end else clock >= start or clock < end
    until = quiet.until(now)
    assert (until is not None) is within
    if until is not None:
        assert now < until <= now + timedelta(hours=49)
        assert quiet.until(until) is None
        # No minute between is free of it, but where the clocks jump over their end.
        shown = until.astimezone(ZoneInfo(zone)).time()
        assert (
            shown == end or until.astimezone(ZoneInfo(zone)).utcoffset() != now.astimezone(ZoneInfo(zone)).utcoffset()
        )


def test_a_zone_two_hours_ahead_is_two_hours_ahead() -> None:
    quiet = read_quiet("22:00-07:00 GMT+2")
    assert quiet.until(datetime(2026, 1, 5, 19, 59, tzinfo=UTC)) is None
    assert quiet.until(datetime(2026, 1, 5, 20, 0, tzinfo=UTC)) == datetime(2026, 1, 6, 5, 0, tzinfo=UTC)


def test_quiet_hours_end_even_where_the_clock_skips_their_only_free_hour() -> None:
    """Asia/Jerusalem goes from 02:00 to 03:00 on 27 March 2026: that day has no minute outside 03:00-02:00."""
    quiet = read_quiet("03:00-02:00 Asia/Jerusalem")
    end = quiet.until(datetime(2026, 3, 26, 12, 0, tzinfo=UTC))
    assert end == datetime(2026, 3, 27, 23, 0, tzinfo=UTC)
    assert end.astimezone(ZoneInfo("Asia/Jerusalem")).time() == time(2)


def test_no_change_of_clocks_in_any_zone_leaves_quiet_hours_without_an_end() -> None:
    """Every change of the clocks in 2025 to 2027, with quiet hours that leave one hour of the day free."""
    days = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(3 * 365)]
    tried = 0
    for name in sorted(available_timezones()):
        offsets = [day.astimezone(ZoneInfo(name)).utcoffset() for day in days]
        for change, before, after in zip(days, offsets, offsets[1:], strict=False):
            if before == after:
                continue
            for free in range(24):
                quiet = Quiet(time((free + 1) % 24), time(free), name)
                end = quiet.until(change)
                assert end is None or (change < end <= change + timedelta(hours=49) and quiet.until(end) is None)
                tried += 1
    assert tried > 10_000
