"""What Telegram refuses the bot in a group: to say who is an administrator, and photos."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.program import Program, until
from support.telegram_people import local_telegram
from support.web import web

pytestmark = pytest.mark.process

ADA = 1001


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, prepared: list[Path]) -> Iterator[Program]:
    """The program with two days of figures beside a local Bot API, for all tests of this file."""
    ran = Program(tmp_path_factory.mktemp("refused"))
    shutil.copyfile(prepared[1], ran.folder / "rotation.db")
    local_telegram(ran)
    ran.start("run")
    yield ran
    for process in ran.started:
        process.kill()
        process.wait()


@pytest.fixture
def telegram(program: Program) -> Iterator[str]:
    """The local Bot API's address; what it is told to refuse ends with the test."""
    yield program.settings["TELEGRAM_API_URL"]
    web.delete(f"{program.settings['TELEGRAM_API_URL']}/_local/faults").raise_for_status()


@pytest.fixture
def group(telegram: str) -> int:
    """A new group of Ada's that the bot is in and has greeted."""
    made = web.post(f"{telegram}/_local/group", json={"by": ADA, "title": "Investors"})
    chat = int(made.json()["id"])
    until(lambda: heard_in(telegram, chat))
    return chat


def heard_in(telegram: str, chat: int) -> list[dict[str, Any]]:
    """What the bot has said in a group, oldest first."""
    found = web.get(f"{telegram}/_local/messages", params={"chat": chat}).json()
    return [row["message"] for row in found if row["from_bot"]]


def ask(telegram: str, group: int, text: str) -> dict[str, Any]:
    """Somebody says something in the group; the bot's answer."""

    before = len(heard_in(telegram, group))
    web.post(f"{telegram}/_local/say", json={"person": ADA, "chat": group, "text": text}).raise_for_status()
    until(lambda: len(heard_in(telegram, group)) > before, 60)
    return heard_in(telegram, group)[-1]


def refuse(telegram: str, method: str, description: str) -> None:
    fault = {"kind": "bad_request", "method": method, "description": description, "count": None}
    web.post(f"{telegram}/_local/faults", json=fault).raise_for_status()


def test_who_administers_a_group_that_keeps_its_members_to_itself(program: Program, telegram: str, group: int) -> None:
    for words in ("CHAT_ADMIN_REQUIRED", "member list is inaccessible"):
        refuse(telegram, "getChatMember", words)
        assert ask(telegram, group, "/subscribe")["text"] == (
            "Telegram does not tell me who administers this group. "
            "Make me an administrator (no right is needed) and ask again."
        )
        web.delete(f"{telegram}/_local/faults").raise_for_status()
    with sqlite3.connect(program.folder / "rotation.db") as db:
        assert db.execute("SELECT count(*) FROM chats WHERE subscribed_at IS NOT NULL").fetchone() == (0,)
    assert "subscribed" in ask(telegram, group, "/subscribe")["text"]


def test_where_photos_are_refused_the_text_goes_alone(program: Program, telegram: str, group: int) -> None:
    with_picture = ask(telegram, group, "/breadth")
    assert "photo" in with_picture
    refuse(telegram, "sendPhoto", "not enough rights to send photos to the chat")
    alone = ask(telegram, group, "/breadth")
    assert "photo" not in alone
    assert alone["text"] == with_picture["caption"]
    assert alone["reply_markup"] == with_picture["reply_markup"]
    assert "Traceback" not in program.logs()


@pytest.mark.parametrize(
    "why", ["Bad Request: chat not found", "Bad Request: not enough rights to send text messages to the chat"]
)
def test_an_answer_that_nobody_is_there_to_hear_is_no_error(
    program: Program, telegram: str, group: int, why: str
) -> None:
    refuse(telegram, "sendMessage", why)
    before = program.logs().count("an answer was not wanted any more")
    web.post(f"{telegram}/_local/say", json={"person": ADA, "chat": group, "text": "/privacy"}).raise_for_status()
    until(lambda: program.logs().count("an answer was not wanted any more") > before, 60)
    assert "an update was not handled" not in program.logs()


def test_a_file_that_is_deleted_before_its_answer_is_answered_all_the_same(telegram: str) -> None:
    content = {"person": ADA, "name": "gone.csv", "text": "date,close\n2025-07-30,1.5\n2025-07-31,1.6\n"}
    sent = web.post(f"{telegram}/_local/file", json=content).json()
    until(lambda: heard_in(telegram, ADA), 60)
    gone = sent | {"message_id": sent["message_id"] + 1000}  # Telegram knows no such message any more
    web.post(f"{telegram}/_local/update", json={"message": gone}).raise_for_status()
    until(lambda: len(heard_in(telegram, ADA)) > 1, 60)
    first, second = heard_in(telegram, ADA)
    assert "import.gone" in first["text"]
    assert second["text"] == first["text"]
    assert ("reply_to_message" in first, "reply_to_message" in second) == (True, False)
