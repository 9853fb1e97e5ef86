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

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from alerts.rules.condition import Condition
from alerts.rules.reading import ConditionReading, DatedValue, Json, Reading, dated, encode
from alerts.rules.state import Kind
from alerts.rules.tally import FiringTally, SignFlip


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
        fired_on, extreme, lead = dated(document, "fired_on"), document.get("extreme"), document.get("followed")
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
            until=dated(document, "until"),
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
        return cls(Reading.from_json(document), tuple(document.get("numbers", ())), dated(document, "since"))


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
        document["kind"], document["late"] = str(self.kind), self.late
        return document

    def encoded(self) -> str:
        """`to_json` as text."""
        if self.reading.figure.session != self.session:
            return encode(self.to_json())
        return self.reading.encoded_with(self.subject.own_json() | {"kind": str(self.kind), "late": self.late})

    @classmethod
    def from_json(cls, document: Json) -> AlertEvent:
        """The event of stored JSON, also of an earlier version's. Raises KeyError, ValueError where it is none."""
        subject = (DataGap if document.get("rule") is None else EventRule).from_json(document)
        session = date.fromisoformat(document["session"])
        return cls(Kind(document["kind"]), session, subject, bool(document.get("late")))
