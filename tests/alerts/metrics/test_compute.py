"""All metrics of a range of sessions at once, over a small market made up of arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from alerts.metrics.catalog import catalog, of_funds
from alerts.metrics.compute import NO_CENSUS, PROVISIONAL, SURVIVING, Inputs, by_former_members, compute
from alerts.metrics.figure import Figure
from alerts.metrics.funds import FUNDS, SECTOR_FUNDS
from alerts.metrics.members import MemberCloses, in_millionths
from alerts.metrics.releases import releases

SESSIONS = pd.bdate_range(end="2024-03-08", periods=320)
DAYS = [stamp.date() for stamp in SESSIONS]
SYMBOLS = tuple(f"C{at}" for at in range(12))
SEGMENT = np.array([1] * 4 + [2] * 4 + [3] * 4, dtype=np.int8)

ON_CENSUSES = ("valuation.", "earnings.", "concentration.")


def closes(count: int = len(SESSIONS)) -> MemberCloses:
    source = np.random.default_rng(11)
    frame = pd.DataFrame(np.exp(source.normal(0.006, 0.02, (len(SESSIONS), 12)).cumsum(axis=0) + 3)).tail(count)
    return MemberCloses(
        SESSIONS[-count:],
        SYMBOLS,
        in_millionths(frame),
        np.tile(SEGMENT, (count, 1)),
        np.full(12, np.datetime64("NaT")),
    )


def census() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "market_value": np.arange(12, 0, -1) * 1e9,
            "price": 50.0,
            "eps_forward": [2.5] * 4 + [2.0] * 4 + [4.0, 4.0, 4.0, -1.0],
            "eps_trailing": [2.0] * 4 + [2.0] * 4 + [2.0, 2.0, 2.0, 1.0],
            "ev_ebit": [20.0, 22.0, 24.0, 26.0] + [18.0] * 4 + [10.0, 12.0, 14.0, -3.0],
            "segment": ["large"] * 4 + ["mid"] * 4 + ["small"] * 4,
        },
        index=SYMBOLS,
    )


def economy() -> dict[str, pd.Series]:
    days = pd.date_range("2018-01-01", SESSIONS[-1])
    daily = {name: pd.Series(2.0, days) for name in releases() if name not in ("WALCL", "UNRATE", "PCEPILFE")}
    weekly = days[days.dayofweek == 2]
    monthly = days[days.day == 1]
    return daily | {
        "DFEDTARU": pd.Series(2.25, days),
        "FEDTARMD": pd.Series(1.5, pd.DatetimeIndex(["2023-01-01", "2024-01-01"])),
        "WALCL": pd.Series(np.linspace(4e6, 5e6, len(weekly)), weekly),
        "UNRATE": pd.Series(3.6, monthly),
        "PCEPILFE": pd.Series(np.linspace(100, 104, len(monthly)), monthly),
    }


def month_end() -> pd.DataFrame:
    frame = census()[["market_value", "segment"]]
    return frame.assign(forward_pe=[25.0] * 4 + [20.0] * 4 + [15.0] * 4, ranked=frame["market_value"])


def inputs() -> Inputs:
    source = np.random.default_rng(5)
    history = pd.bdate_range("2018-06-01", SESSIONS[-1])
    paths = np.exp(source.normal(0, 0.01, (len(history), len(FUNDS))).cumsum(axis=0) + 4)
    funds = pd.DataFrame(paths, index=history, columns=list(FUNDS))
    return Inputs(
        closes(),
        funds,
        funds * 0.9,
        {DAYS[-1]: census()},
        "made up",
        economy=economy(),
        seen={"FEDTARMD": pd.Series(SESSIONS[0], pd.DatetimeIndex(["2023-01-01", "2024-01-01"]))},
        contracts=pd.DataFrame(97.9, SESSIONS[-30:], months_of(SESSIONS[-1])),
        months={date(2023, 7, 31): month_end(), DAYS[-30]: month_end()},
    )


def months_of(day: pd.Timestamp) -> list[str]:
    return [f"{month:%Y-%m}" for month in pd.date_range(day.replace(day=1), periods=12, freq="MS")]


def by_metric(figures: list[Figure]) -> Iterator[tuple[str, Figure]]:
    return ((figure.metric, figure) for figure in figures)


def test_every_metric_of_the_catalogue_has_a_value() -> None:
    told = dict(by_metric(compute(inputs(), DAYS[-1:])))
    assert list(told) == list(catalog())
    assert {name: figure.reason for name, figure in told.items() if figure.value is None} == {}


def test_every_value_lies_in_the_possible_range_and_can_be_shown() -> None:
    for figure in compute(inputs(), DAYS[-30:]):
        of = catalog()[figure.metric]
        if figure.value is not None:
            assert (of.low is None or figure.value >= of.low) and (of.high is None or figure.value <= of.high), figure
            assert not {"nan", "inf"} & set(of.show(figure.value).split())


def test_a_range_is_the_same_as_its_sessions_one_by_one() -> None:
    held = inputs()
    together = compute(held, DAYS[-5:])
    apart = [figure for day in DAYS[-5:] for figure in compute(held, [day])]
    order = {name: at for at, name in enumerate(catalog())}
    assert together == sorted(apart, key=lambda figure: (order[figure.metric], figure.session))


def test_closes_after_the_session_change_nothing_about_it() -> None:
    held = inputs()
    until = slice(None, -4)
    shorter = replace(
        held,
        closes=MemberCloses(
            SESSIONS[until], SYMBOLS, held.closes.close[until], held.closes.segment[until], held.closes.listed
        ),
        raw=held.raw[until],
        adjusted=held.adjusted[until],
    )
    assert compute(shorter, DAYS[-5:-4]) == compute(held, DAYS[-5:-4])


def test_a_session_without_a_census_says_so_where_one_is_needed() -> None:
    told = [figure for figure in compute(inputs(), DAYS[-2:]) if figure.session == DAYS[-2]]
    lacking = {figure.metric for figure in told if figure.reason == NO_CENSUS}
    assert lacking == {name for name in catalog() if name.startswith(ON_CENSUSES)} - {"valuation.discount_monthly"}
    assert all(figure.value is not None for figure in told if figure.metric not in lacking)


def test_no_census_at_all_is_missing_and_no_error() -> None:
    told = dict(by_metric(compute(replace(inputs(), companies={}), DAYS[-1:])))
    assert told["valuation.discount"].reason == NO_CENSUS


def test_the_multiples_are_those_of_the_census() -> None:
    told = dict(by_metric(compute(inputs(), DAYS[-1:])))
    # large: 50/2.5 = 20; small: 4+3+2+1 = 10 over (9 × 4 − 1 × 1)/50 = 0.7 → 14.2857; profitable 50/4 = 12.5
    assert told["valuation.forward_pe.large"].value == pytest.approx(20.0)
    assert told["valuation.forward_pe.small"].value == pytest.approx(14.2857, abs=1e-4)
    assert told["valuation.discount"].value == pytest.approx(-28.5714, abs=1e-4)
    assert told["valuation.discount_profitable"].value == pytest.approx(-37.5)
    assert told["valuation.loss_share.small"].value == 25.0
    assert told["concentration.top7"].value == 100.0  # there are four


def test_census_averages_are_named_on_the_session_they_served() -> None:
    short = replace(inputs(), closes=closes(100), latest_average={200: np.full(12, 1.0)})
    told = {
        (figure.session, figure.metric): figure for figure in compute(short, DAYS[-2:])
    }  # 100 closes held: no 200-session window is filled, every 50-session one is
    name = "breadth.above_200d.small"
    assert told[DAYS[-1], name].provenance == "made up, census averages for 4"
    assert told[DAYS[-1], name].value == 100.0
    assert told[DAYS[-2], name].provenance == "made up"
    assert told[DAYS[-2], name].reason == "coverage 0 % is under 90 %"
    assert told[DAYS[-1], "breadth.above_50d.small"].provenance == "made up"


def test_what_is_known_of_the_members_stands_in_the_source_of_what_counts_them() -> None:
    held = replace(inputs(), provisional=frozenset(DAYS), first_census=DAYS[-1])
    told = {(figure.session, figure.metric): figure.provenance for figure in compute(held, DAYS[-2:])}
    assert told[DAYS[-2], "breadth.above_50d.all"] == f"made up, {PROVISIONAL}, {SURVIVING}"
    assert told[DAYS[-1], "breadth.above_50d.all"] == f"made up, {PROVISIONAL}"
    assert told[DAYS[-2], "regime.state"] == f"made up, {PROVISIONAL}, {SURVIVING}"
    assert told[DAYS[-2], "size.ratio"] == told[DAYS[-2], "breadth.sectors_above_200d"] == "made up"


def test_the_first_session_of_new_ranks_says_how_much_of_the_change_is_who_counts() -> None:
    whole = inputs()
    name = "breadth.ad_line.large"
    before = {figure.metric: figure for figure in compute(whole, DAYS[-1:])}
    former = np.zeros(len(whole.closes.symbols), dtype=np.int8)
    former[np.flatnonzero(whole.closes.segment[-1] == 1)[0]] = 1
    told = {figure.metric: figure for figure in compute(replace(whole, former={DAYS[-1]: former}), DAYS[-1:])}
    was = by_former_members(replace(whole, former={DAYS[-1]: former}), DAYS[-1])[name]
    assert told[name].value == before[name].value
    assert was != before[name].value
    assert told[name].notes[-1] == f"{told[name].value - was:+.0f} of the day's change is who counts"
    assert told[name].by_former_members == was
    assert before[name].by_former_members is None
    assert told["size.ratio"].notes == ()
    same = compute(replace(whole, former={DAYS[-1]: whole.closes.segment[-1]}), DAYS[-1:])
    assert {figure.metric: figure.notes for figure in same} == {name: one.notes for name, one in before.items()}


def test_a_session_outside_the_frames_is_missing_with_a_reason() -> None:
    outside = compute(inputs(), [date(2031, 1, 2)])
    assert {figure.value for figure in outside} == {None}
    assert all(figure.reason and figure.reason != "nan" for figure in outside)


def test_a_missing_fund_is_named() -> None:
    held = inputs()
    held.adjusted.loc[SESSIONS[-1], "IWM"] = np.nan
    told = dict(by_metric(compute(held, DAYS[-1:])))
    assert told["size.trend"].reason == "coverage 50 % is under 100 %, no close of IWM"
    assert (told["size.trend"].eligible, told["size.trend"].members) == (1, 2)
    assert told["regime.score"].reason == "trend cannot be told"
    assert told["breadth.equal_weight"].value is not None


def test_a_metric_names_the_funds_whose_close_it_needs() -> None:
    held = inputs()
    whole = {figure.metric: figure.value for figure in compute(held, DAYS[-1:])}
    for fund in FUNDS:
        raw, adjusted = held.raw.copy(), held.adjusted.copy()
        for frame in (raw, adjusted):
            frame.loc[SESSIONS[-1], fund] = np.nan
        without = {f.metric: f.value for f in compute(replace(held, raw=raw, adjusted=adjusted), DAYS[-1:])}
        moved = {name for name, value in without.items() if value != whole[name]}
        assert moved <= of_funds([fund]), fund
        if fund not in SECTOR_FUNDS:  # without one sector, a count of the others may be the same
            assert moved == of_funds([fund]), fund
