"""What followed earlier firings of a rule, beside what followed any day: one line of an alert."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlite_utils import Database

from alerts.rules.backtest import backtest
from alerts.rules.base_rates import BaseRates
from alerts.rules.condition import series_of
from alerts.rules.event import LeadAfterFirings
from alerts.rules.rule import Rule
from alerts.rules.state import Kind
from alerts.rules.suggest import YEAR
from bot.reports.series import Past, counting
from storage import figures

HORIZON = 63  # sessions, a quarter
MOST = 200  # distinct rules a session; beyond that nothing is said, for judging must not wait


class FiringLeads:
    """The lead after earlier firings, computed once for each distinct rule that fired on a session."""

    def __init__(self, db: Database, session: date, fired: Iterable[Rule]) -> None:
        self._db, self._session = db, session
        distinct: set[Rule] = set()
        for rule in fired:
            distinct.add(rule.endless)
            if len(distinct) > MOST:
                break
        self._too_many = len(distinct) > MOST
        self._of: dict[Rule, LeadAfterFirings | None] = {}
        self._pasts: dict[str, Past] = {}

    def of(self, rule: Rule) -> LeadAfterFirings | None:
        """Without figures where the firings are too few; None where nothing can be said."""
        if self._too_many:
            return None
        always = rule.endless
        if always not in self._of:
            self._of[always] = self._computed(always)
        return self._of[always]

    def _computed(self, rule: Rule) -> LeadAfterFirings | None:
        from bot.reports.backtest import rates_of  # pandas

        for series in series_of(rule.watched):
            if series.metric not in self._pasts:
                self._pasts[series.metric] = figures.latest_values(self._db, series.metric, self._session, None)
        found = backtest(rule, self._pasts, counting=counting(self._db, self._pasts, self._session))
        fired = [one.session for one in found.of(Kind.FIRED) if one.session < self._session]
        return lead_after_firings(rates_of(self._db, fired, found.sessions))


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
