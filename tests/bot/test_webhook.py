"""`run --webhook`: updates come by post, with the secret alone; polling and being posted to replace each other."""

from __future__ import annotations

import json

import pytest
from support.program import TOKEN, Program, until
from support.telegram_people import Person, text
from support.web import free_port, web

from bot.emulator.webhook import SECRET_HEADER

pytestmark = [pytest.mark.process, pytest.mark.timeout(400)]

SECRET = "a-secret-of-this-test"


def info(telegram: str) -> str:
    return str(web.get(f"{telegram}/bot{TOKEN}/getWebhookInfo").json()["result"]["url"])


def test_posted_to_then_polling_then_posted_to_again(program: Program, telegram: str) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    by_post = {"WEBHOOK_URL": address, "WEBHOOK_SECRET": SECRET, "PORT": str(port), "HEALTH_HOST": "127.0.0.1"}
    bot = program.start("run", "--webhook", **by_post)
    ada = Person(telegram)
    assert "Rotation alerts" in text(ada.ask("/start"))
    assert info(telegram) == f"{address}/telegram"
    assert web.get(f"{address}/readyz").status_code == 200

    found = json.loads(program.run("doctor", "--json", **by_post).stdout)["checks"]
    (hook,) = (one for one in found if one["check"] == "webhook")
    assert (hook["state"], hook["says"]) == ("ok", "set, as WEBHOOK_URL says; 0 updates wait")

    # A post without the secret, with another, or with what is no update, is not answered by the bot.
    ada_is = {"id": 1001, "is_bot": False, "first_name": "Ada"}
    message = {"message_id": 1, "date": 0, "text": "/help", "chat": {"id": 1001, "type": "private"}, "from": ada_is}
    forged = {"update_id": 1, "message": message}
    for headers in ({}, {SECRET_HEADER: ""}, {SECRET_HEADER: SECRET + "x"}):
        assert web.post(f"{address}/telegram", json=forged, headers=headers).status_code == 403
    for body in (b"", b"[]", b"\xff", b"{", json.dumps({"update_id": "x"}).encode()):
        answer = web.post(f"{address}/telegram", content=body, headers={SECRET_HEADER: SECRET})
        assert answer.status_code == 200, body
    assert web.post(f"{address}/telegram", content=b"x" * 2**21, headers={SECRET_HEADER: SECRET}).status_code == 413
    assert web.get(f"{address}/telegram").status_code == 405
    assert len(ada.heard()) == 1
    answers = web.get(f"{address}/metrics").text
    assert 'rotation_answer_seconds_bucket{le="60.0"} 1.0' in answers

    # What is posted while no process listens is posted again to the next one.
    bot.terminate()
    bot.wait(30)
    ada.say("/help")
    program.start("run", "--webhook", **by_post)
    until(lambda: "Set a threshold" in ada.heard()[-1])

    # A process that polls takes over by itself, and gives back what it took.
    program.started[-1].terminate()
    program.started[-1].wait(30)
    program.start("run")
    assert "Rotation alerts" in text(ada.ask("/start"))
    assert info(telegram) == ""
    assert SECRET not in program.logs()


def test_what_a_webhook_needs_is_named(program: Program) -> None:
    program.settings |= {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": "http://127.0.0.1:9"}
    refused = program.run("run", "--webhook", WEBHOOK_URL="https://bot.example.org")
    assert refused.returncode == 2
    assert refused.stderr.startswith("run --webhook needs WEBHOOK_SECRET and PORT: ")
    wrong = program.run("run", "--webhook", WEBHOOK_URL="http://bot.example.org", WEBHOOK_SECRET="short one")
    assert wrong.returncode == 2
    assert "WEBHOOK_URL=http://bot.example.org: not an https address; use the public https address" in wrong.stderr
    assert "WEBHOOK_SECRET=…: malformed (it is not shown here); use 16 to 256 letters" in wrong.stderr
    assert "short one" not in wrong.stderr
