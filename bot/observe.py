"""What a series shows on a session: its value for the rules, and all that a message says about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlite_utils import Database

from alerts.metrics.figure import Figure
from alerts.metrics.transforms import average, gap_to_average, percentile
from alerts.rules.evaluate import Change
from alerts.rules.rule import Series
from alerts.rules.state import Kind
from storage import figures

SLACK = 14  # sessions beyond an average's window that may stand in for holes


def observed(db: Database, series: Series, session: date) -> float | None:
    """The value of `series` on `session`; None where it is missing."""
    return value_past(db, series, session, 1)[-1][1]


def value_past(db: Database, series: Series, until: date, count: int) -> list[tuple[date, float | None]]:
    """The last `count` (session, value) of a series up to `until`, ascending; at least one, of `until` itself."""
    n = series.average or 1
    past = figures.latest_values(db, series.metric, until, count + n + SLACK)
    if not past or past[-1][0] != until:
        past.append((until, None))
    values = [value for _, value in past]
    if series.average is not None:
        values = [gap_to_average(values[: at + 1], n) for at in range(len(values))]
    return [(session, value) for (session, _), value in zip(past, values, strict=True)][-count:]


@dataclass(frozen=True)
class SeriesTold:
    """What there is to say of a series on a session, whoever asks."""

    series: Series
    figure: Figure
    before: tuple[date, float] | None  # the value of the session before
    level: float | None  # where it is compared with its own average: that average
    percentile: float | None
    count: int  # values the percentile is taken over
    since: str | None  # the first of them

    def of(self, change: Change, kind: Kind, *, late: bool) -> dict[str, Any]:
        """The event of one rule, as JSON values."""
        since = change.watch.state.since
        return {
            "kind": kind.value,
            "number": change.watch.number,
            "line": change.watch.rule.line,
            "metric": self.series.metric,
            "operator": change.watch.rule.operator.value,
            "average": self.series.average,
            "level": self.level if self.series.average is not None else change.watch.rule.level,
            "value": self.figure.value,
            "before": None if self.before is None else [self.before[0].isoformat(), self.before[1]],
            "percentile": self.percentile,
            "count": self.count,
            "history_from": self.since,
            "eligible": self.figure.eligible,
            "members": self.figure.members,
            "coverage": self.figure.coverage,
            "source": self.figure.source,
            "session": self.figure.session.isoformat(),
            "fired_on": since.isoformat() if kind is Kind.RESOLVED and since else None,
            "late": late,
        }


def told_of(db: Database, series: Series, session: date) -> SeriesTold:
    """Gather what there is to say of `series` on `session`, which has to have a figure."""
    past = figures.history(db, series.metric, end=session)
    values = [figure.value for figure in past]
    earlier = next((figure for figure in reversed(past[:-1]) if figure.value is not None), None)
    standing = percentile(values)
    return SeriesTold(
        series=series,
        figure=past[-1],
        before=None if earlier is None or earlier.value is None else (earlier.session, earlier.value),
        level=average(values, series.average) if series.average is not None else None,
        percentile=standing.value,
        count=standing.count,
        since=next((figure.session.isoformat() for figure in past if figure.value is not None), None),
    )
