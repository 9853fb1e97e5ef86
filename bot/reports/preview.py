"""What a rule would have done over the history held: counts, levels that would suit better, what followed, a chart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from sqlite_utils import Database

from alerts.rules.backtest import Backtest, Histories, backtest
from alerts.rules.clearing import clear_level
from alerts.rules.directions import leveled
from alerts.rules.event import LeadAfterFirings
from alerts.rules.levels import OFTEN
from alerts.rules.reading import Reading, by_membership
from alerts.rules.rule import Rule
from alerts.rules.series import Series, Transform, derive
from alerts.rules.state import TRUE, Kind
from alerts.rules.suggest import YEAR, levels_firing
from bot.charts.spec import Chart
from bot.reports.backtest import histories, rates_of, refuse_unheld
from bot.reports.base_rates import lead_after_firings
from bot.reports.charts import SESSIONS, rule_chart
from bot.reports.rule_status import now_of
from bot.reports.series import counting
from storage import figures
from storage.rules import same_rule
from storage.sessions import last_judged

PER_YEAR = (12.0, 4.0, 1.0)  # a month, a quarter, a year
MOSTLY = 0.5  # true on more days than that, a rule tells little


@dataclass(frozen=True)
class Tried:
    """What a rule would have done.

    sessions: those with a value, since `since`. fired: how often, the last time on `last`. quiet: the most sessions in
    a row without firing. share: of a level rule, the part of the sessions on which it was true, 0 to 1. levels: those
    at which it would fire about once a month, a quarter and a year. lead: what came after its firings. true_since: of a
    level rule that is firing after the last session, since when; `at_least`: it may have begun earlier.
    by_membership: of the firings, those that new members alone made. a_year: firings a year. clear: a clear level with
    which a rule that fires often would have fired less.
    """

    sessions: int = 0
    since: date | None = None
    fired: int = 0
    last: date | None = None
    quiet: int = 0
    share: float | None = None
    levels: tuple[float | None, ...] = ()
    lead: LeadAfterFirings | None = None
    true_since: date | None = None
    at_least: bool = False
    by_membership: tuple[date, ...] = ()
    a_year: float = 0.0
    clear: float | None = None

    @property
    def always(self) -> bool:
        """Whether it was true on most sessions."""
        return self.share is not None and self.share > MOSTLY

    @property
    def never(self) -> bool:
        return self.fired == 0


@dataclass(frozen=True)
class Preview:
    """What is known of a rule before it is set. now: where its series stand, and chart: None without figures.

    same: the number of the chat's alert that is this one already.
    """

    rule: Rule
    tried: Tried
    now: tuple[Reading, ...] | None
    chart: Chart | None
    same: int | None = None


def preview(
    db: Database, rule: Rule, simulated: bool, coming: int = 0, chat: int | None = None, shown: int = SESSIONS
) -> Preview:  # fmt: skip
    """Try `rule` on the history held, for a chat. `coming`: sessions that are being filled; `shown`: in the picture.

    Raises GrammarError, RuleError.
    """
    refuse_unheld(db, rule, coming)
    session = last_judged(db)
    same = None if chat is None else same_rule(db, chat, rule)
    if session is None:
        return Preview(rule, Tried(), None, None, same)
    held = histories(db, rule, session)
    found = backtest(rule.endless, held, counting=counting(db, held, session))
    fired = [one.session for one in found.of(Kind.FIRED)]
    told = replace(_tried(found, fired), by_membership=tuple(day for day in fired if day in _by_membership(db, rule)))
    if told.always or told.never:
        told = replace(told, levels=tuple(levels_firing(rule, held, PER_YEAR)))
    if told.a_year > OFTEN and rule.clear is None and leveled(rule):
        told = replace(told, clear=clear_level(rule, known_values(rule.first.series, held)[-2 * YEAR :]))
    lead = lead_after_firings(rates_of(db, fired, found.sessions)) if fired else None
    chart = rule_chart(db, rule, simulated, fired, session, shown)
    return Preview(rule, replace(told, lead=lead), now_of(db, rule), chart, same)


def known_values(series: Series, held: Histories) -> list[float]:
    """The values of a series over its history, oldest first, without those that are missing."""
    derived = derive(series, [value for _, value in held[series.metric]])
    return [value for value in derived if value is not None]


def _by_membership(db: Database, rule: Rule) -> set[date]:
    """The sessions on which new members alone changed what a condition of the rule says."""
    return {
        day
        for condition in rule.conditions
        if condition.series.transform is Transform.VALUE
        for day, (value, former) in figures.by_former_members(db, condition.series.metric).items()
        if by_membership(condition, value, former)
    }


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
        true_since=found.state.since if found.state.phase in TRUE else None,
        at_least=found.state.at_least,
        a_year=len(fired) * YEAR / seen if seen >= YEAR // 2 else 0.0,
    )


def _longest_quiet(sessions: list[date], fired: list[date]) -> int:
    """The most sessions in a row on which it did not fire."""
    at = {session: index for index, session in enumerate(sessions)}
    marks = [-1, *(at[session] for session in fired), len(sessions)]
    return max((later - earlier - 1 for earlier, later in pairwise(marks)), default=0)
