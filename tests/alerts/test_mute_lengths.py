"""Lengths of a mute, as people type them."""

from __future__ import annotations

import pytest

from alerts.mute_lengths import FOREVER, read_length


@pytest.mark.parametrize(
    ("typed", "days"),
    [("1 day", 1), ("a day", 1), ("3d", 3), ("for 2 weeks", 2 * 7), ("1w", 7), ("a week", 7), ("Week", 7),
     ("1 month", 30), ("tomorrow", 1), ("until tomorrow", 1), ("366 days", 366)],
)  # fmt: skip
def test_a_length_is_understood(typed: str, days: int) -> None:
    length = read_length(typed)
    assert length is not None
    assert length.days == days


@pytest.mark.parametrize("typed", ["forever", "until /unmute", "on"])
def test_without_end(typed: str) -> None:
    assert read_length(typed) == FOREVER


@pytest.mark.parametrize("typed", ["0 days", "367 days", "soon", "-1 day", "1 hour", "99 weeks", ""])
def test_what_is_no_length(typed: str) -> None:
    assert read_length(typed) is None
