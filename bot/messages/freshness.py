"""The lines about the figures' age, under the date of every answer with figures. Plain text."""

from __future__ import annotations

from alerts.market.sessions import NEW_YORK
from bot.formatting import short_day
from bot.reports.freshness import Freshness


def freshness_lines(found: Freshness) -> tuple[str, ...]:
    """What is late and what is still being filled; no lines where nothing is."""
    return (*_missed(found), *_filling(found))


def _missed(found: Freshness) -> tuple[str, ...]:
    if found.latest is None:
        return ()
    line = f"⏳ {found.missed} session{'s' if found.missed > 1 else ''} behind: {short_day(found.latest)} has closed."
    if found.failing is not None:
        since = found.failing.since.astimezone(NEW_YORK)
        line += f" No {found.failing.source} since {short_day(since.date())}, {since:%H:%M} New York time."
    return (line,)


def _filling(found: Freshness) -> tuple[str, ...]:
    if found.filled is None:
        return ()
    have, total = found.filled
    since = f" since {found.since.year}" if found.since else ""
    return (f"⏳ History{since}: {have:,} of {total:,} companies.",)
