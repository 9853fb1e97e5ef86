"""Groups and channels: being added and removed, /groups, and managing their alerts from a private chat."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from sqlite_utils import Database
from telegram import Bot, Chat, ChatMemberAdministrator, ChatMemberUpdated, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError

from bot.commands import place
from bot.commands.administrators import Administrators, Standing
from bot.commands.declaration import Button, Command
from bot.commands.parts import Context, parts
from bot.commands.place import Place
from bot.commands.reply import answer_button, argument, keyboard, replace_text, say
from bot.messages import groups as words
from bot.messages.buttons import group_of
from bot.messages.groups import Managed
from storage import chats, digests, groups, rules

log = logging.getLogger(__name__)

_GONE = (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)
_LONG = frozenset({"help", "metrics", "history"})  # whose answers fill a screen and more
_CODE = 9  # letters of a group's id in a link


async def membership(update: Update, context: Context) -> None:
    """The bot was added, removed, blocked, promoted. A subscription that ends so begins again by /subscribe only."""
    changed = update.my_chat_member
    assert changed is not None
    chat, store = changed.chat, parts(context).store
    _administrators(context).drop(chat.id)
    before, status = changed.old_chat_member.status, changed.new_chat_member.status
    if status in _GONE:
        why = f"the bot is {status} there"
        await store.write(chats.unsubscribe, chat.id, datetime.now(UTC), why)
        log.info("a chat ended its subscription: the bot is %s there", status)
    elif chat.type == ChatType.CHANNEL:
        await _in_channel(changed, context)
    elif chat.type != ChatType.PRIVATE:
        if before in _GONE:
            await _greet(changed, context)
        elif await store.write(groups.right_back, chat.id, datetime.now(UTC)):
            log.info("a group may be written to again")


async def member_changed(update: Update, context: Context) -> None:
    """Somebody became an administrator, or is none any more: ask again next time."""
    changed = update.chat_member
    assert changed is not None
    _administrators(context).drop(changed.chat.id, changed.new_chat_member.user.id)


async def _greet(changed: ChatMemberUpdated, context: Context) -> None:
    """Greet a group once; a supergroup that a group has become is no new one."""
    chat, person = changed.chat, changed.from_user.id
    count = await parts(context).store.write(_joined, chat.id, person, datetime.now(UTC))
    if count is None:
        return
    buttons = keyboard(words.greeting_buttons(context.bot.username, chat.id))
    try:
        await chat.send_message(words.greeting(count), parse_mode="HTML", reply_markup=buttons)
    except TelegramError as error:  # a group may forbid its members to write
        log.info("a group could not be greeted: %s", error.message)


def _joined(db: Database, chat: int, person: int, now: datetime) -> int | None:
    """How many alerts the group has kept; None where it moved here and was greeted before."""
    if groups.has_moved(db, chat):
        return None
    groups.add_group(db, chat, now)
    groups.add_manager(db, chat, person, reached=False)
    return rules.count_rules(db, chat)


async def _in_channel(changed: ChatMemberUpdated, context: Context) -> None:
    """Tell whoever made the bot an administrator of a channel, or gave it back its right, how to go on."""
    chat, person, store = changed.chat, changed.from_user.id, parts(context).store
    was, new = _may_post(changed.old_chat_member), _may_post(changed.new_chat_member)
    if not isinstance(changed.new_chat_member, ChatMemberAdministrator):
        return
    subscribed = (await store.read(groups.standing_of, chat.id)).subscribed
    waiting = await store.write(_channel, chat.id, person, datetime.now(UTC), new)
    if isinstance(changed.old_chat_member, ChatMemberAdministrator) and (was == new or not new):
        return  # what could not be sent is told of when that is met
    text = words.added_to_channel(chat.title or "", new)
    if subscribed and waiting:
        text = words.may_post_again(chat.title or "")
    if await _reached(context.bot, person, text, chat):
        await store.write(groups.add_manager, chat.id, person, reached=True)


def _channel(db: Database, chat: int, person: int, now: datetime, may_post: bool) -> int:
    """Keep a channel and its manager; how many messages waited for the right to post and are due now."""
    groups.add_group(db, chat, now, channel=True)
    groups.add_manager(db, chat, person, reached=False)
    return groups.right_back(db, chat, now) if may_post else 0


def _may_post(member: object) -> bool:
    return isinstance(member, ChatMemberAdministrator) and bool(member.can_post_messages)


async def _reached(bot: Bot, person: int, text: str, chat: Chat) -> bool:
    """Write to a person in private; False where that is not possible."""
    try:
        await bot.send_message(person, text, parse_mode="HTML", reply_markup=keyboard(words.which_one(chat.id)))
    except TelegramError as error:
        log.info("whoever added the bot cannot be told in private: %s", error.message)
        return False
    return True


async def list_groups(update: Update, context: Context) -> None:
    """/groups: in private the groups and channels that one manages; in a group the way there."""
    await answer_button(update)
    chat, person = update.effective_chat, update.effective_user
    assert chat is not None
    if chat.type != ChatType.PRIVATE or person is None:
        link = words.manage_link(context.bot.username, chat.id)
        await say(update, words.in_private(), [[("Set up", link)]])
        return
    place.leave(update)
    await parts(context).store.write(groups.manage, person.id, None)
    found, administrators = [], _administrators(context)
    for group in await parts(context).store.read(groups.managed_by, person.id):
        title = await administrators.title(group)
        if title is not None and await administrators.standing(group, person.id) is Standing.ADMINISTRATOR:
            found.append((group, title))
    text, buttons = words.groups_list(found)
    await say(update, text, buttons)


async def chosen(update: Update, context: Context) -> None:
    """A group or channel was chosen in private; 0: one's own alerts again."""
    group = -int(argument(update))
    place.leave(update)
    await answer_button(update)
    if group:
        await _manage(update, context, group)
        return
    person = update.effective_user
    assert person is not None
    await parts(context).store.write(groups.manage, person.id, None)
    await replace_text(update, words.OWN_AGAIN)


async def opened(update: Update, context: Context, payload: str) -> bool:
    """Do what a link into the private chat asks for; False where it asks for nothing of groups."""
    if payload.startswith(words.MANAGE) and len(payload) == len(words.MANAGE) + _CODE:
        await _manage(update, context, group_of(payload.removeprefix(words.MANAGE)))
        return True
    command = context.bot_data["commands"].get(payload.removeprefix(words.ASK))
    if payload.startswith(words.ASK) and command is not None and command.name in _LONG:
        await command.answer(update, context)
        return True
    return False


async def _manage(update: Update, context: Context, group: int) -> None:
    """Begin to manage a group or channel, if the person administers it."""
    chat, person, store = update.effective_chat, update.effective_user, parts(context).store
    if chat is None or person is None or chat.type != ChatType.PRIVATE:
        return
    place.leave(update)
    group = (await store.read(groups.standing_of, group)).chat
    title, standing = await _administrators(context).title(group), Standing.OTHER
    if title is not None:
        standing = await _administrators(context).standing(group, person.id)
    if title is None or standing is not Standing.ADMINISTRATOR:
        await store.write(groups.drop_manager, group, person.id)
        text = words.cannot_tell() if standing is Standing.UNKNOWN else words.not_yours()
        await say(update, text)
        return
    managed = await store.write(_begin, group, person.id, title, datetime.now(UTC))
    place.manage(update, group, title)
    await say(update, words.management(managed), words.management_buttons(managed))


def _begin(db: Database, group: int, person: int, title: str, now: datetime) -> Managed:
    groups.add_group(db, group, now)
    groups.add_manager(db, group, person, reached=True)
    groups.manage(db, person, group)
    standing, digest = groups.standing_of(db, group), digests.digest_of(db, group)
    return Managed(
        title, groups.is_channel(db, group), standing.subscribed, rules.count_rules(db, group),
        digest.when.line if digest else None, standing.topic is not None,
    )  # fmt: skip


async def refused(update: Update, here: Place) -> bool:
    """Whether a person manages a group in private without administering it; back to the own alerts, and told so."""
    person = update.effective_user
    if not here.managed or person is None:
        return False
    standing = Standing.OTHER if here.title is None else await here.administrators.standing(here.about, person.id)
    if standing is Standing.ADMINISTRATOR:
        return False
    await here.store.write(groups.drop_manager, here.about, person.id)
    here.own().begin()
    await answer_button(update)
    await say(update, words.cannot_tell() if standing is Standing.UNKNOWN else words.NO_LONGER)
    return True


async def too_long(update: Update, here: Place, bot: Bot) -> bool:
    """Whether somebody who is no administrator asks in a group for a long answer: a link to it is given instead."""
    message, user, chat = update.message, update.effective_user, update.effective_chat
    if message is None or user is None or chat is None or chat.type == ChatType.PRIVATE or not message.text:
        return False
    name, _, addressed = message.text.split()[0].removeprefix("/").partition("@")
    ours = message.text.startswith("/") and addressed.casefold() in ("", (bot.username or "").casefold())
    if not ours or name.casefold() not in _LONG or message.sender_chat is not None:
        return False
    if await here.administrators.standing(here.chat, user.id) is Standing.ADMINISTRATOR:
        return False
    await say(update, words.LONG_ANSWER, [[("Open it", words.link(bot.username, words.ASK + name.casefold()))]])
    return True


def _administrators(context: Context) -> Administrators:
    found: Administrators = context.bot_data["administrators"]
    return found


COMMANDS = (Command("groups", list_groups, "Set up a group's or channel's alerts from here", place=185),)
BUTTONS = (Button("manage", chosen, r"\d{1,18}"), Button("groups", list_groups))
