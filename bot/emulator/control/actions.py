"""Control routes by which people act: write, press, block, make groups."""

from bot.emulator import people
from bot.emulator.chats import Json
from bot.emulator.control.base import ControlHandler


class Say(ControlHandler):
    """POST {"person", "text", "chat"?, "reply_to"?} → the Message."""

    def post(self) -> None:
        self.done(lambda: self.say(self.body()))

    def say(self, given: Json) -> Json:
        return people.say(
            self.world, given["person"], str(given["text"]), chat_id=given.get("chat"), reply_to=given.get("reply_to")
        )


class Press(ControlHandler):
    """POST {"person", "message_id", "data" or "text", "chat"?} → {"id"} of the callback query."""

    def post(self) -> None:
        self.done(lambda: self.press(self.body()))

    def press(self, given: Json) -> Json:
        query = people.press(
            self.world,
            given["person"],
            given["message_id"],
            chat_id=given.get("chat"),
            data=given.get("data"),
            text=given.get("text"),
        )
        return {"id": query.id}


class Answers(ControlHandler):
    """GET ?id= → {"answered", "text"?, "show_alert"?}. POST {"id"} makes the query too old to be answered."""

    def get(self) -> None:
        self.done(lambda: self.answer_to(self.get_query_argument("id", "")))

    def answer_to(self, query_id: str) -> Json:
        query = self.world.queries.get(query_id)
        if query is None:
            raise ValueError(f"id={query_id}: no such callback query")
        return {"answered": query.answer is not None} | (query.answer or {})

    def post(self) -> None:
        self.done(lambda: self.expire(self.body()["id"]))

    def expire(self, query_id: str) -> Json:
        self.answer_to(query_id)
        self.world.queries[query_id].time -= self.world.callback_seconds + 1
        return {}


class Block(ControlHandler):
    """POST {"person"} → {}."""

    def post(self) -> None:
        self.done(lambda: self.block(self.body()["person"]))

    def block(self, person_id: int) -> Json:
        people.block(self.world, person_id)
        return {}


class Unblock(ControlHandler):
    """POST {"person"} → {}."""

    def post(self) -> None:
        self.done(lambda: self.unblock(self.body()["person"]))

    def unblock(self, person_id: int) -> Json:
        people.unblock(self.world, person_id)
        return {}


class Group(ControlHandler):
    """POST {"title", "by", "type"?, "members"?, "admins"?, "bot_status"?} → {"id", "title", "type"}."""

    def post(self) -> None:
        self.done(lambda: self.add(self.body()))

    def add(self, given: Json) -> Json:
        chat = people.add_group(
            self.world,
            given["title"],
            given["by"],
            kind=given.get("type", "supergroup"),
            members=tuple(given.get("members", ())),
            admins=tuple(given.get("admins", ())),
            bot_status=given.get("bot_status", "member"),
        )
        return chat.described


class Standing(ControlHandler):
    """POST {"chat", "by", "status"}: the bot is member, administrator or kicked → {}."""

    def post(self) -> None:
        self.done(lambda: self.change(self.body()))

    def change(self, given: Json) -> Json:
        people.set_group_status(self.world, given["chat"], given["by"], given["status"])
        return {}


class Upgrade(ControlHandler):
    """POST {"chat"}: the group becomes a supergroup → {"id", "title", "type"} of the new one."""

    def post(self) -> None:
        self.done(lambda: people.upgrade(self.world, self.body()["chat"]).described)


class People(ControlHandler):
    """GET → [User, …]. POST {"first_name"?, "id"?, "language_code"?} adds one, {"count", "started"?} many → [User, …].

    `started`: their chats with the bot exist, without a message. POST {"deactivate": id} closes an account.
    """

    def get(self) -> None:
        self.done(lambda: list(self.world.people.values()))

    def post(self) -> None:
        self.done(lambda: self.add(self.body()))

    def add(self, given: Json) -> list[Json]:
        if "deactivate" in given:
            self.world.deactivated.add(given["deactivate"])
            return [self.world.people[given["deactivate"]]]
        added = []
        for _ in range(given.get("count", 1)):
            person = self.world.add_person(
                given.get("first_name", "Person"),
                person_id=given.get("id"),
                language_code=given.get("language_code", "en"),
            )
            added.append(person)
            if given.get("started"):
                self.world.private_chat(person["id"])
        return added
