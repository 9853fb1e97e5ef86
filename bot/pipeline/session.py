"""One session: gather, decide, apply. Running it twice changes nothing the second time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlite_utils import Database

from alerts.market.sessions import last_complete_session, previous_sessions, sessions_between
from alerts.metrics.compute import PRICES, Inputs, compute, counts, prices
from alerts.metrics.figure import Figure
from alerts.rules.state import Kind
from bot.alerting.evaluate import Part, evaluate_session
from bot.alerting.notify import notify_waiting
from bot.pipeline import clock, imports, lists, splits, symbols
from bot.pipeline.closes import AGREES
from bot.pipeline.context import RunContext
from bot.pipeline.gather import Gathered, Gathering
from bot.pipeline.inputs import assemble
from bot.pipeline.older import prune
from bot.pipeline.operators import note_failures, note_sources
from bot.pipeline.past import fill_past
from storage import advances, censuses, chain, figures, sessions
from storage.database import writing

log = logging.getLogger(__name__)

LONGEST_GAP = 40  # sessions that a refresh catches up with where nobody has named the last one
RECHECKED = 5  # sessions before, whose figures are corrected where closes have come or changed since


@dataclass(frozen=True)
class Outcome:
    """The result of one session's run."""

    session: date
    sealed: bool
    already: bool  # it had been sealed before, and nothing was done
    begun: bool  # not sealed, but the rules that need nothing that is lacking were evaluated
    lacking: tuple[str, ...]
    figures: int  # with a value
    missing: int  # without one
    fired: int
    resolved: int


def sessions_due(db: Database, now: datetime, until: date | None = None) -> list[date]:
    """The complete sessions that are not sealed yet, oldest first; in a new database the last one alone."""
    last = until or last_complete_session(now)
    sealed = sessions.last_sealed(db)
    if sealed is None:
        return [last]
    return [session for session in sessions_between(sealed, last) if session > sealed]


class LongGap(Exception):
    """More sessions are due than a bot that was down for a while has missed: the clock may be wrong."""


def refuse_gap(db: Database, now: datetime, until: date) -> None:
    """Raise LongGap where more than `LONGEST_GAP` sessions are due up to `until`."""
    due = sessions_due(db, now, until)
    if len(due) > LONGEST_GAP:
        raise LongGap(
            f"{len(due)} sessions are due, from {due[0]} to {until}, more than {LONGEST_GAP}: this machine's clock "
            f"says {now:%Y-%m-%d %H:%M} UTC; set it if that is wrong. If it is right, run "
            f"rotation-alerts refresh --session {until}"
        )


def refresh(context: RunContext, until: date | None = None) -> list[Outcome]:
    """Run every session that is due up to `until` (the last complete one), oldest first.

    Stops at the first that cannot be sealed yet: sessions are evaluated in order.
    """
    due = sessions_due(context.db, context.now, until)
    if not due:
        return []
    gathering = Gathering(context, due)
    outcomes: list[Outcome] = []
    for session in due:
        outcomes.append(run_session(gathering, session))
        if not outcomes[-1].sealed:
            break
    _tell_waiting(context, outcomes)
    clock.note_clock(context)
    fill_past(context, due[-1])
    with writing(context.db):
        prune(context.db, due[-1])
    return outcomes


def run_session(gathering: Gathering, session: date) -> Outcome:
    """One session from the feeds to the outbox. Where a later one is due too, its messages say that they come late."""
    if sessions.is_sealed(gathering.context.db, session):
        return _already_sealed(session)
    gathered, inputs = _gather(gathering, session)
    decided = _decide(gathering.context, session, inputs)
    outcome = _apply(gathering, session, gathered, decided)
    _correct(gathering.context, decided, inputs)
    return outcome


@dataclass(frozen=True)
class _Decided:
    """The figures of the session, and earlier ones as they are computed now.

    rechecked: of the `RECHECKED` sessions before. rescaled: prices of any session that a split has changed.
    """

    figures: list[Figure]
    rechecked: list[Figure]
    rescaled: list[Figure]


def _gather(gathering: Gathering, session: date) -> tuple[Gathered, Inputs]:
    """Fetch what the session needs, and read the frames that its figures are computed from."""
    gathered = gathering.session(session)
    counted = {session: gathered.companies} if gathered.companies else {}
    return gathered, assemble(gathering.context, [session], counted)


def _decide(context: RunContext, session: date, inputs: Inputs) -> _Decided:
    """Compute the figures. Writes nothing."""
    recent = [day for day in previous_sessions(session, RECHECKED) if sessions.is_sealed(context.db, day)]
    of_symbols = symbols.of_sessions(context.db, [*recent, session], inputs.source)
    computed = compute(inputs, [*recent, session]) + of_symbols
    computed += lists.of_sessions(context.db, [*recent, session], inputs.source)
    return _Decided(
        figures=[figure for figure in computed if figure.session == session]
        + imports.of_sessions(context.db, [session]),
        rechecked=[figure for figure in computed if figure.session != session],
        rescaled=_rescaled(context.db, session, inputs)
        + symbols.rescaled(context.db, session, inputs.source, of_symbols),
    )


def _rescaled(db: Database, session: date, inputs: Inputs) -> list[Figure]:
    """The prices before `session` that are now on another scale than the stored ones."""
    stored = {(name, day): value for name in PRICES for day, value in figures.latest_values(db, name, session, None)}
    out = []
    for figure in prices(inputs):
        before = stored.get((figure.metric, figure.session))
        if figure.session < session and before and figure.value and abs(before / figure.value - 1) > AGREES:
            out.append(figure)
    return out


def _apply(gathering: Gathering, session: date, gathered: Gathered, decided: _Decided) -> Outcome:
    """Write figures, rule states, events and messages in one transaction: all of them, or none.

    Rules are evaluated once everything is there, or at the deadline. Where only some metrics lack their inputs, the
    rules on all others are evaluated at once, and those on these follow: two messages a chat at most.
    """
    context, late = gathering.context, session < gathering.last
    db, now = context.db, context.now
    final = gathered.complete or clock.deadline_passed(context, session, gathered)
    held = frozenset[str]() if final else gathered.held
    lacking = tuple(str(lack) for lack in gathered.lacks)
    fired = resolved = 0
    with writing(db):
        if sessions.is_sealed(db, session):  # by another process, meanwhile
            return _already_sealed(session)
        begun = sessions.is_begun(db, session)
        splits.follow(db, session, decided.rescaled, now)
        figures.record_figures(db, decided.rescaled, now, backfilled=True)  # before rules compare with them
        figures.correct(db, decided.rescaled, now)
        if begun:
            _correct_evaluated(db, session, decided.figures, now)
        figures.record_figures(db, decided.figures, now, backfilled=False)
        if gathered.companies is not None:
            censuses.record(db, session, gathered.companies.frame)
        imports.fill(db, session, now)
        symbols.fill_new(db, session, context.feed.name, now)
        symbols.let_go(db, now)
        sessions.note_gathered(db, session, now, "; ".join(lacking) or None)
        note_sources(db, context.operators, session, gathered.lacks, now)
        if final or (held is not None and not begun and not late):
            part = Part(held or frozenset(), follows=begun)
            evaluated = evaluate_session(db, session, now, late=late, part=part)
            fired, resolved = evaluated.totals[Kind.FIRED], evaluated.totals[Kind.RESOLVED]
            note_failures(db, context.operators, session, evaluated.failures.reasons, now)
            begun = True
            (sessions.seal if final else sessions.begin)(db, session, now)
    present = sum(figure.value is not None for figure in decided.figures)
    missing = len(decided.figures) - present
    state = "sealed" if final else "evaluated in part" if begun else "not sealed yet"
    log.info(
        "%s: %d figures, %d missing, %s%s", session, present, missing,
        f"{state}, {fired} fired, {resolved} resolved" if begun else state,
        f"; lacking {', '.join(lacking)}" if lacking else "",
    )  # fmt: skip
    if final:
        log.info("%s: the chain's hash is %s", session, chain.head(db).hash)
    return Outcome(session, final, False, begun and not final, lacking, present, missing, fired, resolved)


def _correct_evaluated(db: Database, session: date, computed: Sequence[Figure], now: datetime) -> None:
    """Mark the figures that rules have seen, and that are computed otherwise now, as corrected."""
    seen = figures.values_on(db, session)
    figures.correct(db, [figure for figure in computed if seen.get(figure.metric) is not None], now)


def _correct(context: RunContext, decided: _Decided, inputs: Inputs) -> None:
    """Write what the sessions before should have been, now that closes have come or changed. Evaluates no rule."""
    with writing(context.db):
        advances.record_advances(context.db, counts(inputs.closes))
        if corrected := figures.correct(context.db, decided.rechecked, context.now):
            log.info("%d figures of the last sessions are corrected; no rule is evaluated again", corrected)


def _tell_waiting(context: RunContext, outcomes: Sequence[Outcome]) -> None:
    """Queue the messages of the sessions that were sealed where a later one, which they waited for, was not."""
    sealed = [outcome.session for outcome in outcomes if outcome.sealed]
    if sealed and not outcomes[-1].sealed:
        with writing(context.db):
            failures = notify_waiting(context.db, sealed[-1], context.now)
            note_failures(context.db, context.operators, sealed[-1], failures.reasons, context.now)


def _already_sealed(session: date) -> Outcome:
    return Outcome(session, True, True, False, (), 0, 0, 0, 0)
