"""Leads after alerts that were sent, and what becomes of what was shown with them."""

from __future__ import annotations

from datetime import date
from math import nan

import pytest

from alerts.market.sessions import sessions_between
from alerts.rules.base_rates import HORIZONS
from alerts.rules.event import LeadAfterFirings
from alerts.rules.track_record import Judged, Leads, Unknown, Verdict, chance_of_miss, judge

DAYS = sessions_between(date(2024, 9, 18), date(2025, 9, 18))
FIRST = DAYS[0]


def leads(at: int, iwm: float, spy: float) -> Leads:
    """Closes of 100, and others from session `at` on."""
    return Leads(DAYS, [100.0] * at + [iwm] * (len(DAYS) - at), [100.0] * at + [spy] * (len(DAYS) - at))


def test_the_lead_is_iwms_return_less_spys_over_that_many_sessions() -> None:
    # 110/100 − 105/100 = 5 pp, from the 63rd session after the alert on.
    found = leads(63, 110.0, 105.0)
    assert HORIZONS == (21, 63, 126, 252)
    assert [found.after(FIRST, horizon) for horizon in (62, 63, 126)] == [0.0, pytest.approx(5.0), pytest.approx(5.0)]
    assert found.after_all(FIRST) == (0.0, pytest.approx(5.0), pytest.approx(5.0), Unknown.NOT_YET)
    assert len(DAYS) == 251


@pytest.mark.parametrize(
    ("day", "horizon", "found"),
    [
        (DAYS[-21], 21, Unknown.NOT_YET),  # its 21st session is tomorrow
        (DAYS[-22], 21, 0.0),  # and here today
        (date(2025, 9, 19), 21, Unknown.NOT_YET),  # no close of the alert's own session yet
        (date(2024, 9, 17), 21, Unknown.NO_CLOSE),  # before all closes held
    ],
)
def test_what_lies_ahead_is_not_yet(day: date, horizon: int, found: float | Unknown) -> None:
    assert leads(0, 100.0, 100.0).after(day, horizon) == found


def test_a_missing_close_is_named_and_never_taken_for_a_return() -> None:
    gappy = Leads(DAYS, [nan, *[100.0] * (len(DAYS) - 1)], [100.0] * len(DAYS))
    assert gappy.after(FIRST, 21) is Unknown.NO_CLOSE
    assert gappy.after(DAYS[1], 21) == 0.0
    assert Leads((), (), ()).after(FIRST, 21) is Unknown.NOT_YET


SHOWN = [
    # median shown, IWM's close after 63 sessions (SPY's stays at 100), the verdict, the lead
    (1.2, 103.0, Verdict.AS_SHOWN, 3.0),
    (1.2, 97.0, Verdict.MISSED, -3.0),
    (1.2, 100.0, Verdict.MISSED, 0.0),  # not above zero
    (-0.8, 100.0, Verdict.MISSED, 0.0),  # not below zero
    (-0.8, 97.0, Verdict.AS_SHOWN, -3.0),
    (-0.8, 103.0, Verdict.MISSED, 3.0),
    (0.0, 103.0, Verdict.NOTHING_SHOWN, None),
    (None, 103.0, Verdict.NOTHING_SHOWN, None),
]


@pytest.mark.parametrize(("median", "close", "verdict", "lead"), SHOWN)
def test_a_miss_has_the_other_sign_than_the_median_shown(
    median: float | None, close: float, verdict: Verdict, lead: float | None
) -> None:  # fmt: skip
    found = judge(leads(63, close, 100.0), FIRST, LeadAfterFirings(63, 12, median))
    assert found == Judged(verdict, None if lead is None else pytest.approx(lead))
    assert found.known == (verdict in (Verdict.MISSED, Verdict.AS_SHOWN))


def test_nothing_is_judged_before_the_horizon_shown_or_without_closes() -> None:
    shown = LeadAfterFirings(63, 12, 1.2)
    assert judge(leads(0, 100.0, 100.0), DAYS[-63], shown) == Judged(Verdict.NOT_YET)
    assert judge(leads(0, 100.0, 100.0), date(2020, 1, 2), shown) == Judged(Verdict.NOT_KNOWN)
    assert judge(leads(0, 100.0, 100.0), FIRST, None) == Judged(Verdict.NOTHING_SHOWN)


def test_the_chance_of_a_miss_is_the_share_of_firings_on_the_other_side() -> None:
    assert chance_of_miss(LeadAfterFirings(63, 12, 1.2, 0.1, above=0.75)) == 0.25
    assert chance_of_miss(LeadAfterFirings(63, 12, -1.2, 0.1, above=0.25)) == 0.25
    assert chance_of_miss(LeadAfterFirings(63, 12, 1.2)) is None
