"""Scheduled back-ups: one a day into BACKUP_DIR, by the same console command that a person may run."""

from __future__ import annotations

import asyncio
import logging
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.database import Store
from bot.messages import operator
from bot.pipeline import schedule
from bot.settings import Settings
from storage import outbox
from storage.backup import backups_in

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
_EARLY = timedelta(minutes=30)  # looked at hourly: the time of day stays where it is


def plan(scheduler: Any, settings: Settings, store: Store) -> None:
    """Back up once a day, and at once where the last back-up is older than that. Nothing without BACKUP_DIR."""
    if settings.backup_dir is None:
        return

    async def look() -> None:
        await back_up_if_due(settings, store)

    schedule.hourly(scheduler, look, "back-up")


async def back_up_if_due(settings: Settings, store: Store) -> None:
    """Make a back-up if the newest is a day old, in a process of its own; operators are told once a day if it fails."""
    assert settings.backup_dir is not None
    newest = next(iter(backups_in(settings.backup_dir)), None)
    if newest is not None and datetime.now(UTC) - newest.made_at < EVERY - _EARLY:
        return
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "backup",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, complaint = await child.communicate()
    except asyncio.CancelledError:
        child.terminate()
        await child.wait()
        raise
    if child.returncode == 0:
        log.info("back-up: %s", " ".join(out.decode().split()))
        return
    why = complaint.decode(errors="replace").strip().rpartition("\n")[2] or f"it ended with status {child.returncode}"
    log.error("no back-up was made: %s", why)
    await store.write(
        outbox.tell_operators, settings.admin_chat_ids, "back-up", operator.backup_failed(why), datetime.now(UTC)
    )
