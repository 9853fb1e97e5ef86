"""What a rule would have done, before it is saved: counts, levels that would suit better, what followed, a chart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from sqlite_utils import Database

from alerts.rules.backtest import Backtest, backtest
from alerts.rules.rule import Repeat, Rule
from alerts.rules.state import Kind
from alerts.rules.suggest import levels_firing
from bot.charts.spec import Chart
from bot.messages.preview import Tried, preview_text
from bot.reports.backtest import histories, rates_of, refuse_unheld
from bot.reports.base_rates import lead_after_firings
from bot.reports.rule_charts import rule_chart
from bot.reports.standing import now_words
from storage import figures

PER_YEAR = (12.0, 4.0, 1.0)  # a month, a quarter, a year


@dataclass(frozen=True)
class Preview:
    """The answer to a line: its text, and a chart where there are figures."""

    text: str
    chart: Chart | None


def preview(db: Database, rule: Rule, simulated: bool, coming: int = 0, replaces: str | None = None) -> Preview:
    """Try `rule` on the history held. Raises GrammarError, RuleError.

    `coming`: sessions of history that are being filled. `replaces`: the line it is to be written over.
    """
    refuse_unheld(db, rule, coming)
    session = figures.last_judged(db)
    if session is None:
        return Preview(preview_text(rule, Tried(), now=None, replaces=replaces), None)
    held = histories(db, rule, session)
    always = replace(rule, repeat=Repeat.EVERY_TIME, remind=0, until=None)
    found = backtest(always, held)
    fired = [one.session for one in found.of(Kind.FIRED)]
    told = _tried(found, fired)
    if told.always or told.never:
        told = replace(told, levels=tuple(levels_firing(rule, held, PER_YEAR)))
    lead = lead_after_firings(rates_of(db, fired, found.sessions)) if fired else None
    text = preview_text(rule, replace(told, lead=lead), now=now_words(db, rule), replaces=replaces)
    return Preview(text, rule_chart(db, rule, simulated, fired, session))


def _tried(found: Backtest, fired: list[date]) -> Tried:
    sessions = list(found.sessions)
    seen = len(sessions) - found.missing
    level = not found.rule.momentary
    return Tried(
        sessions=seen,
        since=sessions[0] if sessions else None,
        fired=len(fired),
        last=fired[-1] if fired else None,
        quiet=_longest_quiet(sessions, fired),
        share=found.true / seen if level and seen else None,
    )


def _longest_quiet(sessions: list[date], fired: list[date]) -> int:
    """The most sessions in a row on which it did not fire."""
    at = {session: index for index, session in enumerate(sessions)}
    marks = [-1, *(at[session] for session in fired), len(sessions)]
    return max((later - earlier - 1 for earlier, later in pairwise(marks)), default=0)
