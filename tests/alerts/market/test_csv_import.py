"""What people's CSV files look like, read as they are meant, or refused with the line."""

from __future__ import annotations

import contextlib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.market.csv_import import MOST_BYTES, MOST_LINES, NotReadable, read, text_of

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
    assert str(caught.value).endswith("line 20: 'x19' is no number\nand more; reading ended there")


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nDatum;Wert\n13.08.2025;1234,5\n14.08.2025;-0,25\n",
        "date,value\r2025-08-13,1234.5\r2025-08-14,-0.25\r",
        "2025-8-13,1234.5\n2025-8-14,-0.25\n",
        "Date,Close/Last,Volume,Open\n8/13/2025,$1234.50,7,$1\n8/14/2025,$-0.25,8,$2\n",
        "Datum;Erster;Hoch;Schlusskurs;Stuecke\n2025-08-13;1,1;1,1;1234,5;\n2025-08-14;1,1;1,1;-0,25;\n",
        '"Date ","PREV. CLOSE ","close "\n"13-Aug-2025","1,23,456.00","1,234.50"\n"14-Aug-2025","1","-0.25"\n',
        '"Series","made up"\n"Unit:","%"\n"Factor:","1"\n\n"Time Period","X"\n2025-08-13,1234.5\n2025-08-14,-.25\n',
        "# exported, by hand\nDate|Last (USD)*\n2025-08-13|1234.5\n# a remark\n2025-08-14|-0.25\n",
        "13. August 2025\t1234,5\n14. August 2025\t-0,25\n",
        "date,value,,\n2025-08-13,1234.5,,\n2025-08-14,-0.25,,\n",
    ],
)
def test_files_of_vendors_say_the_same(text: str) -> None:
    assert held(text) == pytest.approx(TWO)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,value\n2025-08-13,1,5\n2025-08-14,1,7\n", ["line 2: '2025-08-13,1,5' has more cells", "line 3:"]),
        ("date,value\n#####,1\n2025-08-13,2\n#REF!,3\n", ["line 2: '#####' is no date", "line 4: '#REF!' is no date"]),
        ("######,1\n2025-08-13,2\n", ["line 1: '######' is no date"]),
        ("date,value\n11/26/1998,1\n1/2/99,2\n", ["line 2: '11/26/1998' is no date", "line 3: '1/2/99' is no date"]),
        ("date,value\n202513,1\n202512,1\n", ["line 2: '202513' is no date", "line 3: 2025-12-01 lies in the future"]),
        ("date,value\n2025-08-13,1\n20250814,2\n2025-08-15,2\n", ["line 3: '20250814' is no date"]),
        ('date,value\n2025-08-13,"1\n2025-08-14,2\n', ["is no number"]),
    ],
)
def test_faults_of_every_kind_are_named_by_their_lines(text: str, said: list[str]) -> None:
    with pytest.raises(NotReadable) as caught:
        read(text, TODAY)
    for words in said:
        assert words in str(caught.value)


def test_months_quarters_and_centuries_are_dates() -> None:
    assert list(held("month,x\n202012,1\n202112,2\n")) == [date(2020, 12, 1), date(2021, 12, 1)]
    assert min(held("1871-01,1\n1899-12,2\n2025-08,3\n")) == date(1871, 1, 1)
    assert list(held("2024Q4,1\n2025Q1,2\n")) == [date(2024, 10, 1), date(2025, 1, 1)]
    assert list(held("Mar 2025,1\nMai 2025,2\n")) == [date(2025, 3, 1), date(2025, 5, 1)]


def test_groups_of_thousands_by_points_are_asked_for_and_decimals_are_not() -> None:
    counts = "Datum;Wert\n13.08.2025;876\n14.08.2025;2.345\n"
    with pytest.raises(NotReadable, match=r"such as 2\.345 can be read in two ways: say --decimal comma"):
        read(counts, TODAY)
    assert list(held(counts, decimal=",").values()) == [876, 2345]
    assert list(held(counts, decimal=".").values()) == [876, 2.345]
    assert list(held("date,x\n2025-08-13,110.242\n2025-08-14,110.485\n").values()) == [110.242, 110.485]
    assert list(held("date;x\n2025-08-13;0.242\n2025-08-14;0.485\n").values()) == [0.242, 0.485]


def test_the_other_columns_tell_what_a_comma_is() -> None:
    assert list(held("Datum;Hoch;Schlusskurs\n2025-08-13;13,2835;13,247\n").values()) == [13.247]


def test_indian_groups_are_thousands() -> None:
    assert list(held('2025-08-13,"12,34,567.5"\n2025-08-14,"98,456.75"\n').values()) == [1234567.5, 98456.75]


@pytest.mark.parametrize("gap", ["ND", "#N/A", ".", "n/a", "NaN", "null", "--", "#N/A N/A", "n.a.", "", "–"])
def test_gaps_are_written_in_many_ways(gap: str) -> None:
    found = read(f"date,value\n2025-08-13,1\n2025-08-14,{gap}\n2025-08-15,2\n", TODAY)
    assert (found.observations.tolist(), found.gaps) == ([1, 2], 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_every_encoding_of_spreadsheets_is_read(encoding: str) -> None:
    text = text_of("Datum;Wert (€)\n13.08.2025;1234,5\n14.08.2025;-0,25\n".encode(encoding))
    assert held(text) == pytest.approx(TWO)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\0" * (MOST_BYTES + 1), "larger than 5 MB"),
        (b"PK\x03\x04 and so on", "a workbook, no CSV file: save the sheet as CSV"),
        (b"\x01\x00\x02" + b"a" * 50, "no text"),
    ],
)
def test_what_is_no_text_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(NotReadable, match=said):
        text_of(content)


def test_a_file_of_endless_lines_is_refused_before_it_is_read() -> None:
    with pytest.raises(NotReadable, match=f"more than {MOST_LINES:,} lines"):
        read("2025-08-13,1\n" * (MOST_LINES + 5), TODAY)


# ---- files as people met them --------------------------------------------------------------------------------------


@pytest.mark.cases
@pytest.mark.parametrize(
    ("file", "how", "right"),
    [
        (
            "a01_de_counts",
            {"decimal": ","},
            {date(2026, 9, 14): 987, date(2026, 9, 15): 1012, date(2026, 9, 17): 12345},
        ),
        ("a02_shiller_month", {}, {date(1871, 1, 1): 11.1, date(2026, 9, 1): 38.9}),
        ("a04_yyyymm_december", {}, {date(2021, 12, 1): 1.1, date(2025, 12, 1): 5.5}),
        ("a05_nasdaq", {}, {date(2026, 9, 17): 193.63, date(2026, 9, 18): 191.38}),
        ("a10_h15", {}, {date(2026, 9, 4): 4.06, date(2026, 9, 8): 3.99}),
        ("a10b_h15", {}, {date(2026, 9, 4): 4.06, date(2026, 9, 8): 3.99}),
        ("a11_sep", {}, {date(2026, 9, 17): 16.3, date(2026, 9, 18): 16.9}),
        ("a22_nse", {}, {date(2026, 9, 17): 98456.75, date(2026, 9, 18): 123456.75}),
        ("a23_ariva", {}, {date(2026, 9, 16): 13.279, date(2026, 9, 17): 13.247}),
        ("c01_vix_1990", {}, {date(1990, 1, 2): 17.24, date(2026, 9, 18): 15.4}),
        ("c04_old", {}, {date(1947, 1, 1): 243.164, date(1998, 10, 1): 9293.991}),
        ("f01_fred_pce_monthly", {}, {date(2023, 1, 1): 110.0}),
    ],
)
def test_a_file_that_was_met_is_read_right(
    cases: Path, file: str, how: dict[str, object], right: dict[date, float]
) -> None:
    content = (cases / "import" / f"{file}.csv").read_bytes()
    observations = read(text_of(content), date(2026, 11, 20), **how).observations  # type: ignore[arg-type]
    found = {stamp.date(): value for stamp, value in observations.items()}
    assert {day: found.get(day) for day in right} == right


@pytest.mark.cases
@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("a01_de_counts", ["can be read in two ways", "--decimal"]),
        ("b01_unquoted_decimal_comma", ["line 2:", "line 3:"]),
        ("b05", ["line 2: '12/26/1998'", "line 3: '1/2/99'"]),
        ("a13_hash", ["line 3: '########'", "line 4: '#N/A'"]),
    ],
)
def test_a_file_that_was_met_is_refused_with_its_lines(cases: Path, file: str, said: list[str]) -> None:
    with pytest.raises(NotReadable) as caught:
        read(text_of((cases / "import" / f"{file}.csv").read_bytes()), date(2026, 11, 20))
    for words in said:
        assert words in str(caught.value)


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
