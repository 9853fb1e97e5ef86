"""The chart of a rule: what it watches, its thresholds, and a ring wherever it fired."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlite_utils import Database

from alerts.metrics.catalog import RSP, minus
from alerts.metrics.transforms import average
from alerts.rules.condition import Condition, Operator, typed_number
from alerts.rules.rule import Rule
from alerts.rules.series import Series, Transform
from bot.charts.spec import Chart, Level, Line, Marker, Panel
from bot.formatting import capital, counted_over, short_day
from bot.reports.charts import SESSIONS
from bot.reports.series import metric_past, value_past
from storage import figures

#: Of these the chart shows what is made of the metric, for the threshold is in its unit.
_DERIVED = (Transform.PERCENTILE, Transform.ZSCORE, Transform.CHANGE, Transform.AVERAGE)
_BEHIND_EVENTS = Series("size.ratio")  # an event is 0 or 1: what it is read for is drawn instead

Dated = Sequence[tuple[date, float | None]]


def rule_chart(db: Database, rule: Rule, simulated: bool, fired: Collection[date], until: date) -> Chart | None:
    """A panel a condition, up to the session `until`; None where nothing is held."""
    panels = [panel for condition in rule.conditions if (panel := _panel(db, condition, fired, until)) is not None]
    if not panels:
        return None
    title = capital(rule.first.series.of.title) if not rule.joined else "Conditions joined by “and”"
    return Chart(title, _subtitle(db, rule.first.series, until), tuple(panels), simulated)


def _panel(db: Database, condition: Condition, fired: Collection[date], until: date) -> Panel | None:
    series, of = condition.series, condition.series.of
    drawn = Series(series.metric)
    if series.transform is Transform.VALUE and of.unit == "event":
        drawn = _BEHIND_EVENTS
    elif series.transform in _DERIVED:
        drawn = series
    past: Dated = value_past(db, drawn, until, SESSIONS)
    known = {session: value for session, value in past if value is not None}
    if not known:
        return None
    lines = [_line(past, drawn.words if drawn is series and drawn.transform in _DERIVED else drawn.of.title)]
    if series.transform is Transform.GAP:
        lines += _own_average(db, series, until)
    in_unit = drawn.transform is Transform.VALUE and drawn.of.unit in ("%", "pp", "×")
    share = in_unit and drawn.of.unit == "%" and (drawn.of.low, drawn.of.high) == (0, 100)
    return Panel(
        condition.line if len(condition.line) <= 60 else drawn.of.aliases[0],
        drawn.of.unit if in_unit else "",
        tuple(lines),
        levels=tuple(Level(level, _level_words(condition, level)) for level in _levels(condition)),
        markers=tuple(Marker(day, known[day]) for day in sorted(fired) if day in known),
        minimum=0 if share else None,
        maximum=100 if share else None,
    )


def _levels(condition: Condition) -> list[float]:
    if condition.operator is Operator.HAPPENS or condition.series.transform is Transform.GAP:
        return []
    return [level for level in (condition.level, condition.upper) if level is not None]


def _level_words(condition: Condition, level: float) -> str:
    if condition.series.transform in _DERIVED:
        return minus(typed_number(level))
    return condition.series.of.show_level(level)


def _line(past: Dated, label: str) -> Line:
    return Line(
        label if len(label) <= 40 else label[:39] + "…",
        tuple(session for session, _ in past),
        tuple(value for _, value in past),
    )


def _own_average(db: Database, series: Series, until: date) -> list[Line]:
    past = metric_past(db, series.metric, until)
    values = [value for _, value in past]
    first = max(0, len(past) - SESSIONS)
    means = tuple(average(values[: at + 1], series.n) for at in range(first, len(values)))
    if all(mean is None for mean in means):
        return []
    return [Line(f"{series.n}d average", tuple(session for session, _ in past[first:]), means, "reference")]


def _subtitle(db: Database, series: Series, until: date) -> str:
    """Session, how many were counted, and source."""
    metric = "size.ratio" if series.metric == RSP else series.metric
    found = figures.history(db, metric, until, until)
    if not found:
        return short_day(until)
    figure = found[-1]
    counted = "" if series.metric == RSP else counted_over(series.of, figure.eligible, figure.members)
    return " · ".join(filter(None, (short_day(until), counted, figure.provenance)))
