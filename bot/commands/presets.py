"""/presets: packs of alerts, to look into and to set."""

from __future__ import annotations

from datetime import UTC, datetime

from telegram import Update

from alerts.rules.presets import Pack, packs
from bot.alerting import rules
from bot.commands.declaration import Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, may_change, say
from bot.messages import presets as words

_NAME = "[a-z]{1,20}"


async def presets(update: Update, _context: Context) -> None:
    """The packs."""
    await answer_button(update)
    found = packs().values()
    await say(update, words.packs_text(found), words.packs_buttons(found))


async def pack(update: Update, _context: Context) -> None:
    """The alerts of one pack."""
    found = await _named(update)
    if found is not None:
        await answer_button(update)
        await say(update, words.pack_text(found), words.pack_buttons(found))


async def set_pack(update: Update, context: Context) -> None:
    """Set every alert of a pack."""
    found = await _named(update)
    if found is None or not await may_change(update):
        return
    await answer_button(update)
    settings, now = parts(context).settings, datetime.now(UTC)
    limit, coming = settings.max_rules_per_chat, settings.history_sessions
    made = await parts(context).store.write(rules.set_pack, chat_of(update), found, limit, coming, now)
    text = words.pack_set(found, made.watches, made.had, made.full, made.short, made.subscribed)
    await say(update, text, [[("All alerts", "alerts")]])


async def _named(update: Update) -> Pack | None:
    found = packs().get(argument(update))
    if found is None:
        await answer_button(update, words.PACK_GONE)
    return found


COMMANDS = (Command("presets", presets, "Packs of alerts, ready to be set", place=70),)
BUTTONS = (Button("presets", presets), Button("pack", pack, _NAME), Button("packall", set_pack, _NAME))
