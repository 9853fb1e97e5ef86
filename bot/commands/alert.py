"""/alert LINE and /edit N LINE: a preview of the rule, and what is pressed under it: save, change, cancel."""

from __future__ import annotations

from datetime import UTC, datetime

from telegram import Update

from alerts.phrases.doubts import doubt_about
from alerts.phrases.sentences import meant
from alerts.rules.check import RuleError
from alerts.rules.evaluate import Watch
from alerts.rules.grammar import GrammarError
from bot.alerting.rules import set_rule
from bot.commands.alerts import rule_pressed, rule_typed
from bot.commands.asked import have, read_line
from bot.commands.declaration import ID, Button, Command
from bot.commands.reply import (
    Context,
    answer_button,
    argument,
    buttons_above,
    chat_of,
    may_change,
    parts,
    say,
    show,
    without_buttons,
)
from bot.messages import asking
from bot.messages import rules as words
from bot.messages.buttons import Buttons, fits, line_offered
from bot.messages.preview import preview_text
from bot.reports.backtest import refuse_unheld
from bot.reports.preview import Preview, preview
from bot.reports.summary import values_now
from storage import drafts, rules
from storage.drafts import Draft


async def alert(update: Update, context: Context) -> None:
    """Preview the line after the command; without one, say how to set a threshold."""
    line = argument(update)
    await (typed_line(update, context, line) if line else how_to(update, context))


async def typed_line(update: Update, context: Context, line: str) -> None:
    """Preview a typed line; ask where it may not say what was meant. A sentence gets the alerts that it may mean."""
    try:
        rule = await read_line(update, context, line)
    except RuleError as error:
        await say(update, words.rule_refused(error))
    except GrammarError as error:
        if not await offer_meant(update, context, line):
            await say(update, words.rule_refused(error), [[("How to ask", "howto"), ("Help", "do:help")]])
    else:
        values = await parts(context).store.read(values_now)
        doubt = doubt_about(rule, values.get)
        if doubt is None:
            await show_preview(update, context, line)
        else:
            await say(update, asking.doubt_text(doubt), asking.doubt_buttons(doubt, values))


async def offer_meant(update: Update, context: Context, sentence: str) -> bool:
    """Preview the alert that a sentence means, or offer those that it may mean. Whether it means any."""
    values = await parts(context).store.read(values_now)
    found = meant(sentence, values.get)
    if not found.lines:
        return False
    if found.sure:
        await typed_line(update, context, found.lines[0])
        return True
    buttons = asking.line_buttons(found.lines)
    if found.together:
        ids = [
            await parts(context).store.write(drafts.add_draft, chat_of(update), Draft(line, None), datetime.now(UTC))
            for line in found.lines
        ]
        buttons.append([("Set both" if len(ids) == 2 else "Set all", f"every:{':'.join(map(str, ids))}")])
    await say(update, asking.may_mean(found.lines, found.together), buttons)
    return True


async def how_to(update: Update, _context: Context) -> None:
    """How to set a threshold, with buttons that preview one."""
    await answer_button(update)
    await say(update, words.how_to_set(), words.starter_buttons())


async def edit(update: Update, context: Context) -> None:
    """/edit N LINE previews the line that is to replace alert N; /edit N gives its line back."""
    number, _, line = argument(update).partition(" ")
    watch = await rule_typed(update, context, "edit", number)
    if watch is None:
        return
    if not line.strip():
        await say(update, words.change_line(watch.rule.line, watch.number))
    elif await may_change(update):
        await show_preview(update, context, line.strip(), watch)


async def edit_pressed(update: Update, context: Context) -> None:
    """Give the rule's line back, to be changed and sent again."""
    watch = await rule_pressed(update, context)
    if watch is not None:
        await answer_button(update)
        await say(update, words.change_line(watch.rule.line, watch.number))


async def preview_pressed(update: Update, context: Context) -> None:
    """Preview the line that a button carries."""
    await answer_button(update)
    await show_preview(update, context, argument(update))


async def show_preview(update: Update, context: Context, line: str, replaces: Watch | None = None) -> None:
    """Show what the rule of `line` would have done, with buttons that save it, change it or cancel."""
    made = await _previewed(update, context, line)
    if made is None:
        return
    save, change = f"save:{made.rule.line}", "change"
    if replaces is not None or not fits(save):
        draft = Draft(made.rule.line, replaces.id if replaces else None)
        identity = await parts(context).store.write(drafts.add_draft, chat_of(update), draft, datetime.now(UTC))
        save, change = f"draft:{identity}", f"change:{identity}"
    buttons: Buttons = [[("Save", save), ("Change", change), ("Cancel", "cancel")]]
    text = preview_text(made.rule, made.tried, now=made.now, replaces=replaces.rule.line if replaces else None)
    await show(update, context, text, made.chart, buttons)


async def _previewed(update: Update, context: Context, line: str) -> Preview | None:
    found = parts(context)
    try:
        rule = await read_line(update, context, line)
        if not await have(update, context, [one.series.metric for one in rule.conditions]):
            return None
        return await found.store.read(preview, rule, found.simulated, found.settings.history_sessions)
    except (GrammarError, RuleError) as error:
        await say(update, words.rule_refused(error))
        return None


async def save_line(update: Update, context: Context) -> None:
    """Set the rule whose line the button carries."""
    await _save(update, context, argument(update), None)


async def save_draft(update: Update, context: Context) -> None:
    """Set the rule of the draft that the button names."""
    draft = await _draft(update, context)
    if draft is not None:
        await _save(update, context, draft.line, draft.replaces)


async def save_every(update: Update, context: Context) -> None:
    """Set the rules of all drafts that the button names."""
    if not await may_change(update):
        return
    lines = []
    for identity in argument(update).split(":"):
        draft = await parts(context).store.read(drafts.draft_of, chat_of(update), int(identity))
        if draft is None:
            await answer_button(update, words.DRAFT_GONE)
            return
        lines.append(draft.line)
    await answer_button(update)
    await without_buttons(update)
    for line in lines:
        await _set(update, context, line, None)


async def _save(update: Update, context: Context, line: str, replaces: int | None) -> None:
    if not await may_change(update):
        return
    await answer_button(update)
    await without_buttons(update)
    await _set(update, context, line, replaces)


async def _set(update: Update, context: Context, line: str, replaces: int | None) -> None:
    found = parts(context)
    try:
        rule = await read_line(update, context, line)
        if not await have(update, context, [one.series.metric for one in rule.conditions]):
            return
        await found.store.read(refuse_unheld, rule, found.settings.history_sessions)
    except (GrammarError, RuleError) as error:
        await say(update, words.rule_refused(error))
        return
    limit = found.settings.max_rules_per_chat
    made = await found.store.write(set_rule, chat_of(update), rule, limit, datetime.now(UTC), replaces)
    if made is None:
        await say(update, words.too_many(limit))
        return
    text = words.rule_set(made.watch, made.now, there_already=made.there_already, subscribed_now=made.subscribed)
    await say(update, text, words.set_buttons(made.watch.id, undecided=made.undecided))


async def change(update: Update, context: Context) -> None:
    """Give the previewed line back, to be changed and sent again."""
    watch = None
    if argument(update):
        draft = await _draft(update, context)
        if draft is None:
            return
        line = draft.line
        if draft.replaces is not None:
            watch = await parts(context).store.read(rules.rule_of, chat_of(update), draft.replaces)
    else:
        offered = line_offered(buttons_above(update))
        if offered is None:  # the preview is out of reach, or was decided on before: which line it was, nobody knows
            await answer_button(update, words.DRAFT_GONE)
            return
        line = offered
    await answer_button(update)
    await without_buttons(update)
    await say(update, words.change_line(line, watch.number if watch else None))


async def cancel(update: Update, _context: Context) -> None:
    """Set nothing."""
    await answer_button(update)
    await without_buttons(update)
    await say(update, words.not_set())


async def _draft(update: Update, context: Context) -> Draft | None:
    found = await parts(context).store.read(drafts.draft_of, chat_of(update), int(argument(update)))
    if found is None:
        await answer_button(update, words.DRAFT_GONE)
    return found


COMMANDS = (
    Command("alert", alert, "Try a threshold and set it: /alert small above 200d > 60", place=60),
    Command("edit", edit, "Change an alert: /edit 1 small above 200d > 65", place=110),
)
BUTTONS = (
    Button("howto", how_to),
    Button("edit", edit_pressed, ID),
    Button("set", preview_pressed, ".+"),
    Button("save", save_line, ".+"),
    Button("draft", save_draft, ID),
    Button("every", save_every, rf"{ID}(?::{ID}){{1,3}}"),
    Button("change", change),
    Button("change", change, ID),
    Button("cancel", cancel),
)
