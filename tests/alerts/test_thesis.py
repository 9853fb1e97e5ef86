"""The case for small caps, claim by claim."""

from __future__ import annotations

from datetime import date

import pytest

from alerts.market.sessions import previous_sessions
from alerts.metrics.figure import Figure
from alerts.thesis import CLAIMS, METRICS, Holding, Thesis, Verdict, judge

LAST = date(2025, 9, 18)
DAYS = [*previous_sessions(LAST, 299), LAST]


def history(name: str, values: dict[int, float | None] | float | None, count: int = 300) -> list[Figure]:
    """One value for all sessions, or by session number (from the last: −1) over it."""
    at = {number % 300: value for number, value in values.items()} if isinstance(values, dict) else {}
    plain = None if isinstance(values, dict) else values
    out = []
    for number, day in list(enumerate(DAYS))[-count:]:
        value = at.get(number, plain)
        out.append(Figure(day, name, value, 1.0, 1, 1, "made up", None if value is not None else "made missing"))
    return out


def told(
    name: str, values: dict[int, float | None] | float | None, **others: float | dict[int, float | None]
) -> Verdict:
    """The verdict of the claim that shows that metric."""
    held = {name: history(name, values)} | {
        other.replace("__", "."): history(other.replace("__", "."), value) for other, value in others.items()
    }
    thesis = judge(held)
    assert thesis is not None
    (verdict,) = (each for each in thesis.verdicts if each.claim.metric == name)
    return verdict


def filled(value: float, **at: float) -> dict[int, float | None]:
    """The same value on all sessions but those named: d1 is the last, d2 the one before."""
    return dict.fromkeys(range(300), value) | {-int(name[1:]) % 300: other for name, other in at.items()}


@pytest.mark.parametrize(
    ("name", "level", "at_the_level"),
    [
        ("size.lead_quarter", 0.0, Holding.NOT),
        ("size.lead_quarter.micro", 0.0, Holding.NOT),
        ("size.lead_quarter.abroad", 0.0, Holding.NOT),
        ("breadth.equal_weight_trend", 0.0, Holding.NOT),
        ("breadth.above_200d.all", 60.0, Holding.HOLDS),
        ("sectors.cyclicals_lead_63d", 0.0, Holding.NOT),
        ("earnings.growth_gap", 0.0, Holding.NOT),
    ],
)
def test_a_claim_of_a_level_holds_above_it(name: str, level: float, at_the_level: Holding) -> None:
    assert told(name, level + 0.5).judged.holding is Holding.HOLDS
    assert told(name, level - 0.5).judged.holding is Holding.NOT
    assert told(name, level).judged.holding is at_the_level


def test_small_caps_are_cheap_at_a_fifth_or_more_below() -> None:
    # July 2025, S&P 600 against S&P 500: −29.7 %
    assert told("valuation.discount_profitable", -29.7).judged.holding is Holding.HOLDS
    assert told("valuation.discount_profitable", -20.0).judged.holding is Holding.HOLDS
    assert told("valuation.discount_profitable", -19.9).judged.holding is Holding.NOT


def test_a_high_counts_for_ten_sessions() -> None:
    name = "breadth.equal_weight_drawdown"
    tenth, eleventh = filled(-2.0, d10=0.0), filled(-2.0, d11=0.0)
    assert told(name, tenth).judged.holding is Holding.HOLDS
    assert told(name, tenth).judged.change == "It stops after 1 session without a new high."
    assert told(name, eleventh).judged.holding is Holding.NOT
    # From 2 % below, 100/98 − 1 = 2.04 %
    assert "gained 2.0 %" in told(name, eleventh).judged.change


def test_ev_ebit_is_cheap_in_its_lowest_decile_and_not_told_before_252_sessions() -> None:
    name = "valuation.ev_ebit_discount"
    falling = {at: -float(at) for at in range(300)}
    assert told(name, falling).judged.holding is Holding.HOLDS
    assert told(name, filled(-20.0, d1=-10.0)).judged.holding is Holding.NOT
    short = judge({name: history(name, -20.0, 251)})
    assert short is not None
    (verdict,) = (each for each in short.verdicts if each.claim.metric == name)
    assert (verdict.judged.holding, verdict.judged.why) == (Holding.UNKNOWN, "252 sessions of it, 251 so far")


@pytest.mark.parametrize(
    ("upper", "cut_odds", "hike_odds", "holding", "said"),
    [
        (filled(4.5, d1=4.25), 0.0, 0.0, Holding.HOLDS, "six months ago 4.5 %"),
        (filled(4.5, d1=4.25), 0.0, 49.9, Holding.HOLDS, "or a hike has even odds"),
        (filled(4.5, d1=4.25), 0.0, 50.0, Holding.NOT, "The Fed is tightening: the futures put a hike"),
        (4.5, 50.0, 0.0, Holding.HOLDS, "even odds of a cut"),
        (4.5, 49.9, 0.0, Holding.NOT, "It holds once the range is lowered"),
        (4.5, 0.0, 57.6, Holding.NOT, "The Fed is tightening: the futures put a hike at the next meeting at 58 %"),
        (filled(3.75, d1=4.0), 0.0, 10.0, Holding.NOT, "The Fed is tightening. It holds once the range is lowered"),
        (filled(3.75, d1=4.0), 60.0, 0.0, Holding.HOLDS, "even odds of a cut"),
    ],
)
def test_the_fed_is_easing_after_a_cut_without_a_hike_ahead_or_with_even_odds_of_a_cut(
    upper: dict[int, float | None] | float, cut_odds: float, hike_odds: float, holding: Holding, said: str
) -> None:
    judged = told("rates.fed_upper", upper, rates__cut_odds=cut_odds, rates__hike_odds=hike_odds).judged
    assert judged.holding is holding
    assert said in judged.change


def test_the_fed_cannot_be_told_where_what_would_decide_is_missing() -> None:
    verdict = told("rates.fed_upper", 4.5)
    assert verdict.judged.holding is Holding.UNKNOWN
    assert verdict.judged.why == "odds of a cut at the next Fed meeting: no figure was recorded"
    after_a_cut = told("rates.fed_upper", filled(4.5, d1=4.25))  # a hike may be ahead
    assert after_a_cut.judged.why == "odds of a hike at the next Fed meeting: no figure was recorded"
    short = judge({"rates.fed_upper": history("rates.fed_upper", 4.5, 60)})
    assert short is not None
    (early,) = (each for each in short.verdicts if each.claim.metric == "rates.fed_upper")
    assert early.judged.why == "the upper bound of six months ago"


def test_runoff_slows_when_the_change_is_higher_than_thirteen_weeks_ago() -> None:
    rising = {at: -5.0 + at / 100 for at in range(300)}
    assert told("rates.balance_sheet_13w", rising).judged.holding is Holding.HOLDS
    assert told("rates.balance_sheet_13w", -2.0).judged.holding is Holding.NOT


def test_mega_caps_dominate_less_than_63_sessions_ago() -> None:
    name = "concentration.top7"
    assert told(name, filled(30.0, d1=29.9)).judged.holding is Holding.HOLDS
    assert told(name, filled(30.0, d64=30.1)).judged.holding is Holding.HOLDS
    assert told(name, filled(30.0, d63=30.1)).judged.holding is Holding.NOT
    short = judge({name: history(name, 30.0, 63)})
    assert short is not None
    (verdict,) = (each for each in short.verdicts if each.claim.metric == name)
    assert verdict.judged.why == "seven largest companies' share of 63 sessions ago"


def test_a_missing_figure_cannot_be_told_and_says_why() -> None:
    verdict = told("size.lead_quarter", filled(1.0) | {-1: None})
    assert verdict.judged.holding is Holding.UNKNOWN
    assert verdict.judged.why == "small caps' lead, quarter to date: made missing"
    assert verdict.shown == "–"


def test_since_is_the_first_session_of_the_run() -> None:
    verdict = told("size.lead_quarter", filled(1.0, d5=-1.0))
    assert (verdict.since, verdict.at_least) == (DAYS[-4], False)
    always = told("size.lead_quarter", 1.0)
    assert (always.since, always.at_least) == (DAYS[0], True)


def test_held_counts_claims_by_session() -> None:
    thesis = judge({name: history(name, 1.0 if name.startswith("size.") else None) for name in METRICS})
    assert isinstance(thesis, Thesis)
    assert (thesis.session, thesis.holding, thesis.told) == (LAST, 3, 3)
    assert thesis.held == tuple((day, 3, 3) for day in DAYS)
    assert len(thesis.verdicts) == len(CLAIMS) == 13


def test_every_claim_says_in_one_sentence_what_would_change_it() -> None:
    for value in (-30.0, 0.0, 30.0, None):
        thesis = judge({name: history(name, value) for name in METRICS})
        assert thesis is not None
        for verdict in thesis.verdicts:
            change = verdict.judged.change
            assert change.endswith(".") and len(change) < 200 and "nan" not in change, change
            assert (verdict.judged.why is not None) == (verdict.judged.holding is Holding.UNKNOWN)


def test_the_verdict_of_a_day_does_not_know_what_came_after() -> None:
    moving = {name: history(name, {at: float((at * 7919) % 83 - 41) for at in range(300)}) for name in METRICS}
    whole = judge(moving)
    until = judge({name: figures[:-20] for name, figures in moving.items()})
    assert whole is not None and until is not None
    assert until.held == whole.held[:-20]


def test_nothing_recorded_is_no_thesis() -> None:
    assert judge({}) is None
