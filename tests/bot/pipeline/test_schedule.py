"""When the bot refreshes: from the exchange's calendar, on an argument of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.market.sessions import seal_deadline
from bot.pipeline.schedule import EachSession, after_close

NEW_YORK = ZoneInfo("America/New_York")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2025-07-30 12:00", "2025-07-30 16:20"),
        ("2025-07-30 16:20", "2025-07-30 16:20"),
        ("2025-07-30 16:21", "2025-07-31 16:20"),
        ("2025-07-03 09:00", "2025-07-03 13:20"),  # an early close
        ("2025-07-03 14:00", "2025-07-07 16:20"),  # Independence Day and a weekend follow
        ("2025-01-08 18:00", "2025-01-10 16:20"),  # 9 January 2025: a day of mourning
        ("2025-03-07 18:00", "2025-03-10 16:20"),  # over the turn to daylight-saving time
        ("2025-11-28 10:00", "2025-11-28 13:20"),  # the day after Thanksgiving
        ("2025-12-31 20:00", "2026-01-02 16:20"),
    ],
)
def test_it_refreshes_twenty_minutes_after_the_close(now: str, expected: str) -> None:
    assert EachSession(after_close).get_next_fire_time(None, at(now)) == at(expected)


def test_each_close_is_met_once() -> None:
    trigger, now = EachSession(after_close), at("2025-06-30 00:00")
    previous, met = None, []
    for _ in range(5):
        previous = trigger.get_next_fire_time(previous, now)
        met.append(previous.astimezone(NEW_YORK).date().isoformat())
        now = previous
    assert met == ["2025-06-30", "2025-07-01", "2025-07-02", "2025-07-03", "2025-07-07"]


def test_a_late_wake_does_not_fire_the_missed_ones_again() -> None:
    trigger = EachSession(after_close)
    asleep_since = at("2025-07-28 16:20")
    assert trigger.get_next_fire_time(asleep_since, at("2025-08-01 09:00")) == at("2025-08-01 16:20")


def test_what_is_missing_is_judged_at_nine_on_the_next_session() -> None:
    assert seal_deadline(at("2025-07-03 00:00").date()) == at("2025-07-07 09:00")
    deadline = EachSession(seal_deadline).get_next_fire_time(None, at("2025-07-03 14:00"))
    assert deadline.astimezone(UTC) - at("2025-07-07 09:00").astimezone(UTC) <= timedelta(0)
