"""Where the series of a rule stand, in words, and which series are meant."""

from __future__ import annotations

from sqlite_utils import Database

from alerts.metrics.catalog import RSP
from alerts.rules.condition import typed_number
from alerts.rules.event import Reading
from alerts.rules.rule import Rule
from alerts.rules.series import Series, Transform
from bot.formatting import because, capital, counted_over, short_day
from bot.reports.series import Readings
from storage import figures


def now_words(db: Database, rule: Rule) -> str:
    """Which series each condition means, and where it stands."""
    session = figures.last_session(db)
    readings = Readings(db, session) if session else None
    return "\n".join(_one_now(readings, condition.series) for condition in rule.conditions)


def _one_now(readings: Readings | None, series: Series) -> str:
    of = series.of
    made = readings is None or series.transform not in (Transform.VALUE, Transform.GAP)
    meant = f"Watched: {series.words}. " if made else ""
    if readings is None:
        return meant.strip()
    found = readings.of(series)
    figure = found.figure
    if figure.value is None:
        return f"{meant}{capital(of.title)} on {short_day(figure.session)}: {because(figure)}"
    text = f"{capital(of.title)}: {of.show(figure.value)} on {short_day(figure.session)}"
    counted = [part for part in (counted_over(of, figure.eligible, figure.members), figure.source) if part]
    text += f" ({', '.join(counted)})" if series.metric != RSP else f" (close in dollars, {figure.source})"
    return meant + text + _beside(series, found) + "."


def _beside(series: Series, found: Reading) -> str:
    """What the transform makes of the value."""
    match series.transform:
        case Transform.GAP:
            level = "needs more sessions of history" if found.average is None else f"is {series.of.show(found.average)}"
            return f"; its {series.n}d average {level}"
        case Transform.PERCENTILE | Transform.ZSCORE | Transform.CHANGE | Transform.AVERAGE:
            value = "missing" if found.observed is None else typed_number(round(found.observed, 4))
            return f"; {series.words}: {value}"
    return ""
