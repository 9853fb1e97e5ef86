"""Computing the metrics of closes, beside a straightforward pandas version of the same formulas.

    python -m bench.metrics [--members 2500] [--sessions 1700] [--runs 5] [--json]

Both run in this process on the same made-up closes, taking turns. Results have to be equal to 1e-9. Where a close
equals its average exactly, a sum in floating point may put it on either side: as many members as tie on a day may
differ that day, and the days on which some do are counted.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from alerts.metrics.compute import SEGMENTS, Inputs, compute, of_closes
from alerts.metrics.funds import FUNDS
from alerts.metrics.members import SEGMENT_CODES, MemberCloses, in_millionths
from alerts.metrics.transforms import reach
from bench.table import Aim, Beside, arguments, line, show

WINDOW = 300


def main() -> None:
    """Run, and print the table."""
    given = arguments(__doc__)
    given.add_argument("--members", type=int, default=2_500)
    given.add_argument("--sessions", type=int, default=1_700)
    asked = given.parse_args()
    closes, funds = market(asked.members, asked.sessions)
    held = inputs(closes, funds)
    ours = of_closes(fresh(held))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    theirs = by_pandas(closes, funds)
    ties = compare(ours, theirs, held.closes)
    fast, plain = taking_turns(
        [lambda: of_closes(fresh(held)), lambda: by_pandas(closes, funds)], asked.runs
    )  # fmt: skip
    last = held.closes.sessions[-1].date()
    (day,) = taking_turns([lambda: compute(tail(held), [last])], asked.runs)
    size = f"{asked.members:,} members × {asked.sessions:,} sessions"
    beside = Beside(f"plain pandas, {len(theirs)} of them (equal; {ties} days apart by ties)", plain)
    show(
        [
            line(f"{len(ours)} metrics of closes, {size}", "s", fast, Aim(at_most=2), beside),
            line("… memory at its peak", "MB", [peak], Aim(at_most=600)),
            line(f"a session, all metrics, from {WINDOW + 1} sessions of closes", "s", day),
        ],
        as_json=asked.json,
    )


def market(members: int, sessions: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Closes of companies with holes and late listings, and of funds; dollars."""
    source = np.random.default_rng(2025)
    days = pd.bdate_range(end="2025-09-18", periods=sessions)
    prices = np.exp(source.normal(0.0002, 0.02, (sessions, members)).cumsum(axis=0) + 3.5).round(2)
    prices[source.random(prices.shape) < 0.001] = np.nan
    for company, first in zip(range(0, members, 20), source.integers(0, sessions, members), strict=False):
        prices[:first, company] = np.nan
    levels = np.exp(source.normal(0.0003, 0.01, (sessions, len(FUNDS))).cumsum(axis=0) + 4.5).round(2)
    return pd.DataFrame(prices, days), pd.DataFrame(levels, days, list(FUNDS))


def segments(members: int) -> np.ndarray:
    """A fifth large, a fifth mid, the rest small."""
    rank = np.arange(members) / members
    return np.where(
        rank < 0.2, SEGMENT_CODES["large"], np.where(rank < 0.4, SEGMENT_CODES["mid"], SEGMENT_CODES["small"])
    )


def inputs(closes: pd.DataFrame, funds: pd.DataFrame) -> Inputs:
    """What the metrics are computed from."""
    first = closes.notna().to_numpy().argmax(axis=0)
    days = closes.index.to_numpy().astype("datetime64[D]")
    listed = np.where(first > 2, days[first], np.datetime64("NaT", "D"))
    codes = np.tile(segments(closes.shape[1]).astype(np.int8), (len(closes), 1))
    members = MemberCloses(
        pd.DatetimeIndex(closes.index), tuple(map(str, closes)), in_millionths(closes), codes, listed
    )
    return Inputs(members, funds, funds, {}, "made up")


def fresh(held: Inputs) -> Inputs:
    """The same without anything that was worked out before."""
    return replace(held, closes=replace(held.closes))


def tail(held: Inputs) -> Inputs:
    """What a day's refresh has in hand."""
    closes, begin = held.closes, len(held.closes.sessions) - WINDOW - 1
    return replace(
        held,
        closes=replace(
            closes, sessions=closes.sessions[begin:], close=closes.close[begin:], segment=closes.segment[begin:]
        ),
    )


def by_pandas(closes: pd.DataFrame, funds: pd.DataFrame) -> dict[str, pd.Series]:
    """The values by id, as one would write them down from the formulas."""
    out: dict[str, pd.Series] = {}
    code = segments(closes.shape[1])
    before = closes.shift()
    up, down, both = closes > before, closes < before, closes.notna() & before.notna()
    valid = closes.notna()
    age = valid.cummax().cumsum()
    first = closes.notna().to_numpy().argmax(axis=0)
    age.iloc[:, first <= 2] = 10**6
    whole = {n: valid & (valid.rolling(reach(n), min_periods=1).sum() >= n) for n in (20, 50, 200, 252)}
    averages = {n: mean_of_last_valid(closes, n).where(whole[n]) for n in (20, 50, 200)}
    high, low = closes >= closes.rolling(252, min_periods=1).max(), closes <= closes.rolling(252, min_periods=1).min()
    for segment in SEGMENTS:
        belongs = np.ones(len(code), bool) if segment == "all" else code == SEGMENT_CODES[segment]

        def count(mask: pd.DataFrame, belongs: np.ndarray = belongs) -> pd.Series:
            return mask.loc[:, belongs].sum(axis=1).astype("float64")

        for n, average in averages.items():
            grown, eligible = count(age >= n), count(whole[n] & (age >= n))
            share = 100 * count((closes > average) & (age >= n)) / eligible.where(eligible > 0)
            out[f"breadth.above_{n}d.{segment}"] = share.where(eligible >= 0.9 * grown)
        grown, eligible = count(age >= 252), count(whole[252] & (age >= 252))
        highs, lows = (count(mask & whole[252] & (age >= 252)) for mask in (high, low))
        enough = (eligible >= 0.9 * grown) & (grown > 0)
        out[f"breadth.net_highs.{segment}"] = (highs - lows).where(enough)
        advances, declines = count(up & (age >= 2)), count(down & (age >= 2))
        enough = count(both & (age >= 2)) >= 0.9 * count(age >= 2)
        advances, declines = advances.where(enough).iloc[1:], declines.where(enough).iloc[1:]
        out[f"breadth.ad_ratio.{segment}"] = advances / declines.where(declines > 0)
        out[f"breadth.ad_line.{segment}"] = (advances - declines).cumsum()
        net = 1000 * (advances - declines) / (advances + declines)
        oscillator = seeded(net, 19) - seeded(net, 39)
        oscillator = oscillator.where(net.notna().cumsum() >= 100)
        out[f"breadth.mcclellan.{segment}"] = oscillator
        out[f"breadth.summation.{segment}"] = oscillator.cumsum()
        out[f"breadth.zweig.{segment}"] = seeded(advances / (advances + declines), 10).where(net.notna().cumsum() >= 30)
        fund = {"large": "SPY", "small": "IWM", "all": "VTI"}[segment]
        for n in (63, 252):
            gained = closes / closes.shift(n)
            beats = gained.gt(funds[fund] / funds[fund].shift(n), axis=0)
            grown, eligible = count(age > n), count(gained.notna() & (age > n))
            share = 100 * count(beats & (age > n)) / eligible.where(eligible > 0)
            out[f"breadth.beating_index_{n}d.{segment}"] = share.where(eligible >= 0.9 * grown)
    return out


def mean_of_last_valid(closes: pd.DataFrame, n: int) -> pd.DataFrame:
    """The mean of each company's last n closes, over the holes between them."""
    return closes.apply(lambda line: line.dropna().rolling(n).mean()).reindex(closes.index)


def seeded(values: pd.Series, n: int) -> pd.Series:
    """Exponential average that begins with the mean of the first n."""
    present = values.dropna()
    begun = present.copy()
    begun.iloc[: n - 1] = np.nan
    begun.iloc[n - 1] = present.iloc[:n].mean()
    return begun.ewm(span=n, adjust=False).mean().reindex(values.index)


def compare(ours: dict[str, pd.DataFrame], theirs: dict[str, pd.Series], closes: MemberCloses) -> int:
    """Assert that both say the same; on how many days a share differs by members whose close ties with its average."""
    ties = 0
    for name, plain in theirs.items():
        value, members = (ours[name][column].reindex(plain.index) for column in ("value", "eligible"))
        gone = value.isna() != plain.isna()
        assert not gone.any(), f"{name}: missing on {gone.sum()} sessions in one alone, {gone.idxmax()} the first"
        apart = (value - plain).abs() > 1e-9 * plain.abs().clip(lower=1.0)
        if name.startswith("breadth.above_"):
            n = int(name.split("_")[1].split("d")[0])
            sums = closes.last_sums(n)
            tied = pd.Series(((closes.close * n == sums) & (sums > 0)).sum(axis=1), closes.sessions).reindex(
                plain.index
            )
            ties += int(apart.sum())
            apart &= (value - plain).abs() > (tied + 1e-6) * 100 / members
        assert not apart.any(), f"{name}: {value[apart].iloc[0]} and {plain[apart].iloc[0]} on {apart.idxmax()}"
    return ties


def taking_turns(work: list[Callable[[], object]], runs: int) -> list[list[float]]:
    """The seconds of each, run by run."""
    times: list[list[float]] = [[] for _ in work]
    for _ in range(runs):
        for at, each in enumerate(work):
            begin = time.perf_counter()
            each()
            times[at].append(time.perf_counter() - begin)
    return times


if __name__ == "__main__":
    main()
