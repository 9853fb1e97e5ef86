"""This machine's clock beside the dates that the sources' answers carry."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlite_utils import Database

from alerts.market.sessions import seal_deadline
from bot.messages import operator
from bot.pipeline.context import RunContext
from storage import outbox, source_failures
from storage.database import writing
from storage.source_failures import CLOCK

if TYPE_CHECKING:
    from bot.pipeline.gather import Gathered

log = logging.getLogger(__name__)

TOLERANCE = timedelta(minutes=5)


def deadline_passed(context: RunContext, session: date, gathered: Gathered) -> bool:
    """Whether `session` may be sealed with what there is.

    The clock alone does not say so, because it may be ahead: a source has to have been seen past the deadline, by the
    date of an answer or by quotes of a later session. A simulated market has no dates, and goes by the clock.
    """
    deadline = seal_deadline(session)
    if context.now < deadline or gathered.behind:
        return False
    seen = [dates.latest for dates in context.dates if dates.latest is not None]
    return not context.dates or gathered.past or any(latest >= deadline for latest in seen)


def note_clock(context: RunContext) -> None:
    """Compare the clock with what the run's answers said, and tell operators where that changes."""
    said = [
        Compared(source.dates.ahead, source.name)
        for source in (context.feed, context.economy)
        if source is not None and source.dates is not None and source.dates.ahead is not None
    ]
    if said:
        with writing(context.db):  # the one that contradicts the clock least
            note(context.db, context.operators, "sources", min(said, key=lambda one: abs(one.ahead)), context.now)


@dataclass(frozen=True)
class Compared:
    """This machine's clock beside that of `by`: by how much it is ahead; negative: behind."""

    ahead: timedelta
    by: str

    @property
    def off(self) -> bool:
        """Whether it is off by more than requests take."""
        return abs(self.ahead) > TOLERANCE


def note(db: Database, operators: Sequence[int], witness: str, compared: Compared, now: datetime) -> None:
    """Record whether the clock is off by `witness`, and queue a notice for operators where no other witness said so.

    Call inside `writing()`.
    """
    name = f"{CLOCK} ({witness})"
    others = [one for one in source_failures.source_failures(db) if one.source.startswith(CLOCK) and one.source != name]
    if not compared.off:
        if source_failures.end(db, name) and not others:
            log.info("the clock is right again, by the dates of answers from %s", compared.by)
            outbox.tell_operators(db, operators, f"clock right {now:%H:%M:%S}", operator.clock_right(), now)
        return
    side = "ahead of" if compared.ahead > timedelta() else "behind"
    why = f"{abs(compared.ahead).total_seconds() / 60:,.0f} minutes {side} the dates of answers from {compared.by}"
    if source_failures.begin(db, source_failures.SourceFailure(name, now, why)) and not others:
        log.error("this machine's clock is %s; set it by NTP", why)
        text = operator.clock_off(compared.ahead, compared.by)
        outbox.tell_operators(db, operators, f"clock off {now:%H:%M:%S}", text, now)
