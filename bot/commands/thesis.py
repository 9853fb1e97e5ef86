"""/thesis."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlite_utils import Database
from telegram import Update

from bot.charts.spec import Chart
from bot.commands.declaration import Command
from bot.commands.reply import Context, answer_button, answer_on, parts, show
from bot.messages.summary import NO_FIGURES
from bot.messages.thesis import thesis_text
from bot.reports.charts import thesis_chart
from bot.reports.thesis import thesis_on


async def thesis(update: Update, context: Context) -> None:
    """The case for small caps, claim by claim, with a chart of how many held over time."""
    await answer_button(update)
    text, chart = await answer_on(context, "thesis", partial(_thesis, parts(context).simulated))
    await show(update, context, text, chart)


def _thesis(simulated: bool, db: Database, notes: Sequence[str]) -> tuple[str, Chart | None]:
    found = thesis_on(db)
    return (NO_FIGURES, None) if found is None else (thesis_text(found, notes), thesis_chart(found, simulated))


COMMANDS = (Command("thesis", thesis, "The case for small caps, claim by claim", place=50),)
