"""/alert LINE and /edit N LINE: a preview of the rule, and what is pressed under it: save, change, cancel."""

from __future__ import annotations

from datetime import UTC, datetime

from telegram import Message, Update

from alerts.phrases.doubts import doubt_about
from alerts.phrases.sentences import meant
from alerts.rules.check import RuleError
from alerts.rules.evaluate import Watch
from alerts.rules.grammar import GrammarError
from bot.alerting.rules import set_rule
from bot.commands import editor
from bot.commands.alerts import rule_pressed, rule_typed
from bot.commands.asked import have, read_line
from bot.commands.declaration import ID, Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import (
    answer_button,
    argument,
    buttons_above,
    chat_of,
    may_change,
    replace_text,
    say,
    show,
    without_buttons,
)
from bot.messages import asking
from bot.messages import rules as words
from bot.messages.buttons import fits, line_offered, previews, saves
from bot.messages.preview import decided, level_lines, preview_text
from bot.reports.backtest import refuse_unheld
from bot.reports.preview import Preview, preview
from bot.reports.summary import values_now
from storage import drafts
from storage.drafts import Draft


async def alert(update: Update, context: Context) -> None:
    """Preview the line after the command; without one, begin an editor."""
    line = argument(update)
    await (typed_line(update, context, line) if line else editor.begin(update, context))


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
    """How to type a threshold, with buttons that preview one."""
    await answer_button(update)
    await say(update, words.how_to_set(), words.starter_buttons())


async def edit(update: Update, context: Context) -> None:
    """/edit N LINE previews the line that is to replace alert N; /edit N puts it into an editor."""
    number, _, line = argument(update).partition(" ")
    watch = await rule_typed(update, context, "edit", number)
    if watch is None:
        return
    if not await may_change(update):
        return
    if line.strip():
        await show_preview(update, context, line.strip(), watch)
    else:
        await editor.edit_rule(update, context, watch)


async def edit_pressed(update: Update, context: Context) -> None:
    """Put the rule that a button names into an editor."""
    watch = await rule_pressed(update, context)
    if watch is not None and await may_change(update):
        await answer_button(update)
        await editor.edit_rule(update, context, watch)


async def preview_pressed(update: Update, context: Context) -> None:
    """Preview the line that a button carries."""
    await answer_button(update)
    await show_preview(update, context, argument(update))


async def show_preview(update: Update, context: Context, line: str, replaces: Watch | None = None) -> None:
    """Show what the rule of `line` would have done, with buttons that save it, change it or cancel."""
    made = await _previewed(update, context, line)
    if made is None:
        return
    save, change = saves(made.rule.line), "change"
    if replaces is not None or not fits(save):
        draft = Draft(made.rule.line, replaces.id if replaces else None)
        identity = await parts(context).store.write(drafts.add_draft, chat_of(update), draft, datetime.now(UTC))
        save, change = f"draft:{identity}", f"change:{identity}"
    buttons: list[list[tuple[str, str]]] = [[("Save", save), ("Change", change), ("Cancel", "cancel")]]
    if replaces is None:  # a line on a button replaces nothing
        suited = [(text, previews(line)) for text, line in level_lines(made.rule, made.tried)]
        buttons += [[button] for button in suited if fits(button[1])]
    old = replaces.rule.line if replaces else None
    same = None if replaces and made.same == replaces.number else made.same
    text = preview_text(made.rule, made.tried, now=made.now, replaces=old, same=same)
    await show(update, context, text, made.chart, buttons)


async def _previewed(update: Update, context: Context, line: str) -> Preview | None:
    found = parts(context)
    try:
        rule = await read_line(update, context, line)
        if not await have(update, context, [one.series.metric for one in rule.conditions]):
            return None
        return await found.store.read(preview, rule, found.simulated, found.settings.history_sessions, chat_of(update))
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
    await decide(update, "Set")
    for line in lines:
        await _set(update, context, line, None)


async def _save(update: Update, context: Context, line: str, replaces: int | None) -> None:
    if not await may_change(update):
        return
    await answer_button(update)
    await decide(update, "Saved")
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
    await say(update, *editor.told_of(made))


async def change(update: Update, context: Context) -> None:
    """Put the previewed line into an editor, in the preview's place."""
    if not await may_change(update):
        return
    if argument(update):
        draft = await _draft(update, context)
        if draft is None:
            return
        line, replaces = draft.line, draft.replaces
    else:
        offered = line_offered(buttons_above(update))
        if offered is None:  # the preview is out of reach, or was decided on before: which line it was, nobody knows
            await answer_button(update, words.DRAFT_GONE)
            return
        line, replaces = offered, None
    await answer_button(update)
    await editor.edit_line(update, context, line, replaces)


async def cancel(update: Update, _context: Context) -> None:
    """Set nothing."""
    if await may_change(update):
        await answer_button(update)
        await decide(update, "Not set")
        await say(update, words.not_set())


async def decide(update: Update, what: str) -> None:
    """Write into a preview what became of it, and take its buttons away."""
    message = update.callback_query.message if update.callback_query else None
    html = (message.caption_html or message.text_html) if isinstance(message, Message) else ""
    if not html or (said := decided(html, what)) == html:
        await without_buttons(update)
    else:
        await replace_text(update, said)


async def _draft(update: Update, context: Context) -> Draft | None:
    found = await parts(context).store.read(drafts.draft_of, chat_of(update), int(argument(update)))
    if found is None:
        await answer_button(update, words.DRAFT_GONE)
    return found


COMMANDS = (
    Command("alert", alert, "Set an alert by taps, or type it: /alert small above 200d > 60", place=60),
    Command("edit", edit, "Change an alert: /edit 1", place=110),
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
