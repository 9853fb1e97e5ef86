"""A rule over history: the same steps as every evening, and what followed."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.paths import START, observations, values_of, walk

from alerts.rules.backtest import backtest
from alerts.rules.base_rates import HORIZONS, NO_CLOSES
from alerts.rules.grammar import parse
from alerts.rules.returns import base_rates
from alerts.rules.rule import Rule
from alerts.rules.state import Kind
from alerts.rules.step import initial, settled

Held = list[tuple[date, float | None]]


def held(path: str, first: date = START) -> Held:
    return [(first + timedelta(days=at), value) for at, value in enumerate(values_of(path))]


def happened(rule: Rule, path: str, **span: date) -> list[tuple[int, str, float | None]]:
    """(position, kind, value) along a path of the one metric of the rule."""
    found = backtest(rule, {rule.first.series.metric: held(path)}, **span)
    return [((one.session - START).days + 1, one.kind.value, one.value) for one in found.happened]


def test_a_level_rule_with_a_clear_level() -> None:
    assert happened(parse("small above 200d > 60 clear 55"), "52 61 58 62 55 54.9 61") == [
        (2, "fired", 61), (6, "resolved", 54.9), (7, "fired", 61),
    ]  # fmt: skip


LINES = [
    "lead 21d > 0", "lead 21d > 0 for 2 days keep 1 day", "lead 21d crosses 0", "lead 21d < 0 once",
    "lead 21d inside -1..1 remind every 2 days", "lead 21d crosses below 1 clear 2",
    "lead 21d outside -1..1 until 2025-01-09",
]  # fmt: skip


@given(st.sampled_from(LINES), st.lists(st.one_of(st.none(), st.integers(-3, 3).map(float)), min_size=1, max_size=30))
@settings(max_examples=200, deadline=None)
def test_it_is_the_step_of_every_evening(line: str, values: list[float | None]) -> None:
    rule = parse(line)
    path = observations(values)
    while path and path[0].value is None:  # nothing is seen before the first observation
        path = [*path[1:]]
    renewed = observations([one.value for one in path])
    _, told = walk(rule, initial(rule), renewed) if rule.until is None else walk(rule, initial(rule), _shifted(path))
    found = backtest(rule, {"size.lead_21d": list(zip(_days(len(values)), values, strict=True))})
    assert [one.kind.value for one in found.happened] == [kind for _, kind in told]
    assert len(found.sessions) == len(path)


def _days(count: int) -> list[date]:
    return [START + timedelta(days=at) for at in range(count)]


def _shifted(path: list) -> list:  # type: ignore[type-arg]
    """The observations numbered from the first of them, on their own days."""
    from dataclasses import replace

    renewed = observations([one.value for one in path])
    return [replace(new, session=old.session) for new, old in zip(renewed, path, strict=True)]


def test_what_lies_before_the_range_settles_the_rule_in_silence() -> None:
    rule = parse("small above 200d > 60")
    assert happened(rule, "52 61 62 59 63", start=START + timedelta(days=2)) == [(5, "fired", 63)]
    before = observations(values_of("52 61"))
    assert settled(rule, before).announced is False
    assert happened(rule, "52 61 62 59 63", end=START + timedelta(days=2)) == [(2, "fired", 61)]


def test_a_window_is_filled_from_before_the_range() -> None:
    rule = parse("lead 21d rising 2d")
    whole = happened(rule, "0 1 0 1 2 1 0 3 4")
    assert whole == [(5, "fired", 2), (6, "resolved", 0), (8, "fired", 2)]
    assert happened(rule, "0 1 0 1 2 1 0 3 4", start=START + timedelta(days=6)) == [(8, "fired", 2)]


def test_an_extreme_is_news_again_after_twenty_one_sessions_without_one() -> None:
    rule = parse("iwm/spy at a new high 3d")
    assert happened(rule, "1 2 1 3 2 4 3x21 5") == [(4, "fired", 3), (28, "fired", 5)]
    assert happened(rule, "1 2 1 3 2 4 3x20 5") == [(4, "fired", 3)]
    assert happened(rule, "1 2 1 3 2 4 3x20 _ _ 5 5x21 6") == [(4, "fired", 3), (51, "fired", 6)]


def test_what_is_true_on_the_first_session_of_the_history_has_not_fired_there() -> None:
    assert happened(parse("small above 200d > 60"), "86 84 59 61") == [(4, "fired", 61)]
    assert happened(parse("small above 200d > 60 for 2 days"), "_ 86 84 70 59 61 62") == [(7, "fired", 62)]
    assert happened(parse("small above 200d > 60"), "86 84 59 61", start=START + timedelta(days=1)) == [
        (4, "fired", 61),
    ]  # fmt: skip
    found = backtest(parse("small above 200d > 60"), {"breadth.above_200d.small": held("86 84")})
    assert (found.true, found.state.since, found.state.at_least) == (2, START, True)


def test_a_value_that_only_equals_the_highest_is_no_new_high() -> None:
    assert happened(parse("iwm/spy at a new high 3d"), "1 2 2 2 2 3") == [(6, "fired", 3)]
    assert happened(parse("iwm/spy at a new low 3d"), "3 2 2 1") == [(4, "fired", 1)]


def test_an_extreme_needs_its_window_but_for_a_hole_or_two() -> None:
    assert happened(parse("iwm/spy at a new high 4d"), "1 _ 2 _ 3 2 4") == [(7, "fired", 4)]
    assert happened(parse("iwm/spy at a new high 4d"), "1 _ 2 _ _ 3 4 3 6")[0] == (9, "fired", 6)


def test_a_state_that_changes_is_compared_with_the_last_one_known() -> None:
    assert happened(parse("regime changes"), "0 0 1 _ 1 _ 0 0 -1") == [
        (3, "fired", 1), (7, "fired", 0), (9, "fired", -1),
    ]  # fmt: skip


def test_conditions_joined_show_the_values_of_all() -> None:
    rule = parse("lead 21d > 0 and lead 63d < 5")
    found = backtest(rule, {"size.lead_21d": held("-1 1 1 _ 1"), "size.lead_63d": held("4 4 6 6 4")})
    assert [((one.session - START).days + 1, one.kind, one.values) for one in found.happened] == [
        (2, Kind.FIRED, (1, 4)), (3, Kind.RESOLVED, (1, 6)), (5, Kind.FIRED, (1, 4)),
    ]  # fmt: skip
    # On the fourth session one is missing and the other false: not true, and no hole.
    assert found.missing == 0


def test_a_metric_of_other_days_is_missing_on_those_it_lacks() -> None:
    rule = parse("lead 21d > 0 and import.mine > 1")
    weekly = [(START + timedelta(days=at), 2.0) for at in (0, 3)]
    found = backtest(rule, {"size.lead_21d": held("-1 1 1 1"), "import.mine": weekly})
    assert [(one.session - START).days for one in found.of(Kind.FIRED)] == [3]
    assert found.missing == 2


SESSIONS = [START + timedelta(days=at) for at in range(1500)]


def world(seed: int) -> tuple[list[float], list[float]]:
    """IWM and SPY as random walks that have a common part."""
    draw = np.random.default_rng(seed)
    market, own = draw.normal(0.0004, 0.01, 1500), draw.normal(0, 0.006, 1500)
    return list(100 * np.exp(np.cumsum(market + own))), list(100 * np.exp(np.cumsum(market)))


def test_base_rates_of_a_worked_case() -> None:
    iwm = [100.0 + at for at in range(60)]
    spy = [100.0] * 60
    fired = [SESSIONS[at] for at in (0, 5, 21, 30, 38)]
    rates = base_rates(fired, SESSIONS[:60], SESSIONS[:60], iwm, spy)
    after = rates.horizons[0]
    # 5 and 30 lie within 21 sessions of 0 and 21; 38 has 21 sessions ahead of it and lies 17 after 21.
    assert (rates.fired, after.firings.n, after.firings.lead, after.all_days.n) == (5, 2, None, 39)
    assert after.all_days.lead is not None and after.all_days.iwm == after.all_days.lead
    assert after.all_days.lead.worst == pytest.approx(100 * 21 / 138)
    assert after.all_days.lead.median == pytest.approx(100 * 21 / 119)
    assert after.all_days.lead.share_above_zero == 1.0
    assert [horizon.all_days.n for horizon in rates.horizons[1:]] == [0, 0, 0]


def test_without_closes_base_rates_say_why() -> None:
    nothing = base_rates([SESSIONS[0]], SESSIONS[:9], SESSIONS[:9], [float("nan")] * 9, [1.0] * 9)
    assert (nothing.horizons, nothing.missing) == ((), NO_CLOSES)
    elsewhere = base_rates([], [date(1990, 1, 2)], SESSIONS[:9], [1.0] * 9, [1.0] * 9)
    assert elsewhere.missing == NO_CLOSES


def test_random_dates_have_the_base_rate_of_all_days_and_dates_that_look_ahead_have_not() -> None:
    """Medians after 400 draws of random dates scatter around the baseline: within three standard errors on average.

    The dates are drawn apart, so that none falls away; the error is that of the draws' own scatter.
    """
    iwm, spy = world(7)
    draw = np.random.default_rng(11)
    ahead = HORIZONS[0]
    medians, shares = [], []
    for _ in range(400):
        start = draw.integers(0, ahead)
        days = [SESSIONS[at] for at in draw.choice(np.arange(start, 1479, ahead), size=30, replace=False)]
        found = base_rates(days, SESSIONS, SESSIONS, iwm, spy).horizons[0]
        assert found.firings.n == 30 and found.firings.lead is not None
        medians.append(found.firings.lead.median)
        shares.append(found.firings.lead.share_above_zero)
    everyday = found.all_days.lead
    assert everyday is not None
    for drawn, baseline in ((medians, everyday.median), (shares, everyday.share_above_zero)):
        error = np.std(drawn, ddof=1) / np.sqrt(len(drawn))
        assert abs(np.mean(drawn) - baseline) < 3 * error
    lead = (np.array(iwm[ahead:]) / iwm[:-ahead]) - (np.array(spy[ahead:]) / spy[:-ahead])
    best = [SESSIONS[at] for at in np.argsort(-lead)[:200]]
    cheat = base_rates(best, SESSIONS, SESSIONS, iwm, spy).horizons[0].firings.lead
    assert cheat is not None
    assert (cheat.median - everyday.median) > 3 * np.std(medians, ddof=1)
