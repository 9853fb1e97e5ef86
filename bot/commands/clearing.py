"""The clear level that an alert offers for a rule that fires often: one tap sets it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from telegram import Update

from alerts.rules.check import RuleError, check
from bot.alerting.rules import set_rule
from bot.commands.alerts import rule_pressed
from bot.commands.declaration import ID, Button
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, may_change, say
from bot.messages import rules as words
from bot.messages.buttons import rule_buttons


async def clear(update: Update, context: Context) -> None:
    """Give the rule that a button names the clear level that it carries."""
    watch = await rule_pressed(update, context)
    if watch is None or not await may_change(update):
        return
    await answer_button(update)
    try:
        rule = check(replace(watch.rule, clear=float(argument(update).split(":")[1])))
    except RuleError as error:  # the rule was edited since
        await say(update, words.rule_refused(error))
        return
    limit = parts(context).settings.max_rules_per_chat
    made = await parts(context).store.write(set_rule, chat_of(update), rule, limit, datetime.now(UTC), watch.id)
    if made is None:
        await say(update, words.too_many(limit))
        return
    await say(update, words.cleared(made.watch, there_already=made.there_already), rule_buttons(made.watch.id))


BUTTONS = (Button("clearat", clear, rf"{ID}:-?\d+(?:\.\d+)?"),)
