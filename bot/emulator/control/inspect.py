"""Control routes that show: messages, chats, commands, and the calls that came."""

from bot.emulator.chats import Json
from bot.emulator.control.base import Asked


def messages(asked: Asked) -> list[Json]:
    """?chat= → the chat's messages, oldest first; ?since= those after that message, ?only= that one.

    [{"message_id", "from_bot", "message", "history", "deleted", "options", "keyboard"}, …]
    """
    chat_id = asked.number("chat")
    chat = asked.world.chats.get(chat_id)
    if chat is None:
        raise ValueError(f"chat={chat_id}: no such chat")
    if asked.query.get("only"):
        stored = chat.stored.get(asked.number("only"))
        return [] if stored is None else [stored.row()]
    since = asked.number("since") if asked.query.get("since") else 0
    return [stored.row() for message_id, stored in chat.stored.items() if message_id > since]


def chats(asked: Asked) -> list[Json]:
    """→ [{"chat", "bot_status", "members", "last_message_id", "migrated_to"}, …]."""
    return [
        {
            "chat": chat.described,
            "bot_status": chat.bot_status,
            "members": chat.members,
            "last_message_id": chat.last_message_id,
            "migrated_to": chat.migrated_to,
        }
        for chat in asked.world.chats.values()
    ]


def commands(asked: Asked) -> list[Json]:
    """→ [{"scope", "language_code", "commands"}, …].

    With ?person= (and ?chat=) → [BotCommand, …] as shown there.
    """
    settings = asked.world.settings
    if not asked.query.get("person"):
        return settings.rows()
    person_id = asked.number("person")
    chat_id = asked.number("chat") if asked.query.get("chat") else person_id
    chat = asked.world.chats.get(chat_id)
    admin = chat is not None and chat.members.get(person_id) in ("creator", "administrator")
    language = asked.world.people[person_id].get("language_code", "")
    return [dict(command) for command in settings.commands_shown(person_id, language, chat_id, admin)]


def call_counts(asked: Asked) -> dict[str, int]:
    """→ {method: count}; with ?reset the counts start anew after this answer."""
    counts = dict(asked.context.calls.counts)
    if "reset" in asked.query:
        asked.context.calls.reset()
    return counts


def call_log(asked: Asked) -> list[Json]:
    """?since=0 → [{"number", "time", "method", "chat_id", "outcome"}, …] after that number, oldest first."""
    return asked.context.calls.since(asked.number("since") if asked.query.get("since") else 0)
