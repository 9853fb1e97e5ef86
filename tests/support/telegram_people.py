"""People in front of the local Bot API: what they type, press and read, over its control routes."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import Any

import httpx

from support.program import TOKEN, Program, until
from support.web import web


def local_telegram(program: Program) -> str:
    """The local Bot API in a process of its own; its address, which the program gets as its setting."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    program.start("local-telegram", "--port", str(port))
    until(lambda: _answers(address), 60)
    program.settings |= {
        "TELEGRAM_API_URL": address,
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "SCHEDULE": "off",
        "CHAT_MESSAGES_PER_SECOND": "1000",
        "REQUESTS_PER_MINUTE": "1000",  # people of these tests wait for each answer, and for nothing else
    }
    return address


def _answers(address: str) -> bool:
    try:
        return web.get(f"{address}/_local/people").status_code == 200
    except httpx.TransportError:
        return False


@dataclass
class Person:
    """Somebody in a chat with the bot: the private one unless `chat` is given. telegram: the local Bot API."""

    telegram: str
    id: int = 1001
    chat: int | None = None

    @property
    def place(self) -> int:
        """The chat's id."""
        return self.id if self.chat is None else self.chat

    def _ask(self, method: str, route: str, **what: Any) -> Any:
        answer = web.request(method, f"{self.telegram}/_local/{route}", **what)
        answer.raise_for_status()
        return answer.json()

    @property
    def _where(self) -> dict[str, int]:
        return {} if self.chat is None else {"chat": self.chat}

    def rows(self) -> list[dict[str, Any]]:
        """Every message of the chat, oldest first."""
        chats = {entry["chat"]["id"] for entry in self._ask("GET", "chats")}
        found: list[dict[str, Any]] = (
            self._ask("GET", "messages", params={"chat": self.place}) if self.place in chats else []
        )
        return found

    def heard(self) -> list[str]:
        """What the bot has said, oldest first."""
        return [_text(row) for row in self.rows() if row["from_bot"]]

    def say(self, text: str) -> None:
        """Type a message."""
        self._ask("POST", "say", json={"person": self.id, "text": text} | self._where)

    def ask(self, text: str, answers: int = 1, seconds: float = 60.0) -> dict[str, Any]:
        """Type a message and wait for the bot's last answer."""
        before = self.last_id()
        self.say(text)
        return self._answered(before, answers, seconds)

    def last_id(self) -> int:
        """The id of the chat's latest message; 0 where there is none."""
        rows = self.rows()
        return int(rows[-1]["message"]["message_id"]) if rows else 0

    def _answered(self, message_id: int, answers: int = 1, seconds: float = 60.0) -> dict[str, Any]:
        """Wait until the bot has said so much after that message; the chat's latest message then."""

        def look() -> list[dict[str, Any]]:
            rows = self.after(message_id)
            return rows if sum(row["from_bot"] for row in rows) >= answers else []

        return until(look, seconds)[-1]

    def send_file(self, name: str, content: str, caption: str = "", seconds: float = 60.0) -> dict[str, Any]:
        """Send a file and wait for the bot's answer."""
        before = self.last_id()
        self._ask("POST", "file", json={"person": self.id, "name": name, "text": content, "caption": caption})
        return self._answered(before, seconds=seconds)

    def set_alert(self, line: str) -> dict[str, Any]:
        """Preview a line, save it, and wait for what is said of that."""
        return self.press_and_wait(self.ask(f"/alert {line}"), "Save")

    def press(self, row: dict[str, Any], button: str) -> None:
        """Press the button whose text begins with `button`, under the message of `row`."""
        buttons = [key for line in row["message"]["reply_markup"]["inline_keyboard"] for key in line]
        key = next(key for key in buttons if key["text"].startswith(button))
        self._ask(
            "POST", "press",
            json={"person": self.id, "message_id": row["message"]["message_id"], "data": key["callback_data"]}
            | self._where,
        )  # fmt: skip

    def again(self, row: dict[str, Any]) -> dict[str, Any]:
        """The message of `row` as it stands now."""
        only = {"chat": self.place, "only": row["message"]["message_id"]}
        found: list[dict[str, Any]] = self._ask("GET", "messages", params=only)
        return found[0]

    def after(self, message_id: int) -> list[dict[str, Any]]:
        """The messages of the chat after that one, oldest first; there has been one at least."""
        since = {"chat": self.place, "since": message_id}
        found: list[dict[str, Any]] = self._ask("GET", "messages", params=since)
        return found

    def press_until(self, row: dict[str, Any], button: str, said: str) -> dict[str, Any]:
        """Press a button and wait until its message, edited in place, says something."""
        self.press(row, button)
        return until(lambda: (now := self.again(row)) if said in text(self.again(row)) else None, 60.0) or row

    def press_data(self, row: dict[str, Any], data: str) -> str:
        """Press a button of any version of a message by its data; the id of the query."""
        what = {"person": self.id, "message_id": row["message"]["message_id"], "data": data, "earlier": True}
        what |= self._where
        return str(self._ask("POST", "press", json=what)["id"])

    def note(self, query: str) -> dict[str, Any]:
        """How a pressed button was answered: "answered", and "text" where there is a note."""
        found: dict[str, Any] = self._ask("GET", "answers", params={"id": query})
        return found

    def tap(self, row: dict[str, Any], button: str, data: str | None = None) -> dict[str, Any]:
        """Press a button and wait until its message has another text, picture or keyboard; the message then."""
        before = self.again(row)["message"]
        self.press(row, button) if data is None else self.press_data(row, data)
        return until(lambda: now if (now := self.again(row))["message"] != before else {}, 60.0)

    def press_and_wait(self, row: dict[str, Any], button: str) -> dict[str, Any]:
        """Press a button and wait for a new answer."""
        before = self.last_id()
        self.press(row, button)
        return self._answered(before)

    def quiet_for(self, seconds: float) -> bool:
        """Whether the bot says nothing for so long."""
        before = len(self.heard())
        time.sleep(seconds)
        return len(self.heard()) == before


def _text(row: dict[str, Any]) -> str:
    message = row["message"]
    return str(message.get("text") or message.get("caption") or "")


def text(row: dict[str, Any]) -> str:
    """What a message says."""
    return _text(row)


def buttons(row: dict[str, Any]) -> list[str]:
    """The buttons under a message."""
    markup = row["message"].get("reply_markup") or {"inline_keyboard": []}
    return [key["text"] for line in markup["inline_keyboard"] for key in line]
