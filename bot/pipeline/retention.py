"""Deletes with age what the settings KEEP_…_DAYS limit, once a day."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

from bot.database import Store
from bot.pipeline import schedule
from bot.settings import Settings
from storage.retention import Retention, prune

log = logging.getLogger(__name__)

BETWEEN_SECONDS = 0.05  # in which others write


def plan(scheduler: Any, settings: Settings, store: Store) -> None:
    """Look every day, and at the start. Nothing of a simulated market goes: it has a clock of its own."""
    if settings.market == "sample":
        return
    keep = Retention(settings.keep_events_days, settings.keep_messages_days, settings.keep_census_days)

    async def look() -> None:
        await prune_all(store, keep, datetime.now(UTC))

    schedule.daily(scheduler, look, "retention")


async def prune_all(store: Store, keep: Retention, now: datetime) -> int:
    """Delete all that is too old, in many short transactions. Returns how many rows."""
    total = 0
    while gone := await store.write(prune, keep, now):
        total += gone
        await asyncio.sleep(BETWEEN_SECONDS)
    if total:
        log.info("%d rows that the settings KEEP_…_DAYS no longer keep are deleted", total)
    return total
