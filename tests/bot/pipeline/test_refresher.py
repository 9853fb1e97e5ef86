"""Refreshes in a child process: one that takes too long is ended, and the operators hear of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.database import Store
from bot.pipeline.refresher import Refresher, longest_seconds
from storage.database import open_database

OPERATOR = 4242


@pytest.mark.process
async def test_a_refresh_that_is_not_done_in_time_is_killed_and_tried_again(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in {"MARKET": "sample", "DATABASE_PATH": str(path), "CACHE_PATH": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    open_database(path).close()
    store = Store(path)
    refresher = Refresher(store, 0, lambda: None, (OPERATOR,), {"refresh": 0.05})
    refresher.scheduler = AsyncIOScheduler()
    async with asyncio.timeout(60):
        await refresher.run()
    assert refresher._child is not None
    assert refresher._child.returncode == -9
    assert "refresh is not done after 0 seconds; it is ended" in caplog.text
    told = await store.read(lambda db: db.conn.execute("SELECT chat, text FROM outbox").fetchall())
    assert [chat for chat, _ in told] == [OPERATOR]
    assert "The refresh failed" in told[0][1]
    (again,) = refresher.scheduler.get_jobs()
    assert again.name == "refresh again"
    await store.close()


def test_what_is_paced_by_yahoo_has_time_for_all_its_requests() -> None:
    longest = longest_seconds(0.1)
    assert longest["refresh"] == timedelta(minutes=30).total_seconds()
    for command in ("backfill", "valuation-history"):
        assert longest[command] > 2_570 / 0.1 + (60 + 180 + 600 + 1200 + 1800)
        assert longest_seconds(1)[command] < timedelta(hours=6).total_seconds()
