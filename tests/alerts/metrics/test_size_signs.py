"""z-score, slope, drawdown and dual momentum of the funds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alerts.metrics import size
from alerts.metrics.funds import FUNDS

COUNT = 300
DAYS = pd.bdate_range("2024-01-02", periods=COUNT)


def fund(values: np.ndarray | list[float], name: str = "IWM") -> pd.Series:
    return pd.Series(np.asarray(values, dtype="float64"), DAYS[: len(values)], name=name)


def test_the_zscore_is_of_the_logarithm_over_252() -> None:
    ratio = np.exp(np.random.default_rng(1).normal(0, 0.01, COUNT).cumsum())
    told = size.zscore(fund(ratio), fund(np.ones(COUNT), "SPY"))
    last = np.log(ratio[-252:])
    assert told["value"].iloc[-1] == pytest.approx((last[-1] - last.mean()) / last.std(ddof=1))
    assert told["value"].notna().sum() == COUNT - 251


def test_a_ratio_that_does_not_move_has_no_zscore_and_a_flat_slope() -> None:
    small, large = fund([200.0] * COUNT), fund([100.0] * COUNT, "SPY")
    assert size.zscore(small, large)["reason"].iloc[-1] == "fewer than 252 sessions of IWM/SPY, or it did not move"
    assert size.log_slope(small, large)["value"].iloc[-1] == 0.0


def test_a_ratio_that_grows_by_a_thousandth_a_session_slopes_by_a_quarter_a_year() -> None:
    told = size.log_slope(fund(np.exp(0.001 * np.arange(COUNT))), fund(np.ones(COUNT), "SPY"))
    assert told["value"].iloc[-1] == pytest.approx(0.252)


def test_the_hole_of_one_session_costs_no_zscore_of_the_others() -> None:
    ratio = np.exp(np.random.default_rng(1).normal(0, 0.01, COUNT).cumsum())
    ratio[200] = np.nan
    told = size.zscore(fund(ratio), fund(np.ones(COUNT), "SPY"))["value"]
    assert np.isnan(told.iloc[200])
    assert told.iloc[260:].notna().all()


def dual(small: float, large: float, bill: float = 4.0) -> pd.Series:
    """A year in which the funds gain so many percent, after a bill of `bill` %."""
    lines = (np.append(np.full(252, 100.0), 100.0 + gain) for gain in (small, large))
    first, second = (fund(line, name) for line, name in zip(lines, ("IWM", "SPY"), strict=True))
    return size.dual_momentum(first, second, pd.Series(bill, first.index)).iloc[-1]


def test_dual_momentum_holds_the_winner_if_it_beat_a_bill() -> None:
    assert dual(20.0, 10.0)["value"] == 1.0
    assert dual(8.0, 10.0)["value"] == 0.0
    assert dual(3.0, 2.0)["value"] == -1.0
    assert dual(4.0, 4.0, 4.5)["value"] == -1.0
    assert dual(-5.0, -9.0, 0.0)["value"] == -1.0


def test_the_bill_is_that_of_a_year_ago_and_without_it_there_is_no_state() -> None:
    lines = (np.append(np.full(252, 100.0), 105.0), np.full(253, 100.0))
    small, large = (fund(line, name) for line, name in zip(lines, ("IWM", "SPY"), strict=True))
    bill = pd.Series(np.append(4.0, np.full(252, 9.0)), small.index)
    assert size.dual_momentum(small, large, bill)["value"].iloc[-1] == 1.0
    bill.iloc[0] = np.nan
    told = size.dual_momentum(small, large, bill).iloc[-1]
    assert told["reason"] == "no three-month Treasury yield known 252 sessions ago"


def test_each_ratio_and_lead_is_of_its_own_funds() -> None:
    flat = pd.DataFrame(100.0, DAYS, list(FUNDS))
    named = {"size.ratio.sp600": "IJR", "size.ratio.micro": "IWC", "size.ratio.abroad": "VSS", "size.ratio": "IWM"}
    for name, moved in named.items():
        closes = flat.copy()
        closes.loc[DAYS[-1], moved] = 110.0
        told = size.all_of(closes, pd.Series(4.0, DAYS))
        assert told[name]["value"].iloc[-1] == pytest.approx(110.0)
        others = [each for each in named if each != name]
        assert [told[each]["value"].iloc[-1] for each in others] == [100.0] * 3
    closes = flat.copy()
    closes.loc[DAYS[-1], "ACWX"] = np.nan
    told = size.all_of(closes, pd.Series(4.0, DAYS))
    assert told["size.lead_quarter.abroad"]["reason"].iloc[-1] == "coverage 50 % is under 100 %, no close of ACWX"
    assert told["size.lead_quarter.micro"]["value"].iloc[-1] == 0.0
