"""The program's parts, as the conversations use them, and answers that many people ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlite_utils import Database
from telegram.ext import ContextTypes

from bot.charts.spec import Picture
from bot.charts.worker import ChartWorker
from bot.database import Store
from bot.messages.freshness import freshness_lines
from bot.reports.editor import OftenLevels
from bot.reports.freshness import freshness
from bot.settings import Settings
from storage import figures

Context = ContextTypes.DEFAULT_TYPE
#: Makes a text and its chart from the database and the lines about the figures' age.
Make = Callable[[Database, Sequence[str]], tuple[str, Picture | None]]


@dataclass(frozen=True)
class Answer:
    """A text with its chart, valid while the revision of the figures and the lines about their age stay the same."""

    revision: int
    notes: tuple[str, ...]
    text: str
    chart: Picture | None


@dataclass(frozen=True)
class Parts:
    """The program's parts, as the conversations use them."""

    settings: Settings
    store: Store
    charts: ChartWorker
    #: (command, what it does), for /help.
    menu: tuple[tuple[str, str], ...]
    #: The last answer on each topic: many people ask the same after a close.
    answers: dict[str, Answer] = field(default_factory=dict)
    #: Levels that fire about monthly, quarterly and yearly, as the editor offers them.
    often: OftenLevels = field(default_factory=dict)
    #: file_ids of pictures that this process has sent, by the key of their chart.
    known: dict[str, str] = field(default_factory=dict)

    @property
    def simulated(self) -> bool:
        return self.settings.market == "sample"


def parts(context: Context) -> Parts:
    """The program's parts."""
    found: Parts = context.bot_data["parts"]
    return found


async def answer_on(context: Context, topic: str, make: Make) -> tuple[str, Picture | None]:
    """The text and chart on a topic, from the cache where the figures and their freshness are what they were.

    `make` runs in the thread that reads the database.
    """
    found = parts(context)
    answer = await found.store.read(_answer, found, topic, make)
    return answer.text, answer.chart


def _answer(db: Database, found: Parts, topic: str, make: Make) -> Answer:
    # A simulated market has a clock of its own, and is never late.
    notes = () if found.simulated else freshness_lines(freshness(db, datetime.now(UTC)))
    revision = figures.revision(db)
    kept = found.answers.get(topic)
    if kept is None or (kept.revision, kept.notes) != (revision, notes):
        kept = found.answers[topic] = Answer(revision, notes, *make(db, notes))
    return kept
