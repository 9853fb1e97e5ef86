"""What a digest says: how the figures of chosen families moved, what fired, and which rules are near their level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import sqrt
from statistics import pstdev

from sqlite_utils import Database

from alerts.metrics.catalog import catalog, families, key_figures, metric
from alerts.rules.reading import DatedValue
from alerts.rules.rule import Rule
from alerts.rules.series import Transform
from alerts.rules.state import TRUE
from alerts.rules.track_record import Leads
from bot.reports.summary import FigureReading, Summary, reading_of, summarise
from bot.reports.track_record import TrackRecord, leads_held, track_of_chat
from storage import figures, rules
from storage.events import StoredEvent, fired_after
from storage.figures import latest_values
from storage.track_record import first_sent

#: Families that a digest can be about, in the order in which they are shown.
CHOICES = ("size", "breadth", "concentration", "valuation", "sectors", "rates", "backdrop")
DEFAULT = ("size", "breadth", "concentration", "valuation")
NEAREST = 3  # rules
_USUAL = 63  # sessions from which a metric's usual move is taken
_WEEK = 5


@dataclass(frozen=True)
class MovedFigure:
    """A figure, and its value on the session of the last digest; None where there is none to compare with."""

    reading: FigureReading
    then: DatedValue | None


@dataclass(frozen=True)
class DigestFigures:
    """The part of a digest that chats with the same families and the same last digest share.

    leads: of the track record, where this is a chat's first digest of a month.
    """

    summary: Summary
    since: date | None
    figures: tuple[MovedFigure, ...]
    leads: Leads | None = None

    @property
    def session(self) -> date:
        return self.summary.session


@dataclass(frozen=True)
class NearRule:
    """A rule that is not true, and its value, within a usual week's move of its level."""

    number: int
    rule: Rule
    value: float


@dataclass(frozen=True)
class Digest:
    """A chat's digest. track: its track record, once a month."""

    shared: DigestFigures
    fired: tuple[StoredEvent, ...]
    near: tuple[NearRule, ...]
    track: TrackRecord | None = None


def digest_figures(db: Database, chosen: Sequence[str], since: date | None) -> DigestFigures | None:
    """The figures of families, compared with those of the session `since`; None where there are no figures."""
    summary = summarise(db)
    if summary is None:
        return None
    moved = []
    for name in _metrics(chosen):
        reading = reading_of(db, name, summary.session)
        if reading is not None:
            moved.append(MovedFigure(reading, _on(db, name, since)))
    month_began = since is not None and (since.year, since.month) != (summary.session.year, summary.session.month)
    leads = leads_held(db, first_sent(db)) if month_began else None
    return DigestFigures(summary, since, tuple(moved), leads)


def chat_digest(db: Database, chat: int, shared: DigestFigures) -> Digest:
    """A chat's digest around the shared figures."""
    fired = tuple(fired_after(db, chat, shared.since)) if shared.since else ()
    track = None if shared.leads is None else track_of_chat(db, chat, shared.leads)
    return Digest(shared, fired, tuple(_near(db, chat, shared.session)), track)


def _metrics(chosen: Sequence[str]) -> list[str]:
    """The key figures of each family, and the one that is suggested for thresholds."""
    out: dict[str, None] = {}
    for family in (name for name in CHOICES if name in chosen):
        out |= dict.fromkeys(name for name in key_figures() if metric(name).family == family)
        suggested = families()[family].suggested
        if suggested in catalog():
            out[suggested] = None
    return list(out)


def _on(db: Database, name: str, session: date | None) -> DatedValue | None:
    if session is None:
        return None
    value = figures.values_on(db, session).get(name)
    return None if value is None else DatedValue(session, value)


def _near(db: Database, chat: int, session: date) -> list[NearRule]:
    values = figures.values_on(db, session)
    found: list[tuple[float, NearRule]] = []
    for watch in rules.rules_of(db, chat):
        condition = watch.rule.first
        plain = not watch.rule.joined and condition.series.transform is Transform.VALUE and condition.upper is None
        value = values.get(condition.series.metric)
        if not plain or value is None or watch.state.phase in TRUE or condition.series.happens:
            continue
        usual = _usual_week(db, condition.series.metric, session)
        away = abs(value - condition.level)
        if usual and 0 < away <= usual:
            found.append((away / usual, NearRule(watch.number, watch.rule, value)))
    return [near for _, near in sorted(found, key=lambda one: one[0])[:NEAREST]]


def _usual_week(db: Database, name: str, session: date) -> float:
    """The usual size of a metric's move in a week: the deviation of its daily moves, scaled to five sessions."""
    values = [value for _, value in latest_values(db, name, session, _USUAL) if value is not None]
    moves = [after - before for before, after in pairwise(values)]
    return pstdev(moves) * sqrt(_WEEK) if len(moves) > 1 else 0.0
