"""/thesis."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlite_utils import Database
from telegram import Update

from bot.charts.spec import Chart
from bot.commands.reply import Context, Made, answer_button, parts, show
from bot.messages.summary import NO_FIGURES
from bot.messages.thesis import thesis_text
from bot.reports.freshness import freshness
from bot.reports.thesis import thesis_chart, thesis_on
from storage import figures


async def thesis(update: Update, context: Context) -> None:
    """The case for small caps, claim by claim, with a picture of how many held over time."""
    await answer_button(update)
    found = parts(context)
    text, chart = await found.store.read(_made, found.simulated, found.made, datetime.now(UTC))
    await show(update, context, text, chart)


def _made(db: Database, simulated: bool, made: dict[str, Made], now: datetime) -> tuple[str, Chart | None]:
    standing = (figures.revision(db), () if simulated else freshness(db, now))
    if "thesis" in made and made["thesis"][0] == standing:
        return made["thesis"][1:]
    told = thesis_on(db)
    text = NO_FIGURES if told is None else thesis_text(told, standing[1])
    chart = None if told is None else thesis_chart(told, simulated)
    made["thesis"] = (standing, text, chart)
    return text, chart
