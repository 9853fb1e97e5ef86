"""The earlier firings of a rule: how often it fired lately, and what followed, beside what followed any day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from sqlite_utils import Database

from alerts.rules.backtest import Backtest, backtest
from alerts.rules.base_rates import BaseRates
from alerts.rules.clearing import YEAR as CLEARING_YEAR
from alerts.rules.clearing import clear_level, takes_clear
from alerts.rules.condition import series_of
from alerts.rules.event import LeadAfterFirings
from alerts.rules.rule import Rule
from alerts.rules.state import Kind
from alerts.rules.suggest import YEAR
from alerts.rules.tally import OFTEN, RECENT, FiringTally, tally
from bot.reports.series import Past, counting, value_past
from storage import figures

HORIZON = 63  # sessions, a quarter
MOST = 200  # distinct rules a session; beyond that nothing is said, for judging must not wait


SHORTEST = 60  # sessions of history, under which nothing is said of how often


@dataclass(frozen=True)
class FiringPast:
    """What the history held says of a firing; None where it says nothing."""

    lead: LeadAfterFirings | None = None
    tally: FiringTally | None = None


NOTHING_SAID = FiringPast()


class FiringPasts:
    """The earlier firings of each distinct rule that fired on a session, each looked up once."""

    def __init__(self, db: Database, session: date, fired: Iterable[Rule]) -> None:
        self._db, self._session = db, session
        distinct: set[Rule] = set()
        for rule in fired:
            distinct.add(rule.endless)
            if len(distinct) > MOST:
                break
        self._too_many = len(distinct) > MOST
        self._of: dict[Rule, FiringPast] = {}
        self._pasts: dict[str, Past] = {}

    def of(self, rule: Rule) -> FiringPast:
        """Its lead is without figures where the firings are too few."""
        if self._too_many:
            return NOTHING_SAID
        always = rule.endless
        if always not in self._of:
            self._of[always] = self._computed(always)
        return self._of[always]

    def _computed(self, rule: Rule) -> FiringPast:
        from bot.reports.backtest import rates_of  # pandas

        for series in series_of(rule.watched):
            if series.metric not in self._pasts:
                self._pasts[series.metric] = figures.latest_values(self._db, series.metric, self._session, None)
        found = backtest(rule, self._pasts, counting=counting(self._db, self._pasts, self._session))
        fired = [one.session for one in found.of(Kind.FIRED) if one.session < self._session]
        return FiringPast(lead_after_firings(rates_of(self._db, fired, found.sessions)), self._tally(found, fired))

    def _tally(self, found: Backtest, fired: list[date]) -> FiringTally | None:
        sessions = [day for day in found.sessions if day < self._session]
        if len(sessions) < SHORTEST:
            return None
        told = tally(fired, [*sessions, self._session], self._back(found.rule), None)
        if told.recent <= OFTEN or not takes_clear(found.rule):
            return told
        past = value_past(self._db, found.rule.watched, self._session, 2 * CLEARING_YEAR)
        return replace(told, clear=clear_level(found.rule, [value for _, value in past]))

    def _back(self, rule: Rule) -> int:
        """How often, in `RECENT` sessions, the value went back through the level of a rule that has one."""
        if rule.joined or rule.ranged or rule.first.series.happens or not rule.first.operator.sign:
            return 0
        past = value_past(self._db, rule.watched, self._session, RECENT)
        beyond = [rule.holds(value) for _, value in past if value is not None]
        return sum(before and not after for before, after in pairwise(beyond))


def lead_after_firings(rates: BaseRates) -> LeadAfterFirings | None:
    """Of base rates, the line that an alert has room for; None where there are none."""
    horizon = next((one for one in rates.horizons if one.sessions == HORIZON), None)
    if horizon is None:
        return None
    after, all_days = horizon.firings, horizon.all_days
    if after.lead is None or all_days.lead is None:
        return LeadAfterFirings(HORIZON, after.n)
    lead, years = after.lead, max(1, round((all_days.n + HORIZON) / YEAR))
    return LeadAfterFirings(
        HORIZON, after.n, lead.median, all_days.lead.median, lead.share_above_zero, lead.worst, years
    )
