import asyncio

import pytest

from bot.emulator import PortInUse, start


async def test_three_people_are_there_to_begin_with(raw):
    assert [person["first_name"] for person in await raw.see("people")] == ["Ada", "Ben", "Chloé"]


async def test_people_come_by_the_hundred(bot, raw):
    added = await raw.do("people", count=300, started=True)
    assert len(await raw.see("people")) == 303
    assert (await bot.send_message(added[-1]["id"], "a")).message_id == 1


async def test_calls_are_counted_and_logged_in_sequence(bot, raw, ada):
    await bot.send_message(ada, "a")
    await raw.call("sendMessage", chat_id=987654, text="a")
    assert await raw.see("calls", reset="") == {"getMe": 1, "sendMessage": 2}
    assert await raw.see("calls") == {}
    log = await raw.see("log", since=1)
    assert [(row["number"], row["method"], row["chat_id"], row["outcome"]) for row in log] == [
        (2, "sendMessage", ada, "ok"),
        (3, "sendMessage", 987654, "400 Bad Request: chat not found"),
    ]


async def test_an_observer_is_told_of_each_change(local, bot, raw, ada):
    changes = []
    local.world.on_change.append(changes.append)
    message = await bot.send_message(ada, "a")
    await message.edit_text("b")
    await message.delete()
    await bot.send_chat_action(ada, "typing")
    await raw.do("block", person=ada)
    kinds = [(change.kind, change.chat_id) for change in changes]
    assert kinds == [(kind, ada) for kind in ("message", "edited", "deleted", "action", "bot_status")]
    assert changes[1].what["history"][0]["text"] == "a"


@pytest.mark.parametrize(
    ("route", "body", "error"),
    [
        ("say", {"person": 5, "text": "a"}, "person=5: nobody has this id"),
        ("say", {"person": 1001}, "text: missing"),
        ("say", {"person": 1001, "text": "a", "chat": -5}, "chat=-5: no such group"),
        ("group", {"title": "a", "by": 1001, "type": "club"}, "type=club: group, supergroup or channel"),
        ("file", {"person": 1001, "name": "a.csv", "base64": "?"}, "base64: "),
        ("pace", {"off": True}, "off: unknown; one of on"),
    ],
)
async def test_what_cannot_be_done_is_explained(raw, route, body, error):
    response = await raw.client.post(f"/_local/{route}", json=body)
    assert response.status_code == 400
    assert response.json()["error"].startswith(error)


async def test_a_page_from_elsewhere_cannot_reach_the_control_routes(raw):
    for headers in ({"Host": "example.org"}, {"Origin": "https://example.org"}):
        assert (await raw.client.get("/_local/people", headers=headers)).status_code == 403


async def test_it_serves_loopback_only():
    with pytest.raises(ValueError, match="loopback only"):
        await start(0, host="0.0.0.0")


async def test_a_taken_port_is_named(local):
    with pytest.raises(PortInUse, match=f"port {local.port} on 127.0.0.1 cannot be taken"):
        await start(local.port)


async def test_stopping_ends_the_poll_in_wait(raw):
    server = await start(0)
    polling = asyncio.create_task(raw.client.get(f"{server.base_url}{raw.token}/getUpdates?timeout=40"))
    await asyncio.sleep(0.1)
    await server.stop()
    assert (await asyncio.wait_for(polling, 30)).json() == {"ok": True, "result": []}
