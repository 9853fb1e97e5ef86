"""Parts of companies in the change of a figure: who has one, why, and that they add up to the change exactly."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from support.member_frames import NONE, falling, members, rising

from alerts.metrics import breadth
from alerts.metrics.members import SEGMENT_CODES, MemberCloses
from alerts.metrics.movers import Cause, Part, Side, is_explained, parts, sides

NOBODY = pd.DataFrame()
NAME = "breadth.above_20d.large"


def moved(closes: MemberCloses, metric: str = NAME, row: int = -1) -> list[Part]:
    """Who moved a share from the row before to `row`."""
    rows = [len(closes.sessions) + row - 1, len(closes.sessions) + row]
    before, after = sides(metric, closes, NOBODY, rows)
    return parts(closes.symbols, before, after, share=True)


def test_one_that_crosses_counts_by_its_share_of_those_counted() -> None:
    down = [*rising(24), 1.0]
    found = moved(members({"A": rising(25), "B": down, "C": falling(25), "D": rising(25)}))
    assert found == [Part("B", Cause.OUT, Fraction(-100, 4))]


def test_one_that_joins_counts_by_how_far_it_is_from_the_share_before() -> None:
    # 1 of 2 before; with a third one above its average 2 of 3: +16.7 pp, which is 100/3 · (1 − 1/2).
    closes = {"A": rising(25), "B": falling(25), "C": rising(25)}
    segment = {"A": ["large"] * 25, "B": ["large"] * 25, "C": [*["small"] * 24, "large"]}
    assert moved(members(closes, segment)) == [Part("C", Cause.JOINED, Fraction(100, 6))]
    segment["C"] = [*["large"] * 24, None]
    assert moved(members(closes, segment)) == [Part("C", Cause.LEFT, Fraction(-100, 6))]


def test_one_that_becomes_old_enough_and_one_without_its_close_are_told_apart() -> None:
    closes = {"A": rising(25), "B": falling(25), "C": [*[NONE] * 5, *rising(20)]}
    grown = moved(members(closes, listed={"C": "2024-01-09"}))
    assert grown == [Part("C", Cause.OLD_ENOUGH, Fraction(100, 6))]
    lost = moved(members({"A": rising(25), "B": falling(25), "C": [*rising(24), NONE]}))
    assert lost == [Part("C", Cause.LACKS_CLOSES, Fraction(-100, 6))]
    back = moved(members({"A": rising(26), "B": falling(26), "C": [*rising(24), NONE, 40.0]}))
    assert back == [Part("C", Cause.CLOSES_AGAIN, Fraction(100, 6))]


def value(side: Side, *, share: bool) -> Fraction | None:
    """The figure as its companies give it; None for a share of nobody."""
    total, count = int(side.weight.sum()), int(side.eligible.sum())
    if not share:
        return Fraction(total)
    return Fraction(100 * total, count) if count else None


def test_a_new_high_is_a_company_more_and_a_low_one_less() -> None:
    n = 254
    closes = members({"A": [*[10.0] * (n - 1), 11.0], "B": falling(n), "C": [9.0, *[10.0] * (n - 2), 9.0]}, "small")
    before, after = sides("breadth.net_highs.small", closes, NOBODY, [n - 2, n - 1])
    found = {one.symbol: one.effect for one in parts(closes.symbols, before, after, share=False)}
    was, now = value(before, share=False), value(after, share=False)
    assert was is not None
    assert now is not None
    assert sum(found.values()) == now - was
    assert found["C"] < 0


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        ("breadth.above_200d.small", True), ("breadth.beating_index_63d.all", True), ("breadth.net_highs.large", True),
        ("breadth.ad_ratio.small", False), ("breadth.above_200d.mybanks@7", False), ("size.ratio", False),
    ],
)  # fmt: skip
def test_counts_of_members_are_told(metric: str, told: bool) -> None:
    assert is_explained(metric) == told
    if not told:
        with pytest.raises(ValueError, match=metric.split("@", maxsplit=1)[0]):
            sides(metric, members({"A": rising(3)}), NOBODY, [1])


#: 500 sessions of 60 companies that come, go, lack closes and change their segment at random.
SESSIONS, COMPANIES = 500, 60


@pytest.fixture(scope="module")
def random_market() -> tuple[MemberCloses, pd.DataFrame]:
    draw = np.random.default_rng(20)
    days = pd.bdate_range("2021-01-04", periods=SESSIONS + 260)
    shape = (len(days), COMPANIES)
    walk = np.exp(np.cumsum(draw.normal(0.0, 0.02, shape), axis=0) + 3.0)
    close = np.rint(walk * 1e6).astype(np.int64)
    close[draw.random(shape) < 0.002] = 0
    segment = np.where(np.arange(COMPANIES) % 2, SEGMENT_CODES["small"], SEGMENT_CODES["large"]).astype(np.int8)
    segment = np.repeat(segment[None, :], len(days), axis=0)
    listed = np.full(COMPANIES, np.datetime64("NaT"), dtype="datetime64[D]")
    for company in range(COMPANIES):
        at = int(draw.integers(100, len(days)))
        match company % 5:
            case 0:  # is listed meanwhile
                close[:at, company], listed[company] = 0, days[at].to_numpy().astype("datetime64[D]")
            case 1:  # leaves the market
                close[at:, company], segment[at:, company] = 0, 0
            case 2:  # changes its segment
                segment[at:, company] = SEGMENT_CODES["small"] + SEGMENT_CODES["large"] - segment[at, company]
            case 3:  # has no closes for four sessions
                close[at : at + 4, company] = 0
    funds = pd.DataFrame({fund: np.exp(np.cumsum(draw.normal(0.0, 0.01, len(days)))) for fund in ("SPY", "IWM", "VTI")})
    return MemberCloses(days, tuple(f"C{at:02}" for at in range(COMPANIES)), close, segment, listed), funds.set_index(
        days
    )


@pytest.mark.parametrize(
    "metric",
    ["breadth.above_200d.small", "breadth.above_20d.all", "breadth.beating_index_63d.large", "breadth.net_highs.all"],
)
def test_the_parts_add_up_to_the_change_exactly_on_500_sessions(
    random_market: tuple[MemberCloses, pd.DataFrame], metric: str
) -> None:
    closes, funds = random_market
    share = not metric.startswith("breadth.net_highs")
    rows = list(range(len(closes.sessions) - SESSIONS - 1, len(closes.sessions)))
    held = sides(metric, closes, funds, rows)
    computed = _frame(metric, closes, funds)["value"].to_numpy()[rows]
    assert np.isfinite(computed).sum() > 0.5 * SESSIONS
    causes: set[Cause] = set()
    distances = np.random.default_rng(7).integers(1, 40, SESSIONS)  # sessions apart, the day before most of all
    for at in range(1, SESSIONS + 1):
        for back in {1, min(at, int(distances[at - 1]))}:
            before, after = held[at - back], held[at]
            found = parts(closes.symbols, before, after, share=share)
            was, now = value(before, share=share), value(after, share=share)
            assert was is not None
            assert now is not None
            assert sum((one.effect for one in found), Fraction(0)) == now - was
            if np.isfinite(computed[at]):  # the figure itself, as it is recorded; under the coverage floor it has none
                assert float(now) == pytest.approx(computed[at], abs=1e-12)
            causes |= {one.cause for one in found}
    assert causes >= {Cause.IN, Cause.OUT, Cause.JOINED, Cause.LEFT, Cause.LACKS_CLOSES, Cause.CLOSES_AGAIN} - (
        {Cause.JOINED} if metric.endswith("all") else set()
    )


def _frame(metric: str, closes: MemberCloses, funds: pd.DataFrame) -> pd.DataFrame:
    _, kind, segment = metric.split(".")
    if kind == "net_highs":
        return breadth.net_highs(breadth.highs_and_lows(closes, segment), segment)
    if kind.startswith("beating"):
        return breadth.beating_index(closes, funds, 63)[metric]
    return breadth.above_average(closes, segment, int(kind.split("_")[1].removesuffix("d")))[0]
