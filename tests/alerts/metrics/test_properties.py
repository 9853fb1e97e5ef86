"""What must not change a figure, and what a broken market may do to it: never a warning, never an infinity."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.metrics.compute import Inputs, compute, of_closes
from alerts.metrics.figure import Figure
from alerts.metrics.funds import FUNDS
from alerts.metrics.members import MemberCloses, in_millionths

SESSIONS = pd.bdate_range(end="2024-03-08", periods=300)
DAYS = [stamp.date() for stamp in SESSIONS]
COUNT = 30
OF_A_DAY = ("breadth.above", "breadth.ad_ratio", "breadth.net_highs", "breadth.beating")


def prices(seed: int, count: int = COUNT) -> np.ndarray:
    source = np.random.default_rng(seed)
    closes = np.exp(source.normal(0.0005, 0.02, (len(SESSIONS), count)).cumsum(axis=0) + 3).round(2)
    closes[source.random(closes.shape) < 0.002] = np.nan
    return closes


def members(closes: np.ndarray, listed: np.ndarray | None = None) -> MemberCloses:
    count = closes.shape[1]
    codes = np.resize(np.array([1, 2, 3, 3], dtype=np.int8), count)
    return MemberCloses(
        SESSIONS,
        tuple(f"C{at:02}" for at in range(count)),
        in_millionths(pd.DataFrame(closes)),
        np.tile(codes, (len(SESSIONS), 1)),
        np.full(count, np.datetime64("NaT", "D")) if listed is None else listed,
    )


def census(count: int = COUNT) -> pd.DataFrame:
    source = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "market_value": np.exp(source.normal(23, 1, count)),
            "price": source.uniform(5, 90, count),
            "eps_forward": source.normal(2, 2, count),
            "eps_trailing": source.normal(3, 2, count),
            "ev_ebit": source.normal(15, 10, count),
            "segment": np.resize(["large", "mid", "small", "small"], count),
        },
        index=[f"C{at:02}" for at in range(count)],
    )


def inputs(closes: MemberCloses, funds: pd.DataFrame | None = None, companies: pd.DataFrame | None = None) -> Inputs:
    source = np.random.default_rng(5)
    levels = np.exp(source.normal(0, 0.01, (len(SESSIONS), len(FUNDS))).cumsum(axis=0) + 4)
    held = pd.DataFrame(levels, SESSIONS, list(FUNDS)) if funds is None else funds
    return Inputs(closes, held, held, {DAYS[-1]: census() if companies is None else companies}, "made up")


def values(of: Inputs) -> dict[str, float | None]:
    return {figure.metric: figure.value for figure in compute(of, DAYS[-1:])}


def same(one: dict[str, float | None], other: dict[str, float | None]) -> bool:
    return all(
        (one[name] is None) == (other[name] is None)
        and (one[name] is None or other[name] == pytest.approx(one[name], rel=1e-9, abs=1e-9))
        for name in one
    )


# ---- what changes nothing ------------------------------------------------------------------------------------------


@given(st.integers(0, 1_000), st.permutations(range(COUNT)))
@settings(max_examples=5, deadline=None)
def test_the_order_of_members_changes_nothing(seed: int, order: list[int]) -> None:
    closes = members(prices(seed))
    shuffled = replace(
        closes,
        symbols=tuple(closes.symbols[at] for at in order),
        close=closes.close[:, order],
        segment=closes.segment[:, order],
        listed=closes.listed[order],
    )
    companies = census().iloc[order]
    assert same(values(inputs(closes)), values(inputs(shuffled, companies=companies)))


@given(st.integers(0, 1_000), st.integers(1, 15))
@settings(max_examples=5, deadline=None)
def test_a_stock_listed_too_lately_changes_no_breadth_that_needs_more(seed: int, age: int) -> None:
    closes = prices(seed)
    young = np.full((len(SESSIONS), 1), np.nan)
    young[-age:] = 50.0
    listed = np.full(COUNT + 1, np.datetime64("NaT", "D"))
    listed[-1] = SESSIONS[-age].to_datetime64().astype("datetime64[D]")
    before = of_closes(inputs(members(closes)))
    after = of_closes(inputs(members(np.hstack([closes, young]), listed)))
    for name, frame in before.items():
        if name.startswith(("breadth.above", "breadth.net", "breadth.high", "breadth.beating")):
            pd.testing.assert_frame_equal(frame, after[name])


@given(st.integers(0, 1_000))
@settings(max_examples=5, deadline=None)
def test_a_member_without_any_close_lowers_the_coverage_and_no_value(seed: int) -> None:
    closes = prices(seed)
    wider = np.hstack([closes, np.full((len(SESSIONS), 1), np.nan)])  # the thirty-first is large, mid or small
    before, after = of_closes(inputs(members(closes))), of_closes(inputs(members(wider)))
    for name, frame in before.items():
        if not name.startswith(OF_A_DAY):  # the others lack the days that fall under the floor
            continue
        found = after[name]
        both = frame["value"].notna() & found["value"].notna()
        pd.testing.assert_series_equal(frame["value"][both], found["value"][both])
        assert (found["coverage"].fillna(0) <= frame["coverage"].fillna(0) + 1e-12).all(), name


@given(st.integers(0, 1_000), st.sampled_from([2, 4, 10, 100]))
@settings(max_examples=5, deadline=None)
def test_the_scale_of_a_price_series_changes_nothing(seed: int, factor: int) -> None:
    closes = prices(seed)
    scaled = closes * np.where(np.arange(COUNT) % 3 == 0, factor, 1)
    assert same(values(inputs(members(closes))), values(inputs(members(scaled))))


# ---- what breaks ---------------------------------------------------------------------------------------------------


@cache
def broken() -> dict[str, Inputs]:
    closes = prices(1)
    tail = closes.copy()
    tail[-5:, ::3] = np.nan
    up, down = (np.full_like(closes, 10.0) * np.linspace(*ends, len(SESSIONS))[:, None] for ends in ((1, 2), (2, 1)))
    split = closes.copy()
    split[150:, 0] /= 10
    nothing = np.full_like(closes, np.nan)
    absent = pd.DataFrame(np.nan, SESSIONS, list(FUNDS))
    losses = census().assign(eps_forward=-1.0, eps_trailing=-1.0, ev_ebit=-3.0)
    zero = census().assign(eps_forward=0.0, eps_trailing=0.0, ev_ebit=0.0)
    lacking = census().assign(market_value=np.nan)
    priceless = census().assign(price=0.0)
    infinite = census().assign(market_value=np.inf, eps_forward=np.inf)
    return {
        "a tail of nothing": inputs(members(tail)),
        "one stock": inputs(members(closes[:, :1])),
        "no declines": inputs(members(up.round(6))),
        "no advances": inputs(members(down.round(6))),
        "constant prices": inputs(members(np.full_like(closes, 20.0)), pd.DataFrame(50.0, SESSIONS, list(FUNDS))),
        "a split nobody told of": inputs(members(split)),
        "no closes": inputs(members(nothing)),
        "no funds": inputs(members(closes), absent),
        "losses": inputs(members(closes), companies=losses),
        "earnings of nothing": inputs(members(closes), companies=zero),
        "no shares": inputs(members(closes), companies=lacking),
        "no prices": inputs(members(closes), companies=priceless),
        "infinities": inputs(members(closes), companies=infinite),
        "an empty census": inputs(members(closes), companies=census().iloc[:0]),
    }


@pytest.mark.parametrize("what", broken())
def test_a_broken_market_has_figures_or_reasons_and_no_warning(what: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told: list[Figure] = compute(broken()[what], DAYS[-40:])
    for figure in told:
        assert (figure.value is None) == bool(figure.reason), figure
        assert figure.value is None or np.isfinite(figure.value), figure


def told_of(what: str) -> dict[str, Figure]:
    return {figure.metric: figure for figure in compute(broken()[what], DAYS[-1:])}


def test_without_declines_advances_are_no_ratio_and_every_thrust_is_silent_after_its_first_day() -> None:
    told = told_of("no declines")
    assert told["breadth.ad_ratio.all"].reason == "no member declined"
    assert told["breadth.above_200d.all"].value == 100.0
    assert told["breadth.net_highs.all"].value == COUNT
    assert told["breadth.high_low_index.all"].value == 100.0
    assert told["breadth.zweig.all"].value == pytest.approx(1.0)
    assert told["breadth.deemer_thrust.all"].value == told["breadth.whaley_thrust.all"].value == 0.0


def test_without_advances_all_is_at_its_lowest() -> None:
    told = told_of("no advances")
    assert told["breadth.ad_ratio.all"].value == 0.0
    assert told["breadth.above_20d.all"].value == 0.0
    assert told["breadth.net_highs.all"].value == -COUNT


def test_constant_prices_stand_at_zero_or_cannot_be_told() -> None:
    told = told_of("constant prices")
    assert told["breadth.above_50d.all"].value == 0.0  # at its average is not above it
    assert told["breadth.ad_line.all"].value == 0.0
    assert told["breadth.zweig.all"].value is None and told["breadth.mcclellan.all"].value is None
    assert told["size.zscore"].value is None and told["sectors.quadrant.xlf"].value is None
    assert told["size.slope"].value == told["size.lead_252d"].value == 0.0


def test_losses_and_missing_shares_have_no_multiple_and_say_why() -> None:
    losses, lacking = told_of("losses"), told_of("no shares")
    assert losses["valuation.forward_pe.small"].reason == "not meaningful: expected earnings add up to a loss"
    assert losses["valuation.loss_share.small"].value == 100.0
    assert losses["earnings.growth_gap"].value is None
    assert losses["valuation.ev_ebit_discount"].value is None
    assert lacking["concentration.effective_n"].reason == "coverage 0 % is under 95 %"
    assert lacking["valuation.discount"].value is None


def test_one_stock_is_a_market() -> None:
    told = told_of("one stock")
    assert told["breadth.above_200d.large"].value in (0.0, 100.0)
    assert told["breadth.above_200d.small"].reason == "no members"
