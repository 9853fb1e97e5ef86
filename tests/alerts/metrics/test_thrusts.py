"""Zweig, Deemer and Whaley thrusts."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from support.member_frames import sessions_of

from alerts.market.sessions import sessions_between
from alerts.metrics.thrusts import deemer_thrust, first_days, whaley_thrust, zweig, zweig_signals, zweig_thrust


def told_of(advances: list[int], declines: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {"advances": advances, "declines": declines, "eligible": 2_000, "members": 2_000},
        index=sessions_of(len(advances)),
    )


def average_from(start: date, values: dict[str, float], end: date, otherwise: float = 0.5) -> pd.Series:
    days = pd.DatetimeIndex(pd.to_datetime(sessions_between(start, end)))
    out = pd.Series(otherwise, index=days)
    for day, value in values.items():
        out[day] = value
    return out


# ---- Zweig ---------------------------------------------------------------------------------------------------------

JUNE, JULY = date(2013, 6, 3), date(2013, 7, 31)


def test_the_window_of_june_2013_ended_before_the_average_rose() -> None:
    # StockCharts' account of the thrust that was none: below .400 for the last time on 24 June 2013, .620 on 11 July.
    # Ten sessions on from 24 June is 9 July (4 July is a holiday).
    told = zweig_signals(average_from(JUNE, {"2013-06-24": 0.399, "2013-07-11": 0.62}, JULY))
    assert told.sum() == 0


def test_on_the_last_day_of_the_window_it_is_one() -> None:
    told = zweig_signals(average_from(JUNE, {"2013-06-24": 0.399, "2013-07-09": 0.62}, JULY))
    assert told[told == 1].index.tolist() == [pd.Timestamp("2013-07-09")]
    late = zweig_signals(average_from(JUNE, {"2013-06-24": 0.399, "2013-07-10": 0.62}, JULY))
    assert late.sum() == 0


def test_a_later_day_below_opens_the_window_anew() -> None:
    told = zweig_signals(average_from(JUNE, {"2013-06-24": 0.39, "2013-07-02": 0.39, "2013-07-11": 0.62}, JULY))
    assert told["2013-07-11"] == 1


def test_exactly_the_bounds_are_neither_below_nor_above() -> None:
    # 800 of 2,000 is .40, 1,230 of 2,000 is .615
    at_the_low = zweig_signals(average_from(JUNE, {"2013-06-24": 800 / 2_000, "2013-07-01": 0.62}, JULY))
    at_the_high = zweig_signals(average_from(JUNE, {"2013-06-24": 0.39, "2013-07-01": 1_230 / 2_000}, JULY))
    assert at_the_low.sum() == at_the_high.sum() == 0


def test_it_signals_once_while_it_stays_above() -> None:
    values = {"2013-06-24": 0.39, "2013-07-01": 0.62, "2013-07-02": 0.63, "2013-07-03": 0.64}
    assert zweig_signals(average_from(JUNE, values, JULY)).sum() == 1


def test_the_average_is_a_fraction_of_those_that_moved() -> None:
    frame = told_of([800] * 35, [1_200] * 35)
    assert zweig(frame, "all")["value"].iloc[-1] == pytest.approx(0.40)
    assert zweig(frame, "all")["value"].notna().sum() == 6  # from the thirtieth day on


def test_a_thrust_from_counts() -> None:
    # Forty quiet days, twelve on which 1 of 5 rises, then days on which 19 of 20 do: from about .21 the ten-day average
    # (α = 2/11) goes .35, .46, .55, .62 – above .615 on the fourth day.
    up = [1_000] * 40 + [400] * 12 + [1_900] * 6
    frame = told_of(up, [2_000 - each for each in up])
    average = zweig(frame, "all")["value"]
    told = zweig_thrust(frame, "all")["value"]
    assert average.iloc[-7] < 0.40 < 0.615 < average.iloc[-3]
    assert told[told == 1].index.tolist() == [frame.index[-3]]


# ---- Deemer and Whaley ---------------------------------------------------------------------------------------------


def test_deemer_speaks_on_the_first_day_above_one_point_ninety_seven() -> None:
    # Ten days of 1,000 to 1,000, then of 1,970 to 1,000: a sum of 19,700 to 10,000 is 1.97 exactly, and not above it;
    # one day of 1,971 is.
    up = [1_000] * 12 + [1_970] * 10 + [1_971, 1_971]
    frame = told_of(up, [1_000] * len(up))
    told = deemer_thrust(frame, "all")["value"]
    assert told.dropna().sum() == 1
    assert told[told == 1].index.tolist() == [frame.index[22]]
    assert told.notna().tolist() == [False] * 9 + [True] * 15


def test_ten_days_without_a_decline_are_above_any_ratio() -> None:
    frame = told_of([900] * 12 + [1_000] * 12, [900] * 12 + [0] * 12)
    told = deemer_thrust(frame, "all")
    assert told["value"].sum() == 1
    assert np.isfinite(told["value"].dropna()).all()


def test_whaley_speaks_on_the_first_day_above_seventy_three_point_sixty_six() -> None:
    # 3,683 of 5,000 is .7366 exactly; 3,684 is above it.
    up = [500] * 6 + [700, 740, 740, 751, 752] + [753, 752]
    frame = told_of(up, [1_000 - each for each in up])
    told = whaley_thrust(frame, "all")["value"]
    assert sum(up[6:11]) == 3_683
    assert told[told == 1].index.tolist() == [frame.index[11]]


def test_a_thrust_that_was_on_when_history_begins_is_not_known_to_have_begun() -> None:
    frame = told_of([1_900] * 12, [100] * 12)
    assert whaley_thrust(frame, "all")["value"].sum() == 0
    assert deemer_thrust(frame, "all")["value"].sum() == 0


def test_a_missing_day_neither_begins_nor_ends_it() -> None:
    condition = pd.Series([0.0, 1.0, np.nan, 1.0, 0.0, np.nan, 1.0], sessions_of(7))
    told = first_days(condition)
    assert told[told == 1].index.tolist() == [condition.index[1], condition.index[6]]
    assert told.isna().sum() == 2
