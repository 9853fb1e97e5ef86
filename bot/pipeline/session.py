"""One session: gather, decide, record. Running it twice changes nothing the second time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlite_utils import Database

from alerts.market.feed import EconomyFeed, MarketFeed
from alerts.market.sessions import last_complete_session, previous_sessions, seal_deadline, sessions_between
from alerts.metrics.compute import ECONOMY_SOURCE, compute, counts
from alerts.metrics.figure import Figure
from alerts.rules.state import Kind
from bot.alerting.evaluate import judge
from bot.alerting.notify import tell_waiting
from bot.messages import operator
from bot.pipeline import imports
from bot.pipeline.closes import Report, silent
from bot.pipeline.gather import SOURCES, Gathered, Gathering
from bot.pipeline.inputs import assemble
from storage import advances, figures, outbox, source_failures
from storage.database import writing

log = logging.getLogger(__name__)

RECHECKED = 5  # sessions before, whose figures are corrected where closes have come or changed since


@dataclass(frozen=True)
class Outcome:
    """What became of a session."""

    session: date
    sealed: bool
    already: bool  # it had been sealed before, and nothing was done
    lacking: tuple[str, ...]
    figures: int  # with a value
    missing: int  # without one
    fired: int
    resolved: int


def sessions_due(db: Database, now: datetime, until: date | None = None) -> list[date]:
    """The complete sessions that have not been judged yet, oldest first; on a new file the last one alone."""
    last = until or last_complete_session(now)
    sealed = figures.last_sealed(db)
    if sealed is None:
        return [last]
    return [session for session in sessions_between(sealed, last) if session > sealed]


def refresh(
    db: Database,
    feed: MarketFeed,
    now: datetime,
    until: date | None = None,
    report: Report = silent,
    *,
    economy: EconomyFeed | None = None,
    operators: Sequence[int] = (),
) -> list[Outcome]:
    """Run every session that is due up to `until` (the last complete one), oldest first.

    Stops at one that cannot be judged yet: sessions are judged in order.
    """
    due = sessions_due(db, now, until)
    out: list[Outcome] = []
    if due:
        gathering = Gathering(db, feed, economy, due, now, report)
        for session in due:
            out.append(run_session(gathering, session, operators))
            if not out[-1].sealed:
                break
        _tell_waiting(db, now, out)
    return out


def _tell_waiting(db: Database, now: datetime, out: Sequence[Outcome]) -> None:
    """Where the session that was to be caught up with has to wait, what came before it does not."""
    judged = [outcome.session for outcome in out if outcome.sealed]
    if judged and not out[-1].sealed:
        with writing(db):
            tell_waiting(db, judged[-1], now)


def run_session(gathering: Gathering, session: date, operators: Sequence[int] = ()) -> Outcome:
    """One session from the feeds to the outbox. Where a later one is due too, its messages say that they come late."""
    db, now = gathering.db, gathering.now
    if figures.is_sealed(db, session):
        return Outcome(session, True, True, (), 0, 0, 0, 0)

    # 1. Gather.
    gathered = gathering.session(session)
    counted = {session: gathered.companies} if gathered.companies else {}
    recent = [day for day in previous_sessions(session, RECHECKED) if figures.is_sealed(db, day)]
    source = gathering.economy.name if gathering.economy else ECONOMY_SOURCE
    inputs = assemble(db, gathering.feed.name, [session], counted, first_census=None, economy_source=source)

    # 2. Decide what the session's figures are, and what those of the last sessions should have been.
    figured = compute(inputs, [*recent, session])
    computed = [figure for figure in figured if figure.session == session] + imports.of_sessions(db, [session])
    rechecked = [figure for figure in figured if figure.session != session]

    # 3. Record: figures, rule states, events and messages together, or none of them.
    final = gathered.whole or now >= seal_deadline(session)
    outcome = _record(gathering, session, computed, gathered, final=final, operators=operators)
    with writing(db):
        advances.record_advances(db, counts(inputs.closes))
        if corrected := figures.correct(db, rechecked, now):
            log.info("%d figures of the last sessions are corrected; nothing fires on them", corrected)
    return outcome


def _record(
    gathering: Gathering,
    session: date,
    computed: list[Figure],
    gathered: Gathered,
    *,
    final: bool,
    operators: Sequence[int],
) -> Outcome:
    db, now, late = gathering.db, gathering.now, session < gathering.last
    lacking = tuple(str(lack) for lack in gathered.lacks)
    fired = resolved = 0
    with writing(db):
        if figures.is_sealed(db, session):  # another process was faster
            return Outcome(session, True, True, (), 0, 0, 0, 0)
        figures.record_figures(db, computed, now, backfilled=False)
        imports.fill(db, session, now)
        figures.note_gathered(db, session, now, "; ".join(lacking) or None)
        _tell_operators(db, session, gathered, now, operators)
        if final:
            judged = judge(db, session, now, late=late)
            fired, resolved = judged.totals[Kind.FIRED], judged.totals[Kind.RESOLVED]
            figures.seal(db, session, now)
    present = sum(figure.value is not None for figure in computed)
    log.info(
        "%s: %d figures, %d missing, %s%s", session, present, len(computed) - present,
        f"sealed, {fired} fired, {resolved} resolved" if final else "not sealed yet",
        f"; lacking {', '.join(lacking)}" if lacking else "",
    )  # fmt: skip
    return Outcome(session, final, False, lacking, present, len(computed) - present, fired, resolved)


def _tell_operators(db: Database, session: date, gathered: Gathered, now: datetime, operators: Sequence[int]) -> None:
    """One notice when a source begins to fail, one when it works again."""
    failing = {lack.source: lack for lack in gathered.lacks if not lack.expected}
    expected = {lack.source for lack in gathered.lacks if lack.expected}
    for source in SOURCES:
        if lack := failing.get(source):
            if source_failures.begin(db, source, lack.why, now):
                text = operator.failing(source, lack.why, session, waits=lack.waits)
                outbox.tell_operators(db, operators, f"{source} fails {now:%H:%M:%S}", text, now)
        elif source not in expected and (over := source_failures.end(db, source)):
            text = operator.working(source, over.since, now)
            outbox.tell_operators(db, operators, f"{source} works {now:%H:%M:%S}", text, now)
