"""Reading: a series on one session, as an event, an answer or a page shows it; and with a rule's condition.

Stored as JSON inside an event (alerts/rules/event.py). `from_json` also reads what earlier versions stored: keys that
are missing have a default, and what follows from others is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from alerts.metrics.figure import Figure
from alerts.metrics.standing import Standing
from alerts.rules.condition import Condition, Operator
from alerts.rules.series import Series, Transform

Json = Mapping[str, Any]
encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


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
        corrected = {} if figure.corrected_on is None else {
            "corrected_on": figure.corrected_on.isoformat(), "was": figure.was
        }  # fmt: skip
        beside = {"beside": [list(one) for one in self.beside]} if self.beside else {}
        return (
            corrected
            | beside
            | {
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
            }
        )

    def to_json(self) -> dict[str, Any]:
        """JSON values. Many events share one reading: it is converted once."""
        return self._json.copy()

    def encoded_with(self, more: dict[str, Any]) -> str:
        """`to_json() | more` as text, where `more` has no key of it. The reading's part is encoded once."""
        return f"{self._encoded}, {encode(more)[1:]}"

    @cached_property
    def _encoded(self) -> str:
        return encode(self._json)[:-1]

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
                observed=dated(document, "observed_on"),
                by_former_members=document.get("by_former_members"),
                corrected_on=dated(document, "corrected_on"),
                was=document.get("was"),
            ),
            before=DatedValue.from_json(before) if before else None,
            observed=document.get("observed"),
            average=average,
            rank=Standing(
                document.get("percentile"),
                document.get("count", 0),
                dated(document, "history_from"),
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
        return {"operator": str(condition.operator), "level": condition.level, "upper": condition.upper}

    @classmethod
    def from_json(cls, document: Json) -> ConditionReading:
        """The reverse."""
        reading = Reading.from_json(document)
        level = 0.0 if reading.series.transform is Transform.GAP else document.get("level", 0.0)
        operator = Operator(document.get("operator", Operator.HAPPENS.value))
        return cls(Condition(reading.series, operator, level, document.get("upper")), reading)


def dated(document: Json, key: str) -> date | None:
    """The day under `key`; None where there is none."""
    text = document.get(key)
    return date.fromisoformat(text) if text else None
