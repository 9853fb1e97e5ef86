"""Control routes that show: messages, chats, commands, and the calls that came."""

from bot.emulator.chats import Json
from bot.emulator.control.base import ControlHandler


class Messages(ControlHandler):
    """GET ?chat= → the chat's messages, oldest first.

    [{"message_id", "from_bot", "message", "history", "deleted", "options", "keyboard"}, …]
    """

    def get(self) -> None:
        self.done(lambda: self.rows(self.number("chat")))

    def rows(self, chat_id: int) -> list[Json]:
        chat = self.world.chats.get(chat_id)
        if chat is None:
            raise ValueError(f"chat={chat_id}: no such chat")
        return [stored.row() for stored in chat.stored.values()]


class Chats(ControlHandler):
    """GET → [{"chat", "bot_status", "members", "last_message_id", "migrated_to"}, …]."""

    def get(self) -> None:
        self.done(self.rows)

    def rows(self) -> list[Json]:
        return [
            {
                "chat": chat.described,
                "bot_status": chat.bot_status,
                "members": chat.members,
                "last_message_id": chat.last_message_id,
                "migrated_to": chat.migrated_to,
            }
            for chat in self.world.chats.values()
        ]


class Commands(ControlHandler):
    """GET → [{"scope", "language_code", "commands"}, …].

    With ?person= (and ?chat=) → [BotCommand, …] as shown there.
    """

    def get(self) -> None:
        self.done(self.shown if self.get_query_argument("person", "") else self.world.settings.rows)

    def shown(self) -> list[dict[str, str]]:
        person_id = self.number("person")
        chat_id = self.number("chat") if self.get_query_argument("chat", "") else person_id
        chat = self.world.chats.get(chat_id)
        admin = chat is not None and chat.members.get(person_id) in ("creator", "administrator")
        language = self.world.people[person_id].get("language_code", "")
        return self.world.settings.commands_shown(person_id, language, chat_id, admin)


class CallCounts(ControlHandler):
    """GET → {method: count}; with ?reset the counts start anew after this answer."""

    def get(self) -> None:
        self.done(lambda: dict(self.local.calls.counts))
        if self.get_query_argument("reset", None) is not None:
            self.local.calls.reset()


class Log(ControlHandler):
    """GET ?since=0 → [{"number", "time", "method", "chat_id", "outcome"}, …] after that number, oldest first."""

    def get(self) -> None:
        since = self.get_query_argument("since", "")
        self.done(lambda: self.local.calls.since(self.number("since") if since else 0))
