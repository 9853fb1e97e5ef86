import logging

import pytest
import telegram

from bot.emulator import start


@pytest.mark.parametrize("token", ["", "abc", "123:short", "123456789" + "a" * 40, ":" + "a" * 35])
async def test_a_malformed_token_gets_401(raw, token):
    response = await raw.client.post(f"/bot{token}/getMe")
    assert response.status_code == 401
    assert response.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}


async def test_the_id_of_the_bot_is_in_its_token(bot):
    assert (await bot.get_me()).id == 123456789


async def test_a_server_held_to_one_token_knows_no_other(raw):
    token = "1:" + "b" * 35
    server = await start(0, token=token)
    try:
        assert (await raw.client.get(f"{server.base_url}{raw.token}/getMe")).status_code == 401
        assert (await raw.client.get(f"{server.base_url}{token}/getMe")).status_code == 200
    finally:
        await server.stop()


async def test_an_unknown_method_gets_404(raw):
    response = await raw.client.post(f"/bot{raw.token}/sendEverything", json={})
    assert response.status_code == 404
    assert response.json() == {"ok": False, "error_code": 404, "description": "Not Found"}
    assert (await raw.client.get("/elsewhere")).json()["error_code"] == 404


async def test_the_token_is_never_logged_nor_shown(local, bot, raw, ada, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "telegram"):
        # The clients' own logs are not this server's.
        logging.getLogger(name).setLevel(logging.CRITICAL)

    def fall(change):
        raise RuntimeError("an observer fell over")

    await bot.send_message(ada, "a")
    await raw.client.post(f"/bot{raw.token}/sendMessage", content=b"{", headers={"Content-Type": "application/json"})
    await raw.client.post(f"/bot{raw.token}/sendMessage", content=b"x", headers={"Content-Type": "multipart/form-data"})
    await raw.client.put(f"/bot{raw.token}/sendMessage")
    await raw.client.get(f"/nowhere/bot{raw.token}/getMe")
    local.world.on_change.append(fall)
    with pytest.raises(telegram.error.NetworkError):
        await bot.send_message(ada, "a")
    assert "an observer fell over" in caplog.text
    shown = [str(await raw.see(route)) for route in ("log", "calls", "faults", "people", "chats")]
    secret = raw.token.partition(":")[2]
    for text in (caplog.text, *shown, *capfd.readouterr()):
        assert secret not in text
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.org"},
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},  # as a browser fetches an <img> of another site's page
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_a_page_of_another_site_reaches_no_method(raw, ada, headers, verb):
    before = len(await raw.see("messages", chat=ada))
    for method in (f"sendMessage?chat_id={ada}&text=Buy", "getUpdates?offset=-1"):
        response = await raw.client.request(verb, f"/bot{raw.token}/{method}", headers=headers)
        assert response.status_code == 403
    assert (await raw.client.get(f"/file/bot{raw.token}/photos/1.png", headers=headers)).status_code == 403
    assert len(await raw.see("messages", chat=ada)) == before
