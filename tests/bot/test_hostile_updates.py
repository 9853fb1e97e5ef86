"""Updates that the reference allows and nobody sends: no exception, no apology, nothing of others is changed.

`HOSTILE_UPDATES=10000` runs more of them than the fixed number.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from support.hostile_updates import Hostile
from support.program import TOKEN

from bot.app import Service
from bot.emulator import LocalTelegram, people, start
from bot.emulator.groups import NewGroup, add_group
from bot.settings import Settings
from storage.database import claim_market, open_database

SEED = 13
MOST = int(os.environ.get("HOSTILE_UPDATES", "1000"))
A_CHAT = 8  # updates: fewer than are too many
AT_ONCE = 64  # unanswered; more than Telegram has waiting for one bot on an ordinary day
HONEST, OWNER = 1001, 1002
TABLES = ("chats", "rules", "watches", "snoozes", "drafts", "events", "outbox")

#: What Telegram says, by method, to an id that an update has made up and that it never gave out.
MADE_UP = {
    "answerInlineQuery": ("query is too old", '"inline_query_id" is required'),
    "sendMessage": ("thread not found", "chat not found"),
    "sendPhoto": ("thread not found", "chat not found"),
    "editMessageText": ("message to edit not found",),
    "getChatMember": ("chat not found",),
    "getFile": ("wrong file_id", "file_id not specified"),
}


@pytest.fixture
def reference() -> dict[str, Any]:
    path = os.environ.get("TELEGRAM_API_JSON")
    if not path:
        pytest.skip("TELEGRAM_API_JSON is not set: the path of Telegram's reference as JSON")
    found: dict[str, Any] = json.loads(Path(path).read_text("utf-8"))
    return found


def rows(path: Path, chat: int) -> dict[str, list[Any]]:
    """Everything that is stored of a chat."""
    found = {}
    with sqlite3.connect(path) as db:
        for table in TABLES:
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            key = "chat" if "chat" in columns else "id"
            if table != "watches":  # they have no chat, and go with their rules
                found[table] = db.execute(f"SELECT * FROM {table} WHERE {key} = ?", [chat]).fetchall()
    return found


def said(local: LocalTelegram, chat: int) -> list[str]:
    found = local.world.chats.get(chat)
    return [str(row.message.get("text")) for row in (found.stored.values() if found else ()) if row.from_bot]


async def ask(local: LocalTelegram, chat: int, text: str) -> float:
    """Seconds until a person is answered."""
    before, began = len(said(local, chat)), time.perf_counter()
    people.say(local.world, chat, text)
    while len(said(local, chat)) == before:
        await asyncio.sleep(0.002)
    return time.perf_counter() - began


@pytest.mark.api_reference
@pytest.mark.timeout(900)
async def test_hostile_updates_raise_nothing_and_change_nothing_of_others(
    reference: dict[str, Any], path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    local = await start(0)
    world = local.world
    settings = Settings(
        telegram_bot_token=SecretStr(TOKEN), telegram_api_url=local.address, database_path=path, market="sample",
        schedule="off", messages_per_second=1000, cache_path=tmp_path,
    )  # fmt: skip
    db = open_database(path)
    claim_market(db, "sample", datetime.now(UTC))
    db.close()
    service = Service(settings)
    running = asyncio.create_task(service.run())
    await ask(local, HONEST, "/alert small above 200d > 60")
    preview = max(world.chats[HONEST].stored)
    people.press(world, HONEST, preview, text="Save")
    group = add_group(world, OWNER, NewGroup("Investors", bot_status="administrator", anonymous=True))
    people.say(world, OWNER, "/subscribe", chat_id=group.id)
    while len(said(local, HONEST)) < 2 or not said(local, group.id):
        await asyncio.sleep(0.01)
    before = {chat: rows(path, chat) for chat in (HONEST, group.id)}
    assert before[HONEST]["rules"]
    assert before[group.id]["chats"]

    strangers = [world.add_person("Somebody")["id"] for _ in range(max(1, MOST // A_CHAT))]
    chats = [world.private_chat(person) for person in strangers]
    groups = [group, *(add_group(world, OWNER, NewGroup("Others")) for _ in range(len(chats) // 20))]
    for one in groups:
        one.members |= dict.fromkeys(strangers[:50], "member")
    calls = local.context.calls.last
    hostile = Hostile(reference, world, [*chats, *groups], strangers[:50], SEED)
    hostile.spared.add(group.id)
    took = []

    async def honest() -> None:
        while True:
            took.append(await ask(local, HONEST, "/privacy"))
            await asyncio.sleep(3.1)  # 20 a minute are answered

    asking = asyncio.create_task(honest())
    for _ in range(MOST):
        world.updates.add_raw(next(hostile))
        while len(world.updates.pending) + service.inbox.in_hand > AT_ONCE:
            await asyncio.sleep(0.005)
    while world.updates.pending or service.inbox.in_hand:
        await asyncio.sleep(0.05)
    asking.cancel()
    assert not running.done(), running
    running.cancel()
    await service.end()
    await local.stop()

    raised = [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]
    unread = [record for record in raised if "cannot be read" in record.getMessage()]
    assert [record.getMessage() for record in raised if record not in unread] == []
    texts = [text for chat in world.chats for text in said(local, chat)]
    assert not [text for text in texts if "went wrong" in text]
    outcomes = Counter(
        (call["method"], call["outcome"]) for call in local.context.calls.since(calls)
        if call["outcome"] != "ok" and "not modified" not in call["outcome"]
    )  # fmt: skip
    print(
        f"{MOST} updates, {len(unread)} unreadable; honest: {len(took)} answers, slowest {max(took):.3f} s; {outcomes}"
    )
    assert not {
        (method, outcome): count
        for (method, outcome), count in outcomes.items()
        if method != "getUpdates" and not any(words in outcome for words in MADE_UP.get(method, ()))
    }
    assert {chat: rows(path, chat) for chat in before} == before
    assert max(took) < 5.0  # of one process that plays Telegram as well, on a machine that may be busy
