"""The token appears nowhere: not in a log at any level, not in an error, not in a traceback."""

from __future__ import annotations

import logging
import socket
from urllib.parse import quote

import httpx
import pytest
from pydantic import SecretStr
from support.program import TOKEN, Program, until
from support.web import web
from telegram.error import InvalidToken

from bot.logs import REDACTED, Redaction, configure

SECRET = TOKEN.partition(":")[2]


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> object:
    """Logging as the program sets it up, put back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield capsys
    root.handlers, root.level = before, level


def provoke() -> list[Exception]:
    """Errors with the token in them, as libraries raise them."""
    found: list[Exception] = [InvalidToken(f"The token `{TOKEN}` was rejected by the server.")]
    try:
        httpx.get(f"http://127.0.0.1:9/bot{TOKEN}/getMe", timeout=0.2)
    except httpx.HTTPError as error:
        found.append(error)
    try:
        raise ValueError(f"https://api.telegram.org/file/bot{quote(TOKEN)}/photo.png") from found[0]
    except ValueError as error:
        found.append(error)
    return found


@pytest.mark.usefixtures("logged")
def test_no_handler_lets_it_pass(capsys: pytest.CaptureFixture[str]) -> None:
    configure("DEBUG", [SecretStr(TOKEN)])
    log = logging.getLogger("anything")
    log.info("HTTP Request: POST %s", f"https://api.telegram.org/bot{TOKEN}/sendMessage")
    log.warning({"url": f"/bot{TOKEN}/"})
    log.error("%s and %d", f"bot{TOKEN}", "not a number")
    for error in provoke():
        log.error("failed: %r", error, exc_info=error, stack_info=True)
    shown = capsys.readouterr().err
    assert shown.count(REDACTED) >= 5
    assert SECRET not in shown


@pytest.mark.usefixtures("logged")
def test_a_crash_does_not_print_it(capsys: pytest.CaptureFixture[str]) -> None:
    import sys

    configure("INFO", [SecretStr(TOKEN)])
    for error in provoke():
        sys.excepthook(type(error), error, error.__traceback__)
    shown = capsys.readouterr().err
    assert "InvalidToken" in shown
    assert SECRET not in shown


def test_a_token_that_is_not_ours_is_taken_out_too() -> None:
    other = "11223344:" + "x" * 35
    assert Redaction().clean(f"bot{other}/getMe") == f"bot{REDACTED}/getMe"
    assert Redaction().clean("at 10:15:30 nothing happened") == "at 10:15:30 nothing happened"


@pytest.mark.process
def test_the_program_does_not_print_it_when_telegram_refuses_it(program: Program) -> None:
    from bot.emulator import Fault  # noqa: F401 – the same package serves below

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program.start("local-telegram", "--port", str(port))
    address = f"http://127.0.0.1:{port}"

    def up() -> bool:
        try:
            return web.get(f"{address}/_local/people").status_code == 200
        except httpx.TransportError:
            return False

    until(up)
    settings = {"TELEGRAM_API_URL": address, "TELEGRAM_BOT_TOKEN": TOKEN, "LOG_LEVEL": "DEBUG", "SCHEDULE": "off"}
    for fault in (
        {"kind": "server_error", "error_code": 502, "method": "getMe|sendMessage|getUpdates", "count": 3},
        {"kind": "drop_before", "method": "getUpdates|sendMessage", "count": 3},
        {"kind": "bad_request", "description": "Bad Request: no", "method": "sendMessage", "count": 2},
    ):
        web.post(f"{address}/_local/faults", json=fault)
    bot = program.start("run", **settings)
    web.post(f"{address}/_local/say", json={"person": 1001, "text": "/summary"})
    until(lambda: web.get(f"{address}/_local/calls").json().get("sendMessage", 0) >= 2, 30)
    bot.terminate()
    bot.wait(60)
    printed = program.logs()
    assert "Telegram" in printed
    assert SECRET not in printed
    wrong = program.run("run", **(settings | {"TELEGRAM_API_URL": f"{address}/nowhere"}))
    assert wrong.returncode == 2
    assert "TELEGRAM_BOT_TOKEN" in wrong.stderr
    assert SECRET not in wrong.stderr
