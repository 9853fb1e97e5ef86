"""/healthz, /readyz and /metrics over a socket."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlite_utils import Database

from bot.database import Store
from bot.transport.health_server import HealthServer
from storage import chats, outbox
from storage.database import writing

NOW = datetime(2025, 8, 22, 21, tzinfo=UTC)


async def test_it_says_alive_ready_and_its_numbers(path: Path, db: Database, unused_tcp_port: int) -> None:
    with writing(db):
        chats.subscribe(db, 1, NOW)
        outbox.tell_operators(db, [1, 2], "notice", "hello", NOW)
        outbox.mark_sent(db, [outbox.Sent(1, 7)], NOW)
    silent = 0.0
    store = Store(path)
    server = HealthServer(store, lambda: silent)
    await server.start("127.0.0.1", unused_tcp_port)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{unused_tcp_port}") as client:

            async def get(route: str) -> tuple[int, str]:
                async with client.get(route) as answer:
                    return answer.status, await answer.text()

            assert await get("/healthz") == (200, "ok\n")
            assert await get("/readyz") == (200, "ready\n")
            silent = 100.0
            assert await get("/readyz") == (503, "Telegram has not answered for 100 seconds\n")
            assert (await get("/healthz"))[0] == 200
            text = (await get("/metrics"))[1]
    finally:
        await server.stop()
        await store.close()
    found = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }
    assert found["rotation_chats",] == 2
    assert found["rotation_subscribers",] == 1
    assert found["rotation_outbox_due",] == 1
    assert found["rotation_messages", "sent"] == found["rotation_messages", "pending"] == 1
    assert found["rotation_telegram_silent_seconds",] == pytest.approx(100)
    assert found["rotation_outbox_oldest_seconds",] > 0
    assert ("rotation_sessions_behind",) not in found  # nothing is sealed yet: not known, which is not 0
