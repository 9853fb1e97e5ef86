"""Steps in groups, topics and channels over the real program and the local Bot API: who did what, what came, where.

A step is a row of groups.toml. `who` acts in `place` ("private", or "CHAT" or "CHAT/TOPIC" by name): `says` a text,
`presses` a button of the bot's last message there that has it, or `does` something by a control route; or the bot
delivers an `alert` to a chat. `gets` are parts of the bot's next message, which comes to `at` (where the step was made
unless stated), and nothing comes anywhere else; "nothing" means silence. `note`: part of what the pressed button shows.
`buttons`: how the buttons begin, all of them. `also`: where something comes besides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.messages.buttons import keyboard_json
from storage import outbox
from storage.database import open_database, writing
from support.program import until
from support.telegram_people import buttons, text
from support.web import web

PEOPLE = {"Ada": 1001, "Ben": 1002, "Chloé": 1003}
PROBE, PROBED = "/privacy", "What is kept about"
_NOBODY_ELSE = "nothing elsewhere"


@dataclass
class Places:
    """The chats by name, and what each had said when the step began."""

    telegram: str
    database: Path
    alerts: int = 0
    chats: dict[str, int] = field(default_factory=dict)
    topics: dict[str, int] = field(default_factory=dict)
    pressed: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, method: str, route: str, **what: Any) -> Any:
        """A control route's answer."""
        answer = web.request(method, f"{self.telegram}/_local/{route}", **what)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def do(self, route: str, **given: Any) -> Any:
        """Act by a control route; names of chats, topics and people stand for their ids."""
        for name in ("chat", "linked"):
            if name in given:
                given[name] = self.chats[given[name]]
        if "topic" in given:
            given["topic"] = self.topics[given["topic"]]
        for name in ("by", "person"):
            if name in given:
                given[name] = PEOPLE[given[name]]
        for name in ("members", "admins"):
            if name in given:
                given[name] = [PEOPLE[person] for person in given[name]]
        known = given.pop("called", None)
        answer = self.ask("POST", route, json=given)
        if route in ("group", "upgrade"):
            self.chats[known or given["title"]] = answer["id"]
        elif route == "topic" and "name" in given:
            self.topics[given["name"]] = answer["id"]
        return answer

    def place(self, name: str, who: str | None) -> tuple[int, int | None]:
        """(chat, topic) of a place; "private" is that of `who`, "Ben's" that of Ben."""
        chat, _, topic = name.partition("/")
        if chat == "private":
            return PEOPLE[who or ""], None
        if chat.removesuffix("'s") in PEOPLE:
            return PEOPLE[chat.removesuffix("'s")], None
        return self.chats[chat], self.topics[topic] if topic else None

    def heard(self, chat: int) -> list[dict[str, Any]]:
        """What the bot has said in a chat, oldest first."""
        if chat not in {entry["chat"]["id"] for entry in self.ask("GET", "chats")}:
            return []
        return [row for row in self.ask("GET", "messages", params={"chat": chat}) if row["from_bot"]]

    def counts(self) -> dict[int, int]:
        """How much the bot has said in each chat."""
        return {entry["chat"]["id"]: len(self.heard(entry["chat"]["id"])) for entry in self.ask("GET", "chats")}

    def wrong(self, row: dict[str, Any]) -> list[str]:
        """Carry out a step; what did not come as it says."""
        before = self.counts()
        self._act(row)
        if row.get("gets") == "nothing":
            return self._silence(row, before)
        wanted, where = row.get("gets", []), row.get("at", row["place"])
        lacks = self._note(row)
        if not wanted:
            return lacks
        chat, topic = self.place(where, row.get("who"))
        found = until(lambda: self.heard(chat)[before.get(chat, 0) :])
        said = text(found[-1])
        lacks += [f"says {part!r}" for part in wanted if part.casefold() not in said.casefold()]
        if found[-1]["message"].get("message_thread_id") != topic:
            lacks.append(f"topic {topic}, not {found[-1]['message'].get('message_thread_id')}")
        if "buttons" in row:
            keys = buttons(found[-1])
            if len(keys) != len(row["buttons"]) or any(
                not key.startswith(begin) for key, begin in zip(keys, row["buttons"], strict=False)
            ):
                lacks.append(f"buttons {row['buttons']}, not {keys}")
        if "picture" in row and row["picture"] != bool(found[-1]["message"].get("photo")):
            lacks.append(f"picture {row['picture']}")
        also = {self.place(name, row.get("who"))[0] for name in row.get("also", [])}
        lacks += self._elsewhere(before, {chat, *also})
        return [*lacks, said[:300]] if lacks else []

    def _act(self, row: dict[str, Any]) -> None:
        if "alert" in row:
            self._alert(self.chats[row["alert"]])
            return
        if "does" in row:
            given = dict(row["does"])
            self.do(given.pop("route"), **given)
            return
        chat, topic = self.place(row["place"], row["who"])
        person = PEOPLE[row["who"]]
        if "says" in row:
            said = {"person": person, "chat": chat, "text": self._filled(row["says"])}
            extra = {"topic": topic} if topic else {}
            self.ask("POST", "say", json=said | extra | row.get("with", {}))
            return
        under = self.heard(chat)
        message = next(
            one for one in reversed(under) if any(key.startswith(row["presses"]) for key in buttons(one))
        )  # fmt: skip
        keys = [key for line in message["message"]["reply_markup"]["inline_keyboard"] for key in line]
        key = next(key for key in keys if key["text"].startswith(row["presses"]))
        if "url" in key:  # the private chat opens, and starts the bot with what the address says
            payload = key["url"].rpartition("start=")[2]
            self.ask("POST", "say", json={"person": person, "text": f"/start {payload}"})
            return
        pressed = {"person": person, "chat": chat, "message_id": message["message_id"], "data": key["callback_data"]}
        self.pressed.append(self.ask("POST", "press", json=pressed))

    def _alert(self, chat: int) -> None:
        """Have the running bot deliver an alert to a chat."""
        self.alerts += 1
        now, keyboard = datetime.now(UTC), keyboard_json([[("Why", "why:1")]])
        message = outbox.Outgoing(chat, ["🔔 An alert"], keyboard=keyboard)
        db = open_database(self.database)
        with writing(db):
            outbox.enqueue(db, now.date(), f"alert {self.alerts}", [message], now)
        db.close()

    def _filled(self, words: str) -> str:
        for name, chat in self.chats.items():
            words = words.replace(f"{{{name}}}", str(-chat))
        return words

    def _note(self, row: dict[str, Any]) -> list[str]:
        if "note" not in row:
            return []
        query = self.pressed[-1]["id"]
        answer = until(lambda: (shown := self.ask("GET", "answers", params={"id": query}))["answered"] and shown)
        return [] if row["note"] in answer.get("text", "") else [f"note {row['note']!r}, not {answer}"]

    def _silence(self, row: dict[str, Any], before: dict[int, int]) -> list[str]:
        """Another question in the same chat is answered next, and that is all that comes."""
        chat, _ = self.place(row.get("at", row["place"]), row.get("who"))
        if chat in self.chats.values() and row["place"].startswith("channel"):
            return []  # nobody can ask there; the next step sees whether anything came
        self.ask("POST", "say", json={"person": PEOPLE["Ada"], "chat": chat, "text": PROBE})
        found = until(lambda: self.heard(chat)[before.get(chat, 0) :])
        lacks = [] if PROBED in text(found[0]) else [f"silence, not {text(found[0])[:200]}"]
        return lacks + self._elsewhere(before, {chat})

    def _elsewhere(self, before: dict[int, int], expected: set[int]) -> list[str]:
        now = self.counts()
        return [
            f"{_NOBODY_ELSE}, but in {chat}: {text(self.heard(chat)[-1])[:200]}"
            for chat, count in now.items()
            if chat not in expected and count != before.get(chat, 0)
        ]
