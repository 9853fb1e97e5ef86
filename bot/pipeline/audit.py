"""The audit of sealed sessions: figures, firings and texts made anew from what is kept, beside what was recorded.

Reads alone. Every difference has a cause, as far as the database knows one; what was changed by hand, the chain says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from alerts.metrics.catalog import metric
from alerts.metrics.compute import compute
from alerts.metrics.figure import Figure
from bot.messages.alert import alert_texts
from bot.pipeline import imports, lists, symbols
from bot.pipeline.context import RunContext
from bot.pipeline.inputs import assemble, segmented
from bot.pipeline.replay import Replay
from storage import censuses, events, figures, memberships, outbox
from storage.chain_check import Chain, What, changed_in

BLOCK = 60  # sessions computed at a time, so that memory does not grow with the range


class Subject(StrEnum):
    """What differs."""

    FIGURE = "figure"
    FIRING = "firing"
    TEXT = "text"
    CHAIN = "chain"  # something else of the session that does not agree with the chain


class Cause(StrEnum):
    """Why it differs."""

    BY_HAND = "changed by hand"
    CORRECTION = "correction"  # the first value, which rules ran on, was written over
    MEMBERSHIP = "membership"  # other companies count for that session by now
    LATER_CLOSE = "later close"  # closes, quotes or observations came or changed since, and nothing was corrected
    WORDING = "wording"  # another version of the program words it otherwise
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Difference:
    """Something that is not as it was recorded or sent. now: as it is made from what is kept.

    name: of a figure its metric; of a firing the rule's line; of a text the row's id; of the chain what it is, and its
    metric or id.
    """

    subject: Subject
    name: str
    recorded: str
    now: str
    cause: Cause


@dataclass(frozen=True)
class SessionAudit:
    """What an audit found of one session.

    chained: whether the chain covers it. unkept: {reason: how many figures cannot be computed anew}. firings: how many
    firings and ends were replayed; texts: how many messages were worded anew; without_events: how many could not be,
    since their events are no longer kept, or cannot be read.
    """

    session: date
    chained: bool
    figures: int
    unkept: Mapping[str, int]
    firings: int
    texts: int
    without_events: int
    differences: tuple[Difference, ...]

    @property
    def clean(self) -> bool:
        """Whether all is as it was recorded, or was corrected in the open."""
        return all(one.cause is Cause.CORRECTION for one in self.differences)


def audit(context: RunContext, sessions: Sequence[date], chain: Chain) -> Iterable[SessionAudit]:
    """Audit sealed sessions, given in ascending order; one result after the other."""
    for at in range(0, len(sessions), BLOCK):
        block = list(sessions[at : at + BLOCK])
        context.report("audit", at, len(sessions))
        computed = _computed(context, block)
        for session in block:
            yield _audit(context, session, computed[session], chain)
    context.report("audit", len(sessions), len(sessions))


def _computed(context: RunContext, sessions: list[date]) -> dict[date, dict[str, Figure]]:
    """Figures as they are computed from what is kept."""
    db = context.db
    inputs = assemble(context, sessions, {})
    register = memberships.register(db, sessions[0], sessions[-1])
    kept = {day: segmented(quotes, day, register) for day, quotes in censuses.quotes(db, sessions).items()}
    inputs = replace(inputs, companies={**inputs.companies, **kept})
    found = compute(inputs, sessions)
    found += symbols.of_sessions(db, sessions, inputs.source) + lists.of_sessions(db, sessions, inputs.source)
    found += imports.of_sessions(db, sessions)
    out: dict[date, dict[str, Figure]] = {session: {} for session in sessions}
    for figure in found:
        if figure.session in out:
            out[figure.session][figure.metric] = figure
    return out


def _audit(context: RunContext, session: date, computed: Mapping[str, Figure], chain: Chain) -> SessionAudit:
    by_hand = changed_in(chain, session)
    recorded = figures.on_session(context.db, session)
    unkept: Counter[str] = Counter()
    found: list[Difference] = []
    for name, figure in sorted(recorded.items()):
        anew = computed.get(name)
        hand = (What.FIGURE, name) in by_hand
        if figure.corrected_on is not None and not hand:
            found.append(_corrected(figure))
        if hand:
            found.append(Difference(Subject.FIGURE, name, _shown(figure), _shown(anew), Cause.BY_HAND))
        elif figure.value is not None and (anew is None or not alike(figure, anew.value)) and _averaged(figure):
            unkept["counted with averages of that evening's census, which are not kept"] += 1
        elif figure.value is not None and (anew is None or anew.value is None):
            unkept["its inputs are not kept" if anew is None else anew.reason or ""] += 1
        elif anew is not None and not alike(figure, anew.value):
            found.append(Difference(Subject.FIGURE, name, _shown(figure), _shown(anew), _cause(figure, anew)))
    replay = Replay(context.db, session, {name for what, name in by_hand if what is What.FIGURE})
    firings, differences = _firings(replay, by_hand)
    found += differences
    texts, without, differences = _texts(context, session, by_hand)
    found += differences
    found += _rest(by_hand, found)
    chained = chain.since is None or session > chain.since
    return SessionAudit(session, chained, len(recorded), dict(unkept), firings, texts, without, tuple(found))


def alike(figure: Figure, value: float | None) -> bool:
    """Whether a value reads as a figure's does: it differs by less than half of the last decimal that is shown."""
    if figure.value is None or value is None:
        return figure.value is value
    return abs(figure.value - value) < 0.5 * 10.0 ** -metric(figure.metric).decimals


def _averaged(figure: Figure) -> bool:
    return any(note.startswith("census averages") for note in figure.notes)


def _shown(figure: Figure | None) -> str:
    return "missing" if figure is None or figure.value is None else metric(figure.metric).show(figure.value)


def _corrected(figure: Figure) -> Difference:
    first = "missing" if figure.was is None else metric(figure.metric).show(figure.was)
    now = f"{_shown(figure)}, corrected on {figure.corrected_on}"
    return Difference(Subject.FIGURE, figure.metric, first, now, Cause.CORRECTION)


def _cause(recorded: Figure, anew: Figure) -> Cause:
    provisional = any("provisional" in note for note in recorded.notes) != any(
        "provisional" in note for note in anew.notes
    )
    return Cause.MEMBERSHIP if recorded.members != anew.members or provisional else Cause.LATER_CLOSE


def _firings(replay: Replay, by_hand: set[tuple[What, str]]) -> tuple[int, list[Difference]]:
    """How many firings and ends were replayed, and those that are not as they were recorded."""
    found = [
        Difference(Subject.FIRING, f"event {one.id}", "cannot be read", "", Cause.UNKNOWN)
        for one in replay.unreadable
        if (What.EVENT, str(one.id)) not in by_hand
    ]
    for one in replay.differences():
        hand = one.figure_by_hand or (What.EVENT, str(one.event)) in by_hand
        cause = Cause.BY_HAND if hand else Cause.CORRECTION if one.corrected else Cause.UNKNOWN
        found.append(Difference(Subject.FIRING, one.line, one.recorded, one.now, cause))
    return replay.replayed, found


def _texts(
    context: RunContext, session: date, by_hand: set[tuple[What, str]]
) -> tuple[int, int, list[Difference]]:  # fmt: skip
    """How many alerts were worded anew, how many could not be, and those that read otherwise."""
    found, compared, without = [], 0, 0
    messages: dict[tuple[int, str], list[outbox.StoredText]] = {}
    for part in outbox.alerts_of(context.db, session):
        if not part.text:  # it is made when the message is sent
            continue
        messages.setdefault((part.chat, part.kind), []).append(part)
    for (chat, kind), parts in messages.items():
        told = events.by_ids(context.db, chat, parts[0].events, unreadable=lambda _chat, _error: None)
        changed = [part for part in parts if (What.MESSAGE, str(part.id)) in by_hand]
        found += [Difference(Subject.TEXT, str(part.id), part.text, "–", Cause.BY_HAND) for part in changed]
        if not told or len(told) < len(parts[0].events):
            without += 1
            continue
        compared += 1
        anew = alert_texts(session, [one.event for one in told], follows=kind.startswith("alert that follows"))
        other_events = any((What.EVENT, str(one.id)) in by_hand for one in told)  # which the chain has said
        if [part.text for part in parts] != anew and not changed and not other_events:
            found.append(Difference(Subject.TEXT, str(parts[0].id), parts[0].text, anew[0], Cause.WORDING))
    return compared, without, found


def _rest(by_hand: Iterable[tuple[What, str]], found: Iterable[Difference]) -> list[Difference]:
    """What the chain found of the session and no comparison has said."""
    said = {(one.subject, one.name) for one in found}
    of = {What.FIGURE: Subject.FIGURE, What.MESSAGE: Subject.TEXT}
    return [
        Difference(Subject.CHAIN, f"{what.value} {name}", "not as it was chained", "", Cause.BY_HAND)
        for what, name in sorted(by_hand)
        if what not in of or (of[what], name) not in said
    ]
