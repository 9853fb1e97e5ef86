"""AlertEvent: one transition of a rule, or of the data of a series, with all that a message says of it.

    AlertEvent ─┬─ EventRule ─┬─ ConditionReading ── Reading ─┬─ Figure
                │             ├─ Episode                      ├─ DatedValue (the value before)
                │             ├─ LeadAfterFirings             └─ Standing
                │             ├─ FiringTally
                │             └─ SignFlip
                └─ DataGap ──── Reading

An event is stored as JSON (`to_json`) before anyone is notified, and every message is rendered from it. `from_json`
also reads what earlier versions stored: keys that are missing have a default, and what follows from others is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from alerts.metrics.figure import Figure
from alerts.metrics.standing import Standing
from alerts.rules.condition import Condition, Operator
from alerts.rules.series import Series, Transform
from alerts.rules.state import Kind
from alerts.rules.tally import FiringTally, SignFlip

Json = Mapping[str, Any]
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


class EventStatus(StrEnum):
    """What becomes of an event for its chat; stored with the event."""

    NOTIFIED = "notified"  # a message is in the outbox, or an answer has said it
    HELD = "held"  # the message leaves when quiet hours end
    WAITING = "waiting"  # for the session that is caught up with, whose message includes it
    NOT_ANNOUNCED = "not announced"  # the end of an episode or a data gap that the chat never heard of
    SNOOZED = "snoozed"
    MUTED = "muted"
    MUTED_BEFORE = "muted before"  # muted, and the mute has ended since
    NOT_SUBSCRIBED = "not subscribed"

    @property
    def suppressed(self) -> bool:
        """Whether no message tells the chat of the event, now or later."""
        return self not in REACHES_CHAT


#: The chat has heard of the event, or is about to.
REACHES_CHAT = frozenset({EventStatus.NOTIFIED, EventStatus.HELD, EventStatus.WAITING})


@dataclass(frozen=True)
class DatedValue:
    """A value and its session."""

    session: date
    value: float

    def to_json(self) -> list[Any]:
        """[session, value]."""
        return [self.session.isoformat(), self.value]

    @classmethod
    def from_json(cls, pair: list[Any]) -> DatedValue:
        """The reverse."""
        return cls(date.fromisoformat(pair[0]), pair[1])


@dataclass(frozen=True)
class Reading:
    """A series on one session: the metric's figure, what the series makes of it, and where the value stands.

    before: the metric's latest earlier value. observed: the series' own value (the percentile, the change …).
    average: of a series compared with its own average, that average. beside: the values, by metric, that always stand
    beside it, None where one is missing.
    """

    series: Series
    figure: Figure
    before: DatedValue | None
    observed: float | None
    average: float | None
    rank: Standing
    beside: tuple[tuple[str, float | None], ...] = ()

    @cached_property
    def _json(self) -> dict[str, Any]:
        figure, rank = self.figure, self.rank
        return {
            "series": self.series.key,
            "value": figure.value,
            "observed": self.observed,
            "before": None if self.before is None else self.before.to_json(),
            "average_value": self.average,
            "percentile": rank.percentile,
            "count": rank.count,
            "frequency": rank.frequency,
            "history_from": rank.since.isoformat() if rank.since else None,
            "eligible": figure.eligible,
            "members": figure.members,
            "coverage": figure.coverage,
            "source": figure.source,
            "notes": list(figure.notes),
            "observed_on": figure.observed.isoformat() if figure.observed else None,
            "by_former_members": figure.by_former_members,
            "reason": figure.reason,
            "session": figure.session.isoformat(),
        } | ({"beside": [list(one) for one in self.beside]} if self.beside else {})

    def to_json(self) -> dict[str, Any]:
        """JSON values. Many events share one reading: it is converted once."""
        return self._json.copy()

    def encoded_with(self, more: dict[str, Any]) -> str:
        """`to_json() | more` as text, where `more` has no key of it. The reading's part is encoded once."""
        return f"{self._encoded}, {_ENCODE(more)[1:]}"

    @cached_property
    def _encoded(self) -> str:
        return _ENCODE(self._json)[:-1]

    @classmethod
    def from_json(cls, document: Json) -> Reading:
        """The reverse. Raises KeyError without a series or a session."""
        series = Series.from_key(document["series"] if "series" in document else document["metric"])
        average = document.get("average_value")
        if average is None and series.transform is Transform.GAP:
            average = document.get("level")  # where earlier versions kept it
        before = document.get("before")
        return cls(
            series=series,
            figure=Figure(
                session=date.fromisoformat(document.get("as_of") or document["session"]),
                metric=series.metric,
                value=document.get("value"),
                coverage=document.get("coverage"),
                eligible=document.get("eligible"),
                members=document.get("members"),
                source=document.get("source") or "",
                reason=document.get("reason"),
                notes=tuple(document.get("notes") or ()),
                observed=_day(document, "observed_on"),
                by_former_members=document.get("by_former_members"),
            ),
            before=DatedValue.from_json(before) if before else None,
            observed=document.get("observed"),
            average=average,
            rank=Standing(
                document.get("percentile"),
                document.get("count", 0),
                _day(document, "history_from"),
                document.get("frequency") or series.of.frequency,
            ),
            beside=tuple((name, value) for name, value in document.get("beside", ())),
        )


def by_membership(condition: Condition, value: float | None, former: float | None) -> bool:
    """Whether a metric's value and what it would be by the members before stand on two sides of a condition."""
    return value is not None and former is not None and condition.holds(value) != condition.holds(former)


@dataclass(frozen=True)
class ConditionReading:
    """A condition of a rule, and the reading it was evaluated on."""

    condition: Condition
    reading: Reading

    @property
    def holds(self) -> bool | None:
        """Whether the condition is true of the observed value; None where that is missing."""
        observed = self.reading.observed
        return None if observed is None else self.condition.holds(observed)

    @property
    def by_membership(self) -> bool:
        """Whether the condition is true, or no longer true, by new members alone: the former ones would not say so."""
        figure = self.reading.figure
        if self.condition.series.transform is not Transform.VALUE or figure.value is None:
            return False
        return by_membership(self.condition, figure.value, figure.by_former_members)

    def to_json(self) -> dict[str, Any]:
        """The reading with the condition's operator and levels."""
        return self.reading.to_json() | self.condition_json()

    def condition_json(self) -> dict[str, Any]:
        """The condition's operator and levels."""
        condition = self.condition
        return {"operator": condition.operator.value, "level": condition.level, "upper": condition.upper}

    @classmethod
    def from_json(cls, document: Json) -> ConditionReading:
        """The reverse."""
        reading = Reading.from_json(document)
        level = 0.0 if reading.series.transform is Transform.GAP else document.get("level", 0.0)
        operator = Operator(document.get("operator", Operator.HAPPENS.value))
        return cls(Condition(reading.series, operator, level, document.get("upper")), reading)


@dataclass(frozen=True)
class Episode:
    """From the session on which a rule fired. duration: sessions since; extreme: the value furthest past the level."""

    fired_on: date
    duration: int | None = None
    extreme: DatedValue | None = None


@dataclass(frozen=True)
class LeadAfterFirings:
    """IWM's return less SPY's over the `horizon` sessions after `n` earlier firings, and after all days.

    median, all_days: medians in percentage points; None where the firings are too few. above: the share of firings
    after which it was above zero, 0–1. worst: the least of them, pp. years: of history, each of which counts as one
    independent observation at most.
    """

    horizon: int
    n: int
    median: float | None = None
    all_days: float | None = None
    above: float | None = None
    worst: float | None = None
    years: int | None = None


def _lead_from(document: dict[str, Any]) -> LeadAfterFirings:
    later = (document.get(name) for name in ("above", "worst", "years"))  # not in documents of earlier versions
    return LeadAfterFirings(document["horizon"], document["n"], document["median"], document["all"], *later)


@dataclass(frozen=True)
class EventRule:
    """The rule of an event as it was then. `once`: it has fired and never will again."""

    id: int
    number: int  # in its chat
    line: str
    conditions: tuple[ConditionReading, ...]
    clear: float | None = None
    hold: int = 1
    until: date | None = None
    once: bool = False
    episode: Episode | None = None  # that resolves, goes on or expires; None where one begins
    lead: LeadAfterFirings | None = None
    snooze_over: bool = False  # a reminder because the snooze is over
    missed: bool = False  # a reminder of a firing that was snoozed, of a rule that fires once
    tally: FiringTally | None = None
    flips: tuple[SignFlip, ...] = ()  # of a rule on the regime, since the state or score before
    changed: bool = False  # it resolved because the chat changed its line while it was firing

    @property
    def first(self) -> Condition:
        return self.conditions[0].condition

    @property
    def joined(self) -> bool:
        return len(self.conditions) > 1

    def to_json(self) -> dict[str, Any]:
        """Flat: the first condition's keys beside the rule's."""
        return self.conditions[0].reading.to_json() | self.own_json()

    def own_json(self) -> dict[str, Any]:
        """All but the reading of the first condition."""
        episode, lead = self.episode, self.lead
        document = self.conditions[0].condition_json() | {
            "rule": self.id,
            "number": self.number,
            "line": self.line,
            "clear": self.clear,
            "hold": self.hold,
            "until": self.until.isoformat() if self.until else None,
            "once": self.once,
        }
        if episode is not None:
            document["fired_on"] = episode.fired_on.isoformat()
            document["duration"] = episode.duration
            document["extreme"] = None if episode.extreme is None else episode.extreme.to_json()
        if lead is not None:
            document["followed"] = {
                "horizon": lead.horizon, "n": lead.n, "median": lead.median, "all": lead.all_days,
                "above": lead.above, "worst": lead.worst, "years": lead.years,
            }  # fmt: skip
        if self.joined:
            document["conditions"] = [one.to_json() for one in self.conditions]
        if self.tally is not None:
            document["tally"] = self.tally.to_json()
        if self.flips:
            document["flips"] = {flip.sign: flip.holds for flip in self.flips}
        if self.snooze_over:
            document["snooze_over"] = True
        if self.missed:
            document["missed"] = True
        if self.changed:
            document["changed"] = True
        return document

    @classmethod
    def from_json(cls, document: Json) -> EventRule:
        """The reverse."""
        fired_on, extreme, lead = _day(document, "fired_on"), document.get("extreme"), document.get("followed")
        episode, counted = None, document.get("tally")
        if fired_on is not None:
            furthest = DatedValue.from_json(extreme) if extreme else None
            episode = Episode(fired_on, document.get("duration"), furthest)
        return cls(
            id=document["rule"],
            number=document.get("number", 0),
            line=document.get("line", ""),
            conditions=tuple(map(ConditionReading.from_json, document.get("conditions") or [document])),
            clear=document.get("clear"),
            hold=document.get("hold", 1),
            until=_day(document, "until"),
            once=bool(document.get("once")),
            episode=episode,
            lead=_lead_from(lead) if lead else None,
            snooze_over=bool(document.get("snooze_over")),
            missed=bool(document.get("missed")),
            tally=FiringTally.from_json(counted) if counted else None,
            flips=tuple(SignFlip(sign, holds) for sign, holds in (document.get("flips") or {}).items()),
            changed=bool(document.get("changed")),
        )


@dataclass(frozen=True)
class DataGap:
    """The data of a series are missing, or are back.

    numbers: of the chat's alerts that wait for them. since: of data that are back, the session of the first event.
    """

    reading: Reading
    numbers: tuple[int, ...] = ()
    since: date | None = None

    def to_json(self) -> dict[str, Any]:
        """The reading with what there is of the gap."""
        return self.reading.to_json() | self.own_json()

    def own_json(self) -> dict[str, Any]:
        """All but the reading."""
        document: dict[str, Any] = {}
        if self.numbers:
            document["numbers"] = list(self.numbers)
        if self.since is not None:
            document["since"] = self.since.isoformat()
        return document

    @classmethod
    def from_json(cls, document: Json) -> DataGap:
        """The reverse."""
        return cls(Reading.from_json(document), tuple(document.get("numbers", ())), _day(document, "since"))


@dataclass(frozen=True)
class AlertEvent:
    """What happened on a session, to a rule (`EventRule`) or to the data of a series (`DataGap`).

    late: the session was missed, and is evaluated together with a later one.
    """

    kind: Kind
    session: date
    subject: EventRule | DataGap
    late: bool = False

    @property
    def rule(self) -> EventRule | None:
        """The rule; None where the event is of data."""
        return self.subject if isinstance(self.subject, EventRule) else None

    @property
    def gap(self) -> DataGap | None:
        """The data gap; None where the event is of a rule."""
        return self.subject if isinstance(self.subject, DataGap) else None

    @property
    def reading(self) -> Reading:
        """Of the first condition, or of the series whose data are missing or back."""
        return self.subject.conditions[0].reading if isinstance(self.subject, EventRule) else self.subject.reading

    def to_json(self) -> dict[str, Any]:
        """JSON values that hold all of it."""
        document = self.subject.to_json()
        if document["session"] != (session := self.session.isoformat()):
            document["as_of"], document["session"] = document["session"], session
        document["kind"], document["late"] = self.kind.value, self.late
        return document

    def encoded(self) -> str:
        """`to_json` as text."""
        if self.reading.figure.session != self.session:
            return _ENCODE(self.to_json())
        return self.reading.encoded_with(self.subject.own_json() | {"kind": self.kind.value, "late": self.late})

    @classmethod
    def from_json(cls, document: Json) -> AlertEvent:
        """The event of stored JSON, also of an earlier version's. Raises KeyError, ValueError where it is none."""
        subject = (DataGap if document.get("rule") is None else EventRule).from_json(document)
        session = date.fromisoformat(document["session"])
        return cls(Kind(document["kind"]), session, subject, bool(document.get("late")))


def _day(document: Json, key: str) -> date | None:
    text = document.get(key)
    return date.fromisoformat(text) if text else None
