"""/thesis: the claims, their details, and alerts on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from sqlite_utils import Database
from telegram import Update

from alerts.thesis import CLAIMS
from alerts.thesis_alerts import claim_numbered
from bot.alerting import rules
from bot.charts.spec import Chart
from bot.commands.declaration import Button, Command
from bot.commands.parts import Context, answer_on, parts
from bot.commands.reply import answer_button, argument, chat_of, may_change, say, show
from bot.messages import thesis as words
from bot.messages.help import OLD_BUTTON
from bot.messages.summary import NO_FIGURES
from bot.reports.charts import thesis_chart
from bot.reports.thesis import thesis_on


async def thesis(update: Update, context: Context) -> None:
    """The case for small caps, a line a claim, with a chart of how many held over time."""
    await answer_button(update)
    text, chart = await answer_on(context, "thesis", partial(_thesis, parts(context).simulated))
    await show(update, context, text, chart, () if text == NO_FIGURES else words.thesis_buttons())


async def details(update: Update, context: Context) -> None:
    """Each claim with what would change it."""
    await answer_button(update)
    text, _ = await answer_on(context, "thesis in detail", _details)
    await say(update, text, [[("Alert me when this changes…", "claims")]])


async def claims(update: Update, context: Context) -> None:
    """Which claim to be told of."""
    await answer_button(update)
    found = await parts(context).store.read(thesis_on)
    if found is None:
        await say(update, NO_FIGURES)
    else:
        await say(update, words.claims_text(found), words.claims_buttons(len(found.verdicts)))


async def claim(update: Update, context: Context) -> None:
    """Watch the claim that a button names, or all of them."""
    wanted = argument(update)
    chosen = CLAIMS if wanted == "all" else [one for one in (claim_numbered(int(wanted)),) if one is not None]
    if not chosen:
        await answer_button(update, OLD_BUTTON)
        return
    if not await may_change(update):
        return
    await answer_button(update)
    settings, now = parts(context).settings, datetime.now(UTC)
    limit, coming = settings.max_rules_per_chat, settings.history_sessions
    made = await parts(context).store.write(rules.watch_claims, chat_of(update), chosen, limit, coming, now)
    text = words.claims_set(made.watches, made.had, made.short, made.full)
    buttons = [("All alerts", "alerts")]
    if len(made.watches) == 1:
        watch = made.watches[0][1]
        buttons = [("Edit", f"edit:{watch.id}"), ("Delete", f"erase:{watch.id}"), *buttons]
    await say(update, text, [buttons])


def _thesis(simulated: bool, db: Database, notes: Sequence[str]) -> tuple[str, Chart | None]:
    found = thesis_on(db)
    return (NO_FIGURES, None) if found is None else (words.thesis_text(found, notes), thesis_chart(found, simulated))


def _details(db: Database, notes: Sequence[str]) -> tuple[str, Chart | None]:
    found = thesis_on(db)
    return (NO_FIGURES if found is None else words.details_text(found, notes)), None


COMMANDS = (Command("thesis", thesis, "The case for small caps, claim by claim", place=50),)
BUTTONS = (
    Button("thesis", thesis),
    Button("details", details),
    Button("claims", claims),
    Button("claim", claim, r"\d{1,2}|all"),
)
