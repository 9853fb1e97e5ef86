"""What the bot says of itself: commands by scope and language, descriptions, the menu button."""

import re
from dataclasses import dataclass, field
from typing import Any

from bot.emulator.api.errors import bad_request

SCOPES: dict[str, tuple[str, ...]] = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
LANGUAGE = re.compile(r"[a-z]{2}")
COMMANDS = 100
COMMAND_DESCRIPTION = 256
# The longest text of each.
LIMITS = {"description": 512, "short_description": 120}
MENU_BUTTONS = ("commands", "web_app", "default")

# A scope: its type, then chat_id and user_id where it has them.
Scope = tuple[str | int, ...]


@dataclass(slots=True)
class Settings:
    """Commands by (scope, language), texts by (name, language), menu buttons by chat (None: all chats)."""

    commands: dict[tuple[Scope, str], list[dict[str, str]]] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int | None, dict[str, Any]] = field(default_factory=dict)

    def menu_button(self, chat_id: int | None) -> dict[str, Any]:
        """The button of a chat, else the one for all."""
        return self.menu_buttons.get(chat_id) or self.menu_buttons.get(None) or {"type": "commands"}

    def commands_shown(self, person_id: int, language: str, chat_id: int, admin: bool) -> list[dict[str, str]]:
        """The commands that a person sees in a chat: of the narrowest scope that has any, their language first."""
        private = chat_id == person_id
        scopes: list[Scope] = [] if private else [("chat_member", chat_id, person_id)]
        if admin and not private:
            scopes.append(("chat_administrators", chat_id))
        scopes.append(("chat", chat_id))
        if admin and not private:
            scopes.append(("all_chat_administrators",))
        scopes += [("all_private_chats",) if private else ("all_group_chats",), ("default",)]
        for scope in scopes:
            for code in (language, ""):
                if found := self.commands.get((scope, code)):
                    return found
        return []

    def rows(self) -> list[dict[str, Any]]:
        """The commands as JSON: scope as a BotCommandScope, language_code, commands."""
        return [
            {"scope": described(scope), "language_code": code, "commands": commands}
            for (scope, code), commands in self.commands.items()
        ]


def described(scope: Scope) -> dict[str, Any]:
    """A BotCommandScope."""
    kind = str(scope[0])
    return {"type": kind} | dict(zip(SCOPES[kind], scope[1:], strict=True))


def scope_of(value: Any) -> Scope:
    """A BotCommandScope, checked; ("default",) for None. Raises ApiError 400."""
    if value is None:
        return ("default",)
    if not isinstance(value, dict) or value.get("type") not in SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    scope: list[str | int] = [value["type"]]
    for name in SCOPES[value["type"]]:
        if name not in value:
            raise bad_request(f"can't parse BotCommandScope: Can't find field \"{name}\"")
        scope.append(int(value[name]) if str(value[name]).lstrip("-").isdecimal() else str(value[name]))
    return tuple(scope)


def language_of(code: str | None) -> str:
    """A two-letter ISO 639-1 code, "" for every language; ApiError 400 else."""
    if code and not LANGUAGE.fullmatch(code):
        raise bad_request("invalid language code specified")
    return code or ""


def check_commands(commands: list[dict[str, str]]) -> list[dict[str, str]]:
    """Commands without their leading slash; ApiError 400 as Telegram refuses them."""
    if len(commands) > COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    checked = []
    for command in commands:
        name, description = command["command"].removeprefix("/"), command["description"].strip()
        if not COMMAND.fullmatch(name):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(description) <= COMMAND_DESCRIPTION:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        checked.append({"command": name, "description": description})
    return checked
