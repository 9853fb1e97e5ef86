"""Where the series of a rule stand, in words, and which series are meant."""

from __future__ import annotations

from sqlite_utils import Database

from alerts.metrics.catalog import RSP
from alerts.rules.condition import Condition, typed_number
from alerts.rules.rule import Rule
from alerts.rules.series import Series, Transform
from bot.messages.words import because, capital, counted_over, short_day
from bot.observe import SeriesTold, Told
from storage import figures


def now_words(db: Database, rule: Rule) -> str | None:
    """A line for each condition; None where there are no figures. Plain text."""
    session = figures.last_session(db)
    if session is None:
        return None
    told = Told(db, session)
    return "\n".join(_one_now(told, condition) for condition in rule.conditions)


def _one_now(told: Told, condition: Condition) -> str:
    series, of = condition.series, condition.series.of
    found = told.of(series)
    figure = found.figure
    if figure.value is None:
        return f"{capital(of.title)} on {short_day(figure.session)}: {because(figure)}"
    text = f"{capital(of.title)}: {of.show(figure.value)} on {short_day(figure.session)}"
    counted = [part for part in (counted_over(of, figure.eligible, figure.members), figure.source) if part]
    text += f" ({', '.join(counted)})" if series.metric != RSP else f" (close in dollars, {figure.source})"
    return text + _beside(series, found) + "."


def _beside(series: Series, found: SeriesTold) -> str:
    """What the transform makes of the value."""
    match series.transform:
        case Transform.GAP:
            level = "needs more sessions of history" if found.level is None else f"is {series.of.show(found.level)}"
            return f"; its {series.n}d average {level}"
        case Transform.PERCENTILE | Transform.ZSCORE | Transform.CHANGE | Transform.AVERAGE:
            value = "missing" if found.observed is None else typed_number(round(found.observed, 4))
            return f"; {series.words}: {value}"
    return ""
