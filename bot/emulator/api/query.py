"""Methods that ask or set without sending: getMe, chats and their members, files, queries, commands, the menu."""

import json
import re

from bot.emulator.api.bot_settings import LIMITS, MENU_BUTTONS, check_commands, language_of, scope_of
from bot.emulator.api.errors import LOCAL, bad_request, forbidden, upgraded
from bot.emulator.api.formatting import read_text, too_long
from bot.emulator.api.names import NAMES
from bot.emulator.api.send import Files
from bot.emulator.chats import Chat, Json, bot_member, member
from bot.emulator.state import World
from bot.emulator.uploads import DOWNLOAD_BYTES
from bot.emulator.webhook import Webhook, is_loopback

ANSWER_LIMIT = 200
INLINE_RESULTS = 50
OLD_QUERY = "query is too old and response timeout expired or query ID is invalid"
ADMINS = ("creator", "administrator")
GONE = ("left", "kicked")


def get_me(world: World, given: Json, files: Files) -> Json:
    """The bot as a User, with what it can do."""
    return world.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": world.inline,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def get_chat(world: World, given: Json, files: Files) -> Json:
    """A ChatFullInfo."""
    chat = world.chat(given["chat_id"])
    full = chat.described | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(NAMES["accepted_gift_types"], False),
    }
    if chat.bot_status in GONE and not chat.private:
        raise forbidden(f"bot is not a member of the {chat.described['type']} chat")
    if chat.linked is not None:
        full["linked_chat_id"] = chat.linked
    if not chat.private:
        full["permissions"] = dict.fromkeys(NAMES["permissions"], True)
    return full


def get_chat_member(world: World, given: Json, files: Files) -> Json:
    """A ChatMember; ApiError 400 for an id that nobody has, and where members are hidden from the bot."""
    chat, user_id = _chat_with_members(world, given), given["user_id"]
    if user_id == world.bot["id"]:
        return bot_member(world.bot, chat, chat.bot_status)
    if chat.hides_members and chat.bot_status != "administrator":
        raise bad_request("CHAT_ADMIN_REQUIRED")
    if chat.channel and chat.bot_status != "administrator":
        raise bad_request("member list is inaccessible")
    if user_id not in world.people:
        raise bad_request("PARTICIPANT_ID_INVALID")
    status = "member" if chat.private and user_id == chat.id else chat.members.get(user_id, "left")
    return member(world.people[user_id], status)


def _chat_with_members(world: World, given: Json) -> Chat:
    """The chat; ApiError for a group that has become a supergroup, and for one that the bot is not in."""
    chat = world.chat(given["chat_id"])
    if chat.migrated_to is not None:
        raise upgraded(chat.migrated_to)
    if chat.bot_status in GONE and not chat.private:
        raise forbidden(f"bot is not a member of the {chat.described['type']} chat")
    return chat


def get_chat_administrators(world: World, given: Json, files: Files) -> list[Json]:
    """ChatMembers with rights; other bots than this one are not in any chat."""
    chat = _chat_with_members(world, given)
    if chat.private:
        raise bad_request("there are no administrators in the private chat")
    found = [member(world.people[user_id], status) for user_id, status in chat.members.items() if status in ADMINS]
    if given.get("return_bots") and chat.bot_status == "administrator":
        found.append(bot_member(world.bot, chat, chat.bot_status))
    return found


def leave_chat(world: World, given: Json, files: Files) -> bool:
    """The bot leaves a group."""
    chat = world.chat_to_write(given["chat_id"])
    if chat.private:
        raise bad_request("chat member status can't be changed in private chats")
    world.set_bot_status(chat, "left", world.bot)
    return True


def get_file(world: World, given: Json, files: Files) -> Json:
    """A File with the path under which it is downloaded."""
    upload = world.uploads.by_id.get(given["file_id"])
    if upload is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(upload.body) > DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    described = next(file for file in upload.described if file["file_id"] == given["file_id"])
    names = ("file_id", "file_unique_id")
    return {name: described[name] for name in names} | {"file_size": len(upload.body), "file_path": upload.path}


def answer_callback_query(world: World, given: Json, files: Files) -> bool:
    """The spinner on the button ends; a text shows for a moment, or as an alert. Once a query."""
    query = world.queries.get(given["callback_query_id"])
    if query is None or query.answer is not None or world.clock() - query.time > world.callback_seconds:
        raise bad_request(OLD_QUERY)
    if too_long(given.get("text", ""), ANSWER_LIMIT):
        raise bad_request("MESSAGE_TOO_LONG")
    if given.get("url"):
        raise bad_request("URL_INVALID")
    names = ("text", "show_alert", "cache_time")
    query.answer = {name: given[name] for name in names if name in given}
    world.tell("answered", query.chat_id, {"id": query.id, "person": query.person_id} | query.answer)
    return True


def answer_inline_query(world: World, given: Json, files: Files) -> bool:
    """What a person may choose from for an inline query; at most 50 results, each with an id of its own."""
    query = world.inline_queries.get(given["inline_query_id"])
    if query is None or query["results"] is not None:
        raise bad_request(OLD_QUERY)
    ids = [result.get("id") for result in given["results"] if isinstance(result, dict) and result.get("type")]
    if len(ids) != len(given["results"]) or len(set(ids)) != len(ids) or len(ids) > INLINE_RESULTS:
        raise bad_request("RESULT_ID_DUPLICATE" if len(set(ids)) != len(ids) else "RESULTS_TOO_MUCH")
    for result in given["results"]:
        if "photo_file_id" in result:
            world.uploads.find("photo", result["photo_file_id"])
        read_text(result.get("caption", ""), result.get("parse_mode"), None)
    query["results"] = given["results"]
    return True


def set_my_commands(world: World, given: Json, files: Files) -> bool:
    """Commands of one scope and language; none at all removes them."""
    place = scope_of(given.get("scope")), language_of(given.get("language_code"))
    commands = check_commands(given["commands"])
    if commands:
        world.settings.commands[place] = commands
    else:
        world.settings.commands.pop(place, None)
    world.tell("settings", None, {"commands": world.settings.rows()})
    return True


def get_my_commands(world: World, given: Json, files: Files) -> list[dict[str, str]]:
    """The commands of exactly this scope and language."""
    place = scope_of(given.get("scope")), language_of(given.get("language_code"))
    return world.settings.commands.get(place, [])


def delete_my_commands(world: World, given: Json, files: Files) -> bool:
    """No commands for this scope and language any more."""
    world.settings.commands.pop((scope_of(given.get("scope")), language_of(given.get("language_code"))), None)
    world.tell("settings", None, {"commands": world.settings.rows()})
    return True


def set_my_description(world: World, given: Json, files: Files) -> bool:
    """What an empty chat with the bot shows."""
    return _set_text(world, "description", given)


def set_my_short_description(world: World, given: Json, files: Files) -> bool:
    """What the bot's profile shows."""
    return _set_text(world, "short_description", given)


def get_my_description(world: World, given: Json, files: Files) -> Json:
    """A BotDescription."""
    return _get_text(world, "description", given)


def get_my_short_description(world: World, given: Json, files: Files) -> Json:
    """A BotShortDescription."""
    return _get_text(world, "short_description", given)


def _set_text(world: World, name: str, given: Json) -> bool:
    text, language = given.get(name, "").strip(), language_of(given.get("language_code"))
    if too_long(text, LIMITS[name]):
        raise bad_request(f"{name.replace('_', ' ')} is too long")
    if text:
        world.settings.texts[name, language] = text
    else:
        world.settings.texts.pop((name, language), None)
    world.tell("settings", None, {name: text, "language_code": language})
    return True


def _get_text(world: World, name: str, given: Json) -> Json:
    texts, language = world.settings.texts, language_of(given.get("language_code"))
    return {name: texts.get((name, language)) or texts.get((name, ""), "")}


def set_chat_menu_button(world: World, given: Json, files: Files) -> bool:
    """The button beside the field where people write: in one chat, or in all."""
    button = given.get("menu_button", {"type": "default"})
    if not isinstance(button, dict) or button.get("type") not in MENU_BUTTONS:
        raise bad_request("can't parse menu button: Unsupported type specified")
    if button["type"] == "web_app" and not _opens_page(button):
        raise bad_request(f"menu button needs text and an HTTPS address, not {json.dumps(button)} {LOCAL}")
    chat_id = world.chat(given["chat_id"]).id if "chat_id" in given else None
    if button["type"] == "default":
        world.settings.menu_buttons.pop(chat_id, None)
    else:
        world.settings.menu_buttons[chat_id] = button
    world.tell("settings", chat_id, {"menu_button": button})
    return True


def _opens_page(button: Json) -> bool:
    page = button.get("web_app")
    return bool(button.get("text")) and isinstance(page, dict) and str(page.get("url", "")).startswith("https://")


def get_chat_menu_button(world: World, given: Json, files: Files) -> Json:
    """A MenuButton."""
    return world.settings.menu_button(given.get("chat_id"))


def set_webhook(world: World, given: Json, files: Files) -> bool:
    """Post updates to an address on loopback; an empty address removes the webhook."""
    url, secret = given.get("url", ""), given.get("secret_token", "")
    if not url:
        return delete_webhook(world, given, files)
    if not is_loopback(url):
        raise bad_request(f"bad webhook: updates are posted to this machine only {LOCAL}")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad_request("secret token contains unallowed characters")
    if given.get("drop_pending_updates"):
        world.updates.pending.clear()
    world.updates.register(Webhook(url, secret), given.get("allowed_updates"))
    return True


def delete_webhook(world: World, given: Json, files: Files) -> bool:
    """True; with drop_pending_updates what waits is forgotten."""
    if given.get("drop_pending_updates"):
        world.updates.pending.clear()
    world.updates.register(None)
    return True


def get_webhook_info(world: World, given: Json, files: Files) -> Json:
    """A WebhookInfo."""
    webhook = world.updates.webhook
    info = {
        "url": webhook.url if webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates.pending),
    }
    if webhook is not None and webhook.last_error is not None:
        info["last_error_date"], info["last_error_message"] = webhook.last_error
    return info
