"""Control routes by which people act: write, press, block, make groups."""

import base64
import binascii
import mimetypes
from typing import Any

from bot.emulator import groups, people
from bot.emulator.chats import Json
from bot.emulator.control.base import Asked
from bot.emulator.groups import NewGroup
from bot.emulator.people import Said
from bot.emulator.uploads import Sent


def say(asked: Asked) -> Json:
    """{"person", "text", "chat"?, "reply_to"?, "topic"?, "anonymous"?} → the Message."""
    given = asked.given()
    said = Said(str(given["text"]), given.get("reply_to"), given.get("topic"), bool(given.get("anonymous")))
    return people.write(asked.world, given["person"], given.get("chat"), said)


def send_file(asked: Asked) -> Json:
    """{"person", "name", "text" or "base64", "chat"?, "topic"?, "caption"?} → the Message.

    A file with that text as UTF-8, or with those bytes.
    """
    given = asked.given()
    if "base64" in given:
        try:
            body = base64.b64decode(str(given["base64"]), validate=True)
        except binascii.Error as error:
            raise ValueError(f"base64: {error}") from None
    else:
        body = str(given["text"]).encode()
    name = str(given["name"])
    return people.send_file(
        asked.world,
        given["person"],
        Sent(name, mimetypes.guess_type(name)[0] or "application/octet-stream", body),
        chat_id=given.get("chat"),
        topic=given.get("topic"),
        caption=str(given.get("caption", "")),
    )


def press(asked: Asked) -> Json:
    """{"person", "message_id", "data" or "text", "chat"?, "earlier"?} → {"id"} of the callback query."""
    given = asked.given()
    if given.get("earlier"):
        made = people.press_earlier(asked.world, given["person"], given["message_id"], given["data"], given.get("chat"))
        return {"id": made.id}
    query = people.press(
        asked.world,
        given["person"],
        given["message_id"],
        chat_id=given.get("chat"),
        data=given.get("data"),
        text=given.get("text"),
    )
    return {"id": query.id}


def answer_shown(asked: Asked) -> Json:
    """?id= → {"answered", "text"?, "show_alert"?}."""
    return _answer_to(asked, asked.query.get("id", ""))


def expire_query(asked: Asked) -> Json:
    """{"id"} → {}: the query is too old to be answered."""
    query_id = asked.given()["id"]
    _answer_to(asked, query_id)
    asked.world.queries[query_id].time -= asked.world.callback_seconds + 1
    return {}


def _answer_to(asked: Asked, query_id: str) -> Json:
    query = asked.world.queries.get(query_id)
    if query is None:
        raise ValueError(f"id={query_id}: no such callback query")
    return {"answered": query.answer is not None} | (query.answer or {})


def ask_inline(asked: Asked) -> Json:
    """{"on": true} switches inline mode on, as BotFather does → {}; {"person", "text"} asks → {"id"}."""
    given = asked.given()
    if "on" in given:
        asked.world.inline = bool(given["on"])
        return {}
    return {"id": people.ask_inline(asked.world, given["person"], str(given["text"]))}


def inline_results(asked: Asked) -> Json:
    """?id= → {"results"}: None until the bot has answered."""
    found = asked.world.inline_queries.get(asked.query.get("id", ""))
    if found is None:
        raise ValueError(f"id={asked.query.get('id', '')}: no such inline query")
    return found


def add_update(asked: Asked) -> Json:
    """An update as Telegram would send it, without "update_id" → {"update_id"}: whatever a test has the bot read."""
    given = asked.given()
    given["update_id"] = asked.world.updates.add_raw(given)
    return {"update_id": given["update_id"]}


def block(asked: Asked) -> Json:
    """{"person"} → {}."""
    people.block(asked.world, asked.given()["person"])
    return {}


def unblock(asked: Asked) -> Json:
    """{"person"} → {}."""
    people.unblock(asked.world, asked.given()["person"])
    return {}


def add_group(asked: Asked) -> Json:
    """{"title", "by", "type"?, "members"?, "admins"?, "bot_status"?, …} → {"id", "title", "type"}.

    Besides: "anonymous" (the bot writes as the group), "forum", "hides_members", "linked" (of a channel: its group),
    "lacks" (the bot's missing rights).
    """
    given = asked.given()
    group = NewGroup(
        given["title"],
        kind=given.get("type", "supergroup"),
        members=tuple(given.get("members", ())),
        admins=tuple(given.get("admins", ())),
        bot_status=given.get("bot_status", "member"),
        anonymous=bool(given.get("anonymous")),
        forum=bool(given.get("forum")),
        hides_members=bool(given.get("hides_members")),
        linked=given.get("linked"),
        lacks=tuple(given.get("lacks", ())),
    )
    return groups.add_group(asked.world, given["by"], group).described


def set_group_status(asked: Asked) -> Json:
    """{"chat", "by", "status", "lacks"?}: the bot is member, administrator or kicked, without some rights → {}."""
    given = asked.given()
    lacks = set(given["lacks"]) if "lacks" in given else None
    groups.set_group_status(asked.world, given["chat"], given["by"], given["status"], lacks)
    return {}


def set_member(asked: Asked) -> Json:
    """{"chat", "by", "person", "status"}: somebody is administrator, member, left or kicked → {}."""
    given = asked.given()
    groups.set_member(asked.world, given["chat"], given["by"], given["person"], given["status"])
    return {}


def add_topic(asked: Asked) -> Json:
    """{"chat", "by", "name"} → {"id"}; {"chat", "by", "topic", "change"}: closed, open or deleted → {}.

    Without "topic" the change is of the general one.
    """
    given = asked.given()
    if "name" in given:
        return {"id": groups.add_topic(asked.world, given["chat"], given["by"], given["name"]).id}
    groups.change_topic(asked.world, given["chat"], given["by"], given.get("topic"), given["change"])
    return {}


def set_forum(asked: Asked) -> Json:
    """{"chat", "on"}: a supergroup has topics, or has none → {}."""
    given = asked.given()
    groups.set_forum(asked.world, given["chat"], bool(given["on"]))
    return {}


def upgrade(asked: Asked) -> Json:
    """{"chat"}: the group becomes a supergroup → {"id", "title", "type"} of the new one."""
    return groups.upgrade(asked.world, asked.given()["chat"]).described


def list_people(asked: Asked) -> list[Json]:
    """→ [User, …]."""
    return list(asked.world.people.values())


def add_people(asked: Asked) -> list[Json]:
    """{"first_name"?, "id"?, "language_code"?} adds one person, {"count", "started"?} many → [User, …].

    `started`: their chats with the bot exist, without a message. {"deactivate": id} closes an account.
    """
    given: dict[str, Any] = asked.given()
    if "deactivate" in given:
        asked.world.deactivated.add(given["deactivate"])
        return [asked.world.people[given["deactivate"]]]
    added = []
    for _ in range(given.get("count", 1)):
        person = asked.world.add_person(
            given.get("first_name", "Person"),
            person_id=given.get("id"),
            language_code=given.get("language_code", "en"),
        )
        added.append(person)
        if given.get("started"):
            asked.world.private_chat(person["id"])
    return added
