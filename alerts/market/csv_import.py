"""A person's own series: a CSV file → observations by date, or every line that is wrong, by its number.

One way of writing dates and one of writing numbers is found for the whole file (csv_cells.py), and what is written
otherwise is named; where a file can be read in two ways (3/4/2025, 1,234) it is not guessed. What vendors put around a
table is passed over: lines before the heading, `sep=;`, comments. Reading ends at the twentieth wrong line.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from alerts.market.csv_cells import NO_VALUE, Ambiguous, reader_of_days, reader_of_numbers, way_of

if TYPE_CHECKING:
    import pandas as pd

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
MOST_BYTES = 5_000_000  # a hundred years of days in ten columns
MOST_LINES = 100_000
_DATE_HEADINGS = (
    "date", "day", "session", "observation_date", "observation date", "time", "timestamp", "datum", "time period",
    "period", "month", "quarter", "trade date", "trading day", "date/time", "datetime", "tag", "stichtag", "monat",
    "fecha",
)  # fmt: skip
_VALUE_HEADINGS = (
    "value", "close", "close/last", "adj close", "close price", "closing price", "last", "last price", "px_last",
    "price", "level", "settle", "wert", "schlusskurs", "schluss", "letzter", "kurs", "cierre",
)  # fmt: skip
_PREAMBLE = 60  # lines in which a heading is looked for
_SHOWN = 20  # wrong lines named


class NotReadable(ValueError):
    """The file is not a series; the message has one line for each problem."""


class Unclear(NotReadable):
    """The file can be read in two ways. asks: "dates" or "decimal"; example: a cell that leaves it open."""

    def __init__(self, text: str, asks: str, example: str) -> None:
        super().__init__(text)
        self.asks, self.example = asks, example


@dataclass(frozen=True)
class OwnSeries:
    """observations: float64 by date (midnight, ascending). gaps: lines with a date and no value."""

    observations: pd.Series
    gaps: int
    lag: int | None = None  # days after its date on which an observation is known, where somebody said


@dataclass(frozen=True)
class _Row:
    """A line with its date and value, or with what is wrong with it."""

    line: int
    day: str = ""
    value: str = ""
    wrong: str | None = None
    beside: tuple[str, ...] = ()  # the cells of its other columns


_Line = tuple[int, list[str]]  # its number and its cells


def text_of(content: bytes, most: int = MOST_BYTES) -> str:
    """What a file says, in whatever encoding spreadsheets write. Raises NotReadable: no text, or over `most` bytes."""
    if len(content) > most:
        raise NotReadable(f"larger than {most // 1_000_000} MB; keep the columns date and value alone")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise NotReadable("a workbook, no CSV file: save the sheet as CSV")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content:
        if content[1::2].count(0) > len(content) // 4:
            return content.decode("utf-16-le", errors="replace")
        raise NotReadable("no text; a CSV file has lines such as 2025-09-18,16.3")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def read(text: str, today: date, *, day_first: bool | None = None, decimal: str | None = None) -> OwnSeries:
    """Read a series from CSV text: one date and one value per line, with or without a heading, in any order.

    Between columns stands a comma, semicolon, tab or bar. `day_first` says how 3/4/2025 is meant and `decimal` ("." or
    ",") how 1,234 and 1.234 are, where the file itself leaves it open. Raises NotReadable with the lines that cannot be
    taken; nothing is taken then.
    """
    import pandas as pd

    rows, apart = _rows(text)
    if not rows:
        raise NotReadable("no line with a date and a value; a file has lines such as 2025-09-18,16.3")
    whole = [row for row in rows if row.wrong is None]
    try:
        to_day = reader_of_days([row.day for row in whole], day_first)
        german = apart in ";\t" or any(re.match(r"\d{1,2}\.\d{1,2}\.\d", row.day) for row in whole)
        to_number = reader_of_numbers(
            [row.value for row in whole], [cell for row in whole for cell in row.beside], decimal, german=german
        )
    except Ambiguous as error:
        raise Unclear(str(error), error.asks, error.example) from error
    found: dict[date, float] = {}
    wrong: list[str] = []
    gaps = 0
    for row in rows:
        day, number = to_day(row.day), to_number(row.value)
        what = row.wrong
        if what is not None:
            pass
        elif day is None:
            what = f"{row.day[:40]!r} is no date written as the others are"
        elif day > today:
            what = f"{day} lies in the future"
        elif row.value.casefold() in NO_VALUE:
            gaps += 1
        elif number is None or not math.isfinite(number):
            what = f"{row.value[:40]!r} is no number"
        elif found.setdefault(day, number) != number:
            what = f"{day} has another value already, {found[day]:g}"
        if what is not None:
            if len(wrong) == _SHOWN:
                wrong.append("and more; reading ended there")
                break
            wrong.append(f"line {row.line}: {what}")
    if wrong:
        raise NotReadable("\n".join(wrong))
    if not found:
        raise NotReadable("no line has a value")
    values = pd.Series(found, dtype="float64")
    values.index = pd.DatetimeIndex(pd.to_datetime(list(found)))
    return OwnSeries(values.sort_index(), gaps)


def _rows(text: str) -> tuple[list[_Row], str]:
    """The lines below the heading, and the sign between their columns."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    first, _, rest = plain.partition("\n")
    told = re.fullmatch(r'"?sep=(.)"?[,;\t]*', first.strip(" "), re.IGNORECASE)
    apart = told[1] if told else _separator(plain)
    lines, broken = _cells(rest if told else plain, apart, int(told is not None))
    start, columns, width = _table(lines)
    out = [_row(number, cells, columns, width, apart) for number, cells in lines[start:]]
    return [row for row in out if row is not None] + broken, apart


def _separator(text: str) -> str:
    lines = text.split("\n", 1000)[:1000]
    return max(";\t,|", key=lambda sign: (sum(sign in line for line in lines), ";\t,|".index(sign) < 2))


def _cells(text: str, apart: str, before: int) -> tuple[list[_Line], list[_Row]]:
    """The lines that hold anything, and the one at which the quotes end making sense; `before`: lines above."""
    reader = csv.reader(io.StringIO(text), delimiter=apart, skipinitialspace=True)
    lines: list[_Line] = []
    try:
        for cells in reader:
            stripped = [cell.replace("\u00a0", " ").strip() for cell in cells]
            if reader.line_num > MOST_LINES:
                raise NotReadable(f"more than {MOST_LINES:,} lines; a series has one a day at most")
            if any(stripped):
                lines.append((reader.line_num + before, stripped))
    except csv.Error as error:
        return lines, [_Row(reader.line_num + before, wrong=str(error))]
    return lines, []


def _table(lines: Sequence[_Line]) -> tuple[int, tuple[int, int], int]:
    """(The index of the first line below the heading, the columns of date and value, how many columns there are)."""
    for at, (number, cells) in enumerate(lines[:_PREAMBLE]):
        if any(way_of(cell) for cell in cells[:1]):
            break
        if len(cells) > 1 and any(_heading(cell) in _DATE_HEADINGS for cell in cells):
            return at + 1, _columns(number, cells), len(cells)
    lines_left = [(at, line) for at, line in enumerate(lines) if not _comment(line[1])]
    if not lines_left:
        return len(lines), (0, 1), 2
    at, (number, cells) = lines_left[0]
    if any(sign.isdigit() for sign in cells[0]) or cells[0].startswith("#"):
        if len(cells) > 2 and any(cells[2:]):
            raise NotReadable(f"line {number}: more than two columns and no heading: name the columns date and value")
        return at, (0, 1), 2
    return at + 1, _columns(number, cells), len(cells)


def _columns(line: int, cells: Sequence[str]) -> tuple[int, int]:
    """Which columns hold the date and the value, by their heading."""
    named = [_heading(cell) for cell in cells]
    day = next((named.index(name) for name in _DATE_HEADINGS if name in named), 0)
    value = next((named.index(name) for name in _VALUE_HEADINGS if name in named), None)
    if value is None:
        if sum(map(bool, cells)) != 2 or len(cells) < 2 or day > 1:
            raise NotReadable(f"line {line}: none of the columns {', '.join(cells)[:80]} is called value or close")
        value = 1 - day
    return day, value


def _heading(cell: str) -> str:
    """A column's name without case, currency in brackets, and asterisks."""
    return re.sub(r"\s*[(\[].*?[)\]]|[*²¹:]", "", cell.casefold()).strip()


def _comment(cells: Sequence[str]) -> bool:
    """A remark: alone in its line, or set off by a space. `########` beside a value is a date that did not fit."""
    return cells[0].startswith("#") and (not any(cells[1:]) or cells[0].startswith("# "))


def _row(number: int, cells: list[str], columns: tuple[int, int], width: int, apart: str) -> _Row | None:
    if _comment(cells):
        return None
    if len(cells) <= max(columns):
        shown = apart.join(cells)[:60]
        return _Row(number, wrong=f"{shown!r} is no date and value with “{apart}” between")
    if any(cells[width:]):
        shown = apart.join(cells)[:60]
        return _Row(number, wrong=f'{shown!r} has more cells than the heading; quote a decimal comma: "16,3"')
    beside = tuple(cell for at, cell in enumerate(cells) if cell and at not in columns)
    return _Row(number, cells[columns[0]], cells[columns[1]], beside=beside)
