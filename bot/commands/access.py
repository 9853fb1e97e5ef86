"""ACCESS: who is answered. Operators make invitations with /invite."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from telegram import Update
from telegram.constants import ChatType

from bot.commands.declaration import Command
from bot.commands.parts import Context, Parts, parts
from bot.commands.reply import answer_button, argument, chat_of, say
from bot.messages import access as words
from bot.messages import asking
from storage import access

_START = re.compile(r"/start(?:@\w+)?\s+inv-([A-Za-z0-9_-]{8,60})\s*")
MOST_USES = 1_000


async def is_let_in(found: Parts, update: Update) -> bool:
    """Whether the chat, or the person who asks there, is answered; one who is not is told so, once a message."""
    settings = found.settings
    ids = {one.id for one in (update.effective_chat, update.effective_user) if one is not None}
    if settings.access == "open" or update.my_chat_member is not None or ids & _listed(found):
        return True
    if settings.access == "invite":
        if await found.store.read(access.is_let_in, ids):
            return True
        invitation = _START.fullmatch((update.message.text if update.message else None) or "")
        if invitation is not None:
            code, now = invitation[1], datetime.now(UTC)
            if await found.store.write(access.use_invitation, code, chat_of(update), now):
                return True
    await _refuse(update, invited=settings.access == "invite")
    return False


def _listed(found: Parts) -> frozenset[int]:
    return frozenset((*found.settings.admin_chat_ids, *found.settings.access_chat_ids))


async def _refuse(update: Update, *, invited: bool) -> None:
    text = words.closed(chat_of(update), invited=invited)
    if await answer_button(update, words.CLOSED):
        return
    chat, message = update.effective_chat, update.effective_message
    # A group is answered only where somebody speaks to the bot.
    if chat is not None and (chat.type == ChatType.PRIVATE or ((message and message.text) or "").startswith("/")):
        await say(update, text)


async def invite(update: Update, context: Context) -> None:
    """A link that lets people in, for operators."""
    settings = parts(context).settings
    if chat_of(update) not in settings.admin_chat_ids:
        await say(update, asking.not_understood("/invite"))
        return
    if settings.access != "invite":
        await say(update, words.no_invitations(settings.access))
        return
    given = argument(update)
    uses = int(given) if re.fullmatch(r"\d{1,6}", given, re.ASCII) else 0
    if given and not 1 <= uses <= MOST_USES:
        await say(update, words.wrong_uses(given, MOST_USES))
        return
    code = await parts(context).store.write(access.invite, uses or 1, datetime.now(UTC))
    await say(update, words.invitation(f"https://t.me/{context.bot.username}?start=inv-{code}", uses or 1))


COMMANDS = (Command("invite", invite),)
