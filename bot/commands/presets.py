"""/presets: packs of alerts, looked into and set."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlite_utils import Database
from telegram import Update

from alerts.rules.check import RuleError
from alerts.rules.evaluate import Watch
from alerts.rules.grammar import GrammarError, parse
from alerts.rules.presets import Pack, packs
from bot.commands.reply import Context, answer_button, argument, chat_of, may_change, parts, say
from bot.commands.saving import keep
from bot.messages import presets as words
from bot.reports.backtest import refuse_unheld


@dataclass
class _Made:
    watches: list[Watch] = field(default_factory=list)
    had: int = 0
    full: int = 0  # left out: the chat may keep no more
    short: int = 0  # left out: the history is too short
    subscribed: bool = False


async def presets(update: Update, _context: Context) -> None:
    """The packs."""
    await answer_button(update)
    found = packs().values()
    await say(update, words.packs_text(found), words.packs_buttons(found))


async def pack(update: Update, _context: Context) -> None:
    """One of them."""
    found = await _named(update)
    if found is not None:
        await answer_button(update)
        await say(update, words.pack_text(found), words.pack_buttons(found))


async def set_pack(update: Update, context: Context) -> None:
    """Set all of it."""
    found = await _named(update)
    if found is None or not await may_change(update):
        return
    await answer_button(update)
    settings = parts(context).settings
    limit, coming = settings.max_rules_per_chat, settings.history_sessions
    made = await parts(context).store.write(_set, chat_of(update), found, limit, coming)
    text = words.pack_set(found, made.watches, made.had, made.full, made.short, made.subscribed)
    await say(update, text, [[("All alerts", "alerts")]])


async def _named(update: Update) -> Pack | None:
    found = packs().get(argument(update))
    if found is None:
        await answer_button(update, "That pack is not offered any more: /presets")
    return found


def _set(db: Database, chat: int, found: Pack, limit: int, coming: int) -> _Made:
    """Each rule that the chat has not and may keep; one that the history is too short for is left out."""
    made = _Made()
    for preset in found.presets:
        try:
            rule = parse(preset.line)
            refuse_unheld(db, rule, coming)
        except (GrammarError, RuleError):
            made.short += 1
            continue
        kept = keep(db, chat, rule, limit)
        if kept is None:
            made.full += 1
        elif kept.there_already:
            made.had += 1
        else:
            made.watches.append(kept.watch)
            made.subscribed |= kept.subscribed
    return made
