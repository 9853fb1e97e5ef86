"""Who administers a group: asked of Telegram, kept for five minutes, dropped when it changes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telegram import Bot

from bot.commands.administrators import Administrators, Standing
from bot.emulator import LocalTelegram, groups, start
from bot.emulator.groups import NewGroup
from bot.messages.buttons import about_group, group_code, group_named, group_of
from bot.transport.http import AiohttpRequest

TOKEN = "123456789:" + "Aa0_-" * 7


@pytest.fixture
async def local() -> AsyncIterator[LocalTelegram]:
    server = await start(0)
    yield server
    await server.stop()


async def test_an_answer_is_kept_for_five_minutes_or_until_it_is_dropped(local: LocalTelegram) -> None:
    group = groups.add_group(local.world, 1001, NewGroup("Club", members=(1002,))).id
    now = 0.0
    async with Bot(TOKEN, local.base_url, request=AiohttpRequest(connection_pool_size=2)) as bot:
        known = Administrators(bot, lambda: now)
        asked = lambda: local.context.calls.counts["getChatMember"]  # noqa: E731
        assert await known.standing(group, 1001) is Standing.ADMINISTRATOR
        assert await known.standing(group, 1002) is Standing.OTHER
        assert await known.standing(group, 4711) is Standing.OTHER  # nobody has this id
        groups.set_member(local.world, group, 1001, 1002, "administrator")
        now = 299.0
        assert await known.standing(group, 1002) is Standing.OTHER
        assert asked() == 3
        now = 301.0
        assert await known.standing(group, 1002) is Standing.ADMINISTRATOR
        groups.set_member(local.world, group, 1001, 1002, "member")
        known.drop(group, 1002)
        assert await known.standing(group, 1002) is Standing.OTHER
        assert asked() == 5


async def test_a_refusal_is_asked_again_each_time(local: LocalTelegram) -> None:
    group = groups.add_group(local.world, 1001, NewGroup("Club", hides_members=True)).id
    async with Bot(TOKEN, local.base_url, request=AiohttpRequest(connection_pool_size=2)) as bot:
        known = Administrators(bot)
        assert await known.standing(group, 1001) is Standing.UNKNOWN
        groups.set_group_status(local.world, group, 1001, "administrator")
        assert await known.standing(group, 1001) is Standing.ADMINISTRATOR
        assert await known.title(group) == "Club"
        groups.set_group_status(local.world, group, 1001, "kicked")
        known.drop(group)
        assert await known.title(group) is None
        assert await known.standing(group, 1001) is Standing.UNKNOWN


@pytest.mark.parametrize("group", [-1, -4_000_000_001, -1_002_000_000_001, -(2**52)])
def test_a_group_in_a_buttons_data(group: int) -> None:
    assert group_of(group_code(group)) == group
    assert len(group_code(group)) == 9
    assert group_named(about_group("v1:alerts", group)) == (group, "v1:alerts")
    assert group_named("v1:alerts") == (None, "v1:alerts")
    assert group_named("~short") == (None, "~short")
