"""What people's CSV files look like, read as they are meant, or refused with the line."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.market.csv_import import NotReadable, read

TODAY = date(2025, 9, 18)
TWO = {date(2025, 8, 13): 1234.5, date(2025, 8, 14): -0.25}


def held(text: str, **how: object) -> dict[date, float]:
    observations = read(text, TODAY, **how).observations  # type: ignore[arg-type]
    return {stamp.date(): value for stamp, value in observations.items()}


@pytest.mark.parametrize(
    "text",
    [
        "2025-08-13,1234.5\n2025-08-14,-0.25\n",
        "date,value\n2025-08-13,1234.5\n2025-08-14,-0.25",
        "\ufeffDate,Open,Close\r\n2025-08-13,1,1234.5\r\n2025-08-14,2,-0.25\r\n",
        "observation_date,SERIES\n2025-08-13,1234.5\n2025-08-14,-0.25\n",
        "13.08.2025;1.234,5\n14.08.2025;-0,25\n",
        "13.08.25\t1234,5\n14.08.25\t−0,25\n",
        '13/08/2025,"1,234.5"\n14/08/2025,-0.25\n',
        "08/13/2025,1234.5\n08/14/2025,(0.25)\n",
        '"Aug 13, 2025","$1,234.50"\n"Aug 14, 2025",-0.25\n',
        "13 August 2025;1 234,5\n14 August 2025;-0,25 %\n",
        "20250813,1234.5\n20250814,-.25\n",
        "2025-08-14T00:00:00Z,-2.5e-1\n2025-08-13 16:00,1.2345e3\n",
        "# my own\n\ndate;value\n2025-08-13;1234.5\n2025-08-14;-0.25\n",
        "value,date\n1234.5,2025-08-13\n-0.25,2025-08-14\n",
        "2025-08-13,1234.5\n2025-08-14,-0.25\n2025-08-13,1234.5\n",
        "metric,session,value,coverage\nimport.x,2025-08-13,1234.5,1\nimport.x,2025-08-14,-0.25,1\n",
    ],
)
def test_files_that_say_the_same(text: str) -> None:
    assert held(text) == pytest.approx(TWO)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2025-08-13,1\n2025-08-14,x\n13/8/2025,2\n", ["line 2: 'x' is no number", "line 3: '13/8/2025' is no date"]),
        ("2025-08-13,1\n2025-08-13,2\n", ["line 2: 2025-08-13 has another value already, 1"]),
        ("2025-08-13,1\n2026-08-13,2\n", ["line 2: 2026-08-13 lies in the future"]),
        ("2025-08-13,1\n2025-08-14\n", ["line 2: '2025-08-14' is no date and value"]),
        ("2025-08-13,1e999\n", ["line 1: '1e999' is no number"]),
        ("2025-08-13,1,2\n", ["more than two columns and no heading"]),
        ("date,open,high\n2025-08-13,1,2\n", ["none of the columns date, open, high is called value"]),
        ("", ["no line with a date and a value"]),
        ("2025-08-13,.\n", ["no line has a value"]),
    ],
)
def test_what_is_wrong_is_named_by_its_line(text: str, said: list[str]) -> None:
    with pytest.raises(NotReadable) as caught:
        read(text, TODAY)
    for words in said:
        assert words in str(caught.value)


def test_a_line_without_a_value_is_a_gap() -> None:
    found = read("date,value\n2025-08-13,1\n2025-08-14,.\n2025-08-15,\n2025-08-18,n/a\n2025-08-19,2\n", TODAY)
    assert (len(found.observations), found.gaps) == (2, 3)


def test_dates_that_can_be_read_in_two_ways_are_asked_for() -> None:
    text = "03/04/2025,1\n05/06/2025,2\n"
    with pytest.raises(NotReadable, match="--dates day-first or --dates month-first"):
        read(text, TODAY)
    assert list(held(text, day_first=True)) == [date(2025, 4, 3), date(2025, 6, 5)]
    assert list(held(text, day_first=False)) == [date(2025, 3, 4), date(2025, 5, 6)]


def test_numbers_that_can_be_read_in_two_ways_are_asked_for() -> None:
    text = "2025-08-13;1,234\n2025-08-14;2,345\n"
    with pytest.raises(NotReadable, match="--decimal comma or --decimal point"):
        read(text, TODAY)
    assert held(text, decimal=",")[date(2025, 8, 13)] == 1.234
    assert held(text, decimal=".")[date(2025, 8, 13)] == 1234


def test_a_thousand_wrong_lines_are_not_all_told() -> None:
    with pytest.raises(NotReadable) as caught:
        read("".join(f"2025-08-13,x{at}\n" for at in range(1000)), TODAY)
    assert str(caught.value).endswith("and 980 more lines")


DAYS = st.dates(date(1950, 1, 1), TODAY)
VALUES = st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 6))


@given(st.dictionaries(DAYS, VALUES, min_size=1, max_size=50), st.randoms())
def test_whatever_is_written_is_read_again(series: dict[date, float], random: object) -> None:
    lines = [f"{day},{value:.6f}" for day, value in series.items()]
    random.shuffle(lines)  # type: ignore[attr-defined]
    read_again = held("date,value\n" + "\n".join(lines))
    assert read_again == pytest.approx(series)
    assert list(read_again) == sorted(series)


@given(st.text(max_size=300))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with contextlib.suppress(NotReadable):
        assert read(text, TODAY).observations.index[-1].date() <= TODAY
