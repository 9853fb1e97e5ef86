import asyncio
import time

import telegram
from aiohttp import web


async def test_updates_come_in_order_and_stay_until_confirmed(bot, raw, ada):
    for text in ("two", "three"):
        await raw.do("say", person=ada, text=text)
    for _ in range(2):
        updates = await bot.get_updates()
        assert [update.message.text for update in updates] == ["/start", "two", "three"]
    assert updates[0].message.entities[0].type == "bot_command"
    later = await bot.get_updates(offset=updates[1].update_id, limit=1)
    assert [update.message.text for update in later] == ["two"]
    assert [update.message.text for update in await bot.get_updates()] == ["two", "three"]
    assert await bot.get_updates(offset=updates[-1].update_id + 1) == ()
    assert await bot.get_updates() == ()


async def test_a_negative_offset_counts_from_the_end_and_forgets_the_rest(bot, raw, ada):
    for text in ("two", "three"):
        await raw.do("say", person=ada, text=text)
    assert [update.message.text for update in await bot.get_updates(offset=-1)] == ["three"]
    assert len(await bot.get_updates()) == 1


async def test_a_long_poll_is_answered_at_once(bot, raw):
    began = time.monotonic()
    polling = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.1)
    assert not polling.done()
    await raw.do("say", person=1001, text="hello")
    assert [update.message.text for update in await polling] == ["hello"]
    assert time.monotonic() - began < 5


async def test_a_long_poll_ends_empty_after_its_timeout(bot):
    assert await bot.get_updates(timeout=1) == ()


async def test_a_second_poll_ends_the_first_with_409(bot, raw):
    first = asyncio.create_task(raw.client.post(f"/bot{raw.token}/getUpdates", json={"timeout": 20}))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(bot.get_updates(timeout=20))
    answer = await first
    assert answer.status_code == 409
    assert answer.json()["description"] == (
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )
    await raw.do("say", person=1001, text="hello")
    assert len(await second) == 1


async def test_a_poll_whose_client_has_gone_loses_nothing(bot, raw):
    gone = asyncio.create_task(raw.client.post(f"/bot{raw.token}/getUpdates", json={"timeout": 20}))
    await asyncio.sleep(0.1)
    gone.cancel()
    await asyncio.sleep(0.1)
    await raw.do("say", person=1001, text="hello")
    assert len(await bot.get_updates()) == 1
    polls = [call["outcome"] for call in await raw.see("log") if call["method"] == "getUpdates"]
    assert polls == ["the client hung up", "ok"]


async def test_kinds_that_are_not_allowed_are_not_queued(bot, raw):
    await bot.get_updates(allowed_updates=["my_chat_member"])
    await raw.do("say", person=1001, text="hello")
    await raw.do("block", person=1001)
    assert [update.my_chat_member is not None for update in await bot.get_updates()] == [True]
    await bot.get_updates(allowed_updates=[])
    await raw.do("say", person=1002, text="hello")
    assert len(await bot.get_updates()) == 2


async def test_a_webhook_is_posted_to_until_it_takes_the_update_and_ends_polling(bot, raw, ada, unused_tcp_port):
    refusal = await raw.refusal("setWebhook", url="https://example.org/hook")
    assert refusal == "Bad Request: bad webhook: updates are posted to this machine only (local Bot API)"
    assert (await bot.get_webhook_info()).pending_update_count == 1
    came, statuses, done = [], [500, 200, 200], asyncio.Event()

    async def take(request):
        came.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), await request.json()))
        if len(came) == 3:
            done.set()
        return web.Response(status=statuses[len(came) - 1])

    application = web.Application()
    application.router.add_post("/hook", take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    try:
        url = f"http://127.0.0.1:{unused_tcp_port}/hook"
        assert await bot.set_webhook(url, secret_token="a-secret-of-ours", allowed_updates=["message"])
        await raw.do("say", person=1001, text="hello")
        async with asyncio.timeout(30):
            await done.wait()
        assert [secret for secret, _ in came] == ["a-secret-of-ours"] * 3
        first, again, second = (update["update_id"] for _, update in came)
        assert first == again < second
        info = await bot.get_webhook_info()
        assert (info.url, info.last_error_message) == (
            url,
            "Wrong response from the webhook: 500 Internal Server Error",
        )
        refusal = await raw.refusal("getUpdates")
        assert "can't use getUpdates method while webhook is active" in refusal
        assert await bot.delete_webhook(drop_pending_updates=True)
    finally:
        await runner.cleanup()
    assert await bot.get_webhook_info() == telegram.WebhookInfo("", False, 0)
    assert await bot.get_updates() == ()
