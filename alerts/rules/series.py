"""What a rule watches: a metric, or a transform of its history.

A Series has a key (stored, unique), words (for people), and values (`derive`). Extremes and changes of state are
series too: 1 on a session on which they happen, 0 on any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from alerts.metrics.catalog import Metric, metric
from alerts.metrics.transforms import (
    DAILY_MINIMUM,
    average,
    change,
    gap_to_average,
    percentile,
    percentile_over,
    reach,
    zscore,
)

QUIET = 21  # sessions without an extreme before the next one counts
LOOK_BACK = 300  # how many sessions back to look for the previous value


class Transform(StrEnum):
    """How a series is computed from a metric's history."""

    VALUE = "value"
    GAP = "- avg"  # the value minus its own average
    PERCENTILE = "pct"
    ZSCORE = "z"
    CHANGE = "change"
    AVERAGE = "avg"
    HIGH = "high"
    LOW = "low"
    CHANGED = "changed"


#: The transforms whose values are 1 or 0.
HAPPENINGS = frozenset({Transform.HIGH, Transform.LOW, Transform.CHANGED})


@dataclass(frozen=True, order=True)
class Series:
    """A metric (`transform` VALUE), or a transform of it over `n` sessions; n 0: over all, or no window at all."""

    metric: str
    transform: Transform = Transform.VALUE
    n: int = 0

    @property
    def key(self) -> str:
        """The stored form: "size.ratio", "size.ratio - avg(50)", "size.ratio pct(all)", "regime.state changed"."""
        if self.transform is Transform.VALUE:
            return self.metric
        over = "" if self.transform is Transform.CHANGED else f"({self.n or 'all'})"
        return f"{self.metric} {self.transform.value}{over}"

    @classmethod
    def from_key(cls, key: str) -> Series:
        """The series with that key. Raises ValueError."""
        return _from_key(key)

    @property
    def of(self) -> Metric:
        return metric(self.metric)

    @property
    def average(self) -> int | None:
        """The window of the average that the value is compared with, if there is one."""
        return self.n if self.transform is Transform.GAP else None

    @property
    def happens(self) -> bool:
        """Whether its values are 1 (it happened) or 0."""
        return self.transform in HAPPENINGS or (self.transform is Transform.VALUE and self.of.unit == "event")

    @property
    def words(self) -> str:
        """A description for people: "the 252-session percentile of IWM/SPY, small against large"."""
        title = self.of.title
        over = f"{self.n}-session " if self.n else ""
        return {
            Transform.VALUE: title,
            Transform.GAP: f"{title} beside its own {self.n}-session average",
            Transform.PERCENTILE: f"the {over}percentile of {title}" + ("" if self.n else " over all sessions held"),
            Transform.ZSCORE: f"the {over}z-score of {title}",
            Transform.CHANGE: f"the change of {title} over {self.n} sessions",
            Transform.AVERAGE: f"the {over}average of {title}",
            Transform.HIGH: f"a new {over}high of {title}",
            Transform.LOW: f"a new {over}low of {title}",
            Transform.CHANGED: f"a change of {title}",
        }[self.transform]


@lru_cache(maxsize=4096)
def _from_key(key: str) -> Series:
    found = re.fullmatch(r"(\S+)(?: (- avg|pct|z|change|avg|high|low|changed)(?:\((\d+|all)\))?)?", key)
    if found is None:
        raise ValueError(f"{key}: no series has that key")
    name, transform, n = found.groups()
    return Series(name, Transform(transform or "value"), 0 if n in (None, "all") else int(n))


def typed_name(of: Metric) -> str:
    """The name to type for a metric; an event over all companies needs no "all" before it."""
    name = of.aliases[0]
    return name.removeprefix("all ") if of.unit == "event" else name


def extreme_name(of: Metric) -> str:
    """The name to type for a metric before "at a new high" or "low"."""
    return of.extremes[0] if of.extremes else typed_name(of)


def span(series: Series) -> int:
    """How many sessions of the metric, the last one included, determine one value; 0: all."""
    match series.transform:
        case Transform.VALUE:
            return 1
        case Transform.PERCENTILE if not series.n:
            return 0
        case Transform.CHANGE:
            return series.n + 1
        case Transform.CHANGED:
            return LOOK_BACK
        case Transform.HIGH | Transform.LOW:
            return reach(series.n) + 2 * QUIET
    return reach(series.n)


def needs(series: Series) -> int:
    """How many values of the metric the series needs before it has a value."""
    match series.transform:
        case Transform.VALUE:
            return 1
        case Transform.PERCENTILE if not series.n:
            return DAILY_MINIMUM
        case Transform.CHANGE:
            return series.n + 1
        case Transform.CHANGED:
            return 2
    return series.n


def derive(series: Series, history: Sequence[float | None]) -> list[float | None]:
    """The series on each session of `history`, its metric's whole history (ascending, None if missing)."""
    match series.transform:
        case Transform.VALUE:
            return list(history)
        case Transform.HIGH | Transform.LOW:
            return _fresh(_extremes(history, series.n, 1 if series.transform is Transform.HIGH else -1))
        case Transform.CHANGED:
            return _changed(history)
    value = _one(series)
    within = span(series)
    return [
        value(history[max(0, at + 1 - within) if within else 0 : at + 1]) if history[at] is not None else None
        for at in range(len(history))
    ]


def derive_counted(
    series: Series, history: Sequence[float | None], counts: Sequence[bool], fewest: int | None
) -> list[float | None]:
    """The series of a metric that observations move: on sessions without one (`counts` false) its value stands.

    Windows are of observations, where `fewest` is given the last n or all; a change is over sessions all the same.
    """
    if series.transform in (Transform.VALUE, Transform.CHANGE):
        return derive(series, history)
    rows = [at for at, value in enumerate(history) if counts[at] or value is None]
    observed = [history[at] for at in rows]
    made = derive(series, observed) if fewest is None else _over_few(series, observed, fewest)
    out: list[float | None] = [None] * len(history)
    stands: float | None = None
    by_row = dict(zip(rows, made, strict=True))
    for at in range(len(history)):
        stands = by_row.get(at, 0.0 if series.transform in HAPPENINGS else stands)
        out[at] = stands
    return out


def _over_few(series: Series, observed: Sequence[float | None], fewest: int) -> list[float | None]:
    """The series over the last n observations, or all where there are fewer; None under `fewest`."""
    if series.transform in HAPPENINGS:
        return derive(series, observed)
    out: list[float | None] = []
    known: list[float] = []
    for value in observed:
        if value is not None:
            known.append(value)
        n = min(series.n or len(known), len(known))
        told = value is not None and n >= min(fewest, series.n or fewest)
        out.append(_one(Series(series.metric, series.transform, n))(known) if told else None)
    return out


def latest(series: Series, history: Sequence[float | None]) -> float | None:
    """The series on the last session of `history`: at least `span` sessions of its metric, or its whole history."""
    if not history or history[-1] is None:
        return None
    if series.transform in HAPPENINGS:
        return derive(series, history)[-1]
    return history[-1] if series.transform is Transform.VALUE else _one(series)(history)


def _one(series: Series) -> Callable[[Sequence[float | None]], float | None]:
    n = series.n
    over: dict[Transform, Callable[[Sequence[float | None]], float | None]] = {
        Transform.GAP: lambda history: gap_to_average(history, n),
        Transform.PERCENTILE: lambda history: percentile_over(history, n) if n else percentile(history).value,
        Transform.ZSCORE: lambda history: zscore(history, n),
        Transform.CHANGE: lambda history: change(history, n),
        Transform.AVERAGE: lambda history: average(history, n),
    }
    return over[series.transform]


def _extremes(history: Sequence[float | None], n: int, sign: int) -> list[bool | None]:
    """Whether each value is beyond all n − 1 values before it; None with fewer than n values."""
    out: list[bool | None] = []
    within = reach(n)
    for at in range(len(history)):
        today = history[at]
        known = [sign * value for value in history[max(0, at + 1 - within) : at + 1] if value is not None][-n:]
        out.append(None if today is None or len(known) < n else known[-1] > max(known[:-1]))
    return out


def _fresh(extremes: Sequence[bool | None]) -> list[float | None]:
    """1 on an extreme after at least QUIET sessions without one, 0 on any other session, None if unknown."""
    out: list[float | None] = []
    quiet = QUIET  # no extreme is known before the first known session
    for extreme in extremes:
        out.append(None if extreme is None else float(extreme and quiet >= QUIET))
        if extreme is not None:
            quiet = 0 if extreme else quiet + 1
    return out


def _changed(history: Sequence[float | None]) -> list[float | None]:
    """1 if a value differs from the previous value, 0 if it does not or is the first."""
    out: list[float | None] = []
    before: float | None = None
    for value in history:
        out.append(None if value is None else float(before is not None and value != before))
        before = before if value is None else value
    return out
