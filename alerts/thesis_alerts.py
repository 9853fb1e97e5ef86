"""Each claim of the thesis as a rule: true while the claim holds, so that a chat is told of both changes."""

from __future__ import annotations

from alerts.rules.condition import Operator
from alerts.rules.rule import Rule
from alerts.rules.series import Series, Transform
from alerts.thesis import CLAIMS, HIGH_SESSIONS, LOWEST_DECILE, QUARTER_SESSIONS, Claim

_THIRTEEN_WEEKS = 65  # sessions
_RULES: dict[str, Rule] = {
    **{
        name: Rule.on(Series(name), Operator.ABOVE, 0.0)
        for name in (
            "size.lead_quarter", "size.lead_quarter.micro", "size.lead_quarter.abroad", "breadth.equal_weight_trend",
            "sectors.cyclicals_lead_63d", "earnings.growth_gap",
        )
    },
    "breadth.equal_weight_drawdown": Rule.on(
        Series("breadth.equal_weight_drawdown"), Operator.AT_LEAST, 0.0, keep=HIGH_SESSIONS - 1
    ),
    "breadth.above_200d.all": Rule.on(Series("breadth.above_200d.all"), Operator.AT_LEAST, 60.0),
    "valuation.discount_profitable": Rule.on(Series("valuation.discount_profitable"), Operator.AT_MOST, -20.0),
    "valuation.ev_ebit_discount": Rule.on(
        Series("valuation.ev_ebit_discount", Transform.PERCENTILE), Operator.AT_MOST, LOWEST_DECILE
    ),
    # What the claim is judged by besides, the odds of a cut and of a hike, moves daily; a decision is what counts.
    "rates.fed_upper": Rule.on(Series("rates.fed_upper", Transform.CHANGED), Operator.HAPPENS, 1.0),
    "rates.balance_sheet_13w": Rule.on(
        Series("rates.balance_sheet_13w", Transform.CHANGE, _THIRTEEN_WEEKS), Operator.ABOVE, 0.0
    ),
    "concentration.top7": Rule.on(
        Series("concentration.top7", Transform.CHANGE, QUARTER_SESSIONS), Operator.BELOW, 0.0
    ),
}  # fmt: skip


def rule_of(claim: Claim) -> Rule:
    """The rule of a claim."""
    return _RULES[claim.metric]


def claim_numbered(number: int) -> Claim | None:
    """The claim of that number, 1 to 13; None where there is none."""
    return CLAIMS[number - 1] if 1 <= number <= len(CLAIMS) else None
