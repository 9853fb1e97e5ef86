"""A line before it is kept: the preview, and what is pressed under it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlite_utils import Database
from telegram import Update

from alerts.market.sessions import NEW_YORK
from alerts.rules.check import RuleError
from alerts.rules.evaluate import Watch
from alerts.rules.grammar import GrammarError, parse
from alerts.rules.rule import Rule
from bot.commands.reply import (
    Context,
    answer_button,
    argument,
    chat_of,
    may_change,
    parts,
    say,
    show,
    without_buttons,
)
from bot.commands.saving import save_rule
from bot.messages import talk
from bot.messages.buttons import Buttons, fits
from bot.reports.preview import Preview, preview
from storage import drafts
from storage.drafts import Draft


async def show_preview(update: Update, context: Context, line: str, replaces: Watch | None = None) -> None:
    """What the rule of `line` would have done, with buttons that keep it, change it, or leave it."""
    made = await _previewed(update, context, line, replaces)
    if made is None:
        return
    rule, shown = made
    action = f"save:{rule.line}"
    if replaces is not None or not fits(action):
        draft = Draft(rule.line, replaces.id if replaces else None)
        identity = await parts(context).store.write(drafts.add_draft, chat_of(update), draft, datetime.now(UTC))
        action = f"draft:{identity}"
    change = "change" if action.startswith("save:") else f"change:{action.removeprefix('draft:')}"
    buttons: Buttons = [[("Save", action), ("Change", change), ("Cancel", "cancel")]]
    await show(update, context, shown.text, shown.chart, buttons)


async def _previewed(
    update: Update, context: Context, line: str, replaces: Watch | None
) -> tuple[Rule, Preview] | None:  # fmt: skip
    found = parts(context)
    try:
        rule = parse(line, datetime.now(NEW_YORK).date())
        before = replaces.rule.line if replaces else None
        return rule, await found.store.read(preview, rule, found.simulated, found.settings.history_sessions, before)
    except (GrammarError, RuleError) as error:
        await say(update, talk.rule_refused(error))
        return None


async def preview_by_button(update: Update, context: Context) -> None:
    """Preview the line that a button carries."""
    await answer_button(update)
    await show_preview(update, context, argument(update))


async def save_line(update: Update, context: Context) -> None:
    """Keep the line that the button carries."""
    await _save(update, context, argument(update), None)


async def save_draft(update: Update, context: Context) -> None:
    """Keep the line that the button names."""
    draft = await _draft(update, context)
    if draft is not None:
        await _save(update, context, draft.line, draft.replaces)


async def _save(update: Update, context: Context, line: str, replaces: int | None) -> None:
    if not await may_change(update):
        return
    await answer_button(update)
    await without_buttons(update)
    await save_rule(update, context, line, replaces)


async def change(update: Update, context: Context) -> None:
    """Give the line back, to be sent again with what is to be different."""
    if argument(update):
        draft = await _draft(update, context)
        if draft is None:
            return
        line, replaces = draft.line, draft.replaces
    else:
        line, replaces = await _line_above(update), None
    number = await parts(context).store.read(_number, chat_of(update), replaces) if replaces else None
    await answer_button(update)
    await without_buttons(update)
    await say(update, talk.change_line(line, number))


async def cancel(update: Update, _context: Context) -> None:
    """Leave it."""
    await answer_button(update)
    await without_buttons(update)
    await say(update, "Nothing was set.")


async def _draft(update: Update, context: Context) -> Draft | None:
    found = await parts(context).store.read(drafts.draft_of, chat_of(update), int(argument(update)))
    if found is None:
        await answer_button(update, "That line is gone: send it again.")
    return found


async def _line_above(update: Update) -> str:
    """The line that the Save button beside the pressed one carries."""
    message = update.callback_query.message if update.callback_query else None
    markup = getattr(message, "reply_markup", None)
    for row in markup.inline_keyboard if markup else ():
        for button in row:
            if isinstance(button.callback_data, str) and button.callback_data.startswith("v1:save:"):
                return button.callback_data.removeprefix("v1:save:")
    return talk.STARTERS[0][0]


def _number(db: Database, chat: int, identity: int) -> int | None:
    from storage import rules

    watch = rules.rule_of(db, chat, identity)
    return watch.number if watch else None
