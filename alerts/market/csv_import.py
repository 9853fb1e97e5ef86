"""A user's own series: the text of a CSV file → observations by date, or a list of every wrong line with its number.

The reader finds one date format and one number format for the whole file and reports lines that differ. It never
guesses: a file that can be read in two ways (3/4/2025, 1,234) is refused.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_NONE = frozenset(("", ".", "-", "–", "na", "n/a", "nan", "null", "none", "#n/a"))
_ISO = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d")
_DAY_FIRST = ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%y", "%d/%m/%y", "%d-%m-%y")
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%m-%d-%y")
_WORDS = (
    "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y",
    "%A, %B %d, %Y", "%a %d %b %Y",
)  # fmt: skip
_CLOCK = re.compile(r"(?<=\d)[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?(Z| ?[+-]\d{2}:?\d{2})?$")
_DATE_HEADINGS = ("date", "day", "session", "observation_date", "time", "timestamp", "datum")
_VALUE_HEADINGS = ("value", "close", "adj close", "price", "level", "wert")
_SHOWN = 20  # wrong lines listed at most


class NotReadable(ValueError):
    """The file is not a series; the message has one line for each problem."""


@dataclass(frozen=True)
class OwnSeries:
    """observations: float64 by date (midnight, ascending). gaps: lines with a date and no value."""

    observations: pd.Series
    gaps: int


@dataclass(frozen=True)
class _Row:
    line: int
    day: str
    value: str


def read(text: str, today: date, *, day_first: bool | None = None, decimal: str | None = None) -> OwnSeries:
    """Read a series from CSV text: one date and one value per line, with or without a heading, in any order.

    Columns are separated by comma, semicolon or tab. `day_first` resolves dates such as 3/4/2025, and `decimal` ("." or
    ",") numbers such as 1,234, if the file itself is ambiguous. Raises NotReadable with every line that cannot be read;
    then nothing is returned.
    """
    rows, wrong = _rows(text)
    if not rows and not wrong:
        raise NotReadable("no line with a date and a value; a file has lines such as 2025-09-18,16.3")
    to_day = _reader_of_days([row.day for row in rows], day_first)
    to_number = _reader_of_numbers([row.value for row in rows], decimal)
    found: dict[date, float] = {}
    gaps = 0
    for row in rows:
        day, number = to_day(row.day), to_number(row.value)
        if day is None:
            wrong.append((row.line, f"{row.day[:40]!r} is no date written as the others are"))
        elif day > today:
            wrong.append((row.line, f"{day} lies in the future"))
        elif row.value.casefold() in _NONE:
            gaps += 1
        elif number is None or not math.isfinite(number):
            wrong.append((row.line, f"{row.value[:40]!r} is no number"))
        elif found.setdefault(day, number) != number:
            wrong.append((row.line, f"{day} has another value already, {found[day]:g}"))
    if wrong:
        raise NotReadable(_told(wrong))
    if not found:
        raise NotReadable("no line has a value")
    values = pd.Series(found, dtype="float64")
    values.index = pd.DatetimeIndex(pd.to_datetime(list(found)))
    return OwnSeries(values.sort_index(), gaps)


def _told(wrong: Iterable[tuple[int, str]]) -> str:
    lines = [f"line {line}: {what}" for line, what in sorted(wrong)]
    more = [f"and {len(lines) - _SHOWN} more lines"] if len(lines) > _SHOWN else []
    return "\n".join(lines[:_SHOWN] + more)


def _rows(text: str) -> tuple[list[_Row], list[tuple[int, str]]]:
    """The rows that have a date and a value column, and the wrong lines: (line number, problem)."""
    apart = max(";\t,", key=lambda sign: (sum(sign in line for line in text.splitlines()), ";\t,".index(sign) < 2))
    reader = csv.reader(io.StringIO(text), delimiter=apart, skipinitialspace=True)
    rows: list[_Row] = []
    wrong: list[tuple[int, str]] = []
    columns: tuple[int, int] | None = None
    try:
        for cells in reader:
            cells = [cell.replace("\u00a0", " ").strip() for cell in cells]
            if not any(cells) or cells[0].startswith("#"):
                continue
            if columns is None:
                columns, heading = _columns(cells)
                if heading:
                    continue
            if len(cells) <= max(columns):
                wrong.append(
                    (reader.line_num, f"{apart.join(cells)[:60]!r} is no date and value with “{apart}” between")
                )
                continue
            rows.append(_Row(reader.line_num, cells[columns[0]], cells[columns[1]]))
    except csv.Error as error:
        wrong.append((reader.line_num, str(error)))
    return rows, wrong


def _columns(cells: Sequence[str]) -> tuple[tuple[int, int], bool]:
    """The indexes of the date and value columns, and whether `cells` is a heading."""
    if any(sign.isdigit() for sign in cells[0]):
        if len(cells) > 2 and any(cells[2:]):
            raise NotReadable("line 1: more than two columns and no heading: name the columns date and value")
        return (0, 1), False
    lowered = [cell.casefold() for cell in cells]
    day = next((lowered.index(name) for name in _DATE_HEADINGS if name in lowered), 0)
    value = next((lowered.index(name) for name in _VALUE_HEADINGS if name in lowered), None)
    if value is None:
        if len(cells) != 2:
            raise NotReadable(f"line 1: none of the columns {', '.join(cells)[:80]} is called value")
        value = 1 - day
    return (day, value), True


# ---- dates ---------------------------------------------------------------------------------------------------------


def _reader_of_days(written: Sequence[str], day_first: bool | None) -> Callable[[str], date | None]:
    """A parser for the file's date format: the one that reads most of its lines."""
    plain = [_CLOCK.sub("", text) for text in written]
    ways = [*_ISO, *_WORDS]
    if day_first is not False:
        ways += _DAY_FIRST
    if day_first is not True:
        ways += _MONTH_FIRST
    counts = {way: sum(_day(text, way) is not None for text in plain) for way in ways}
    best = max(counts.values(), default=0)
    good = [way for way in ways if counts[way] == best and best]
    read = {tuple(_day(text, way) for text in plain): way for way in reversed(good)}
    if len(read) > 1:
        text = next(text for text in plain if len({_day(text, way) for way in good}) > 1)
        days = sorted({day for way in good if (day := _day(text, way)) is not None})
        readings = " or ".join(f"{day:%d %b %Y}" for day in days)
        raise NotReadable(
            f"dates such as {text} can be read in two ways ({readings}): say --dates day-first or --dates month-first"
        )
    way = next(iter(read.values()), _ISO[0])
    return lambda text: _day(_CLOCK.sub("", text), way)


def _day(text: str, way: str) -> date | None:
    try:
        day = datetime.strptime(text, way).date()  # noqa: DTZ007 – a date has no zone
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2200 else None


# ---- numbers -------------------------------------------------------------------------------------------------------

_POINT = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?([eE][+-]?\d{1,3})?|[+-]?\.\d+")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d*)?([eE][+-]?\d{1,3})?|[+-]?,\d+")
_DRESS = re.compile(r"[\s'’$€£%]|(?<=\d)x$|(?<=\d)×$")


def _bare(text: str) -> str:
    """The number without currency sign, percent sign and spaces, with an ASCII minus; brackets mean minus."""
    bare = _DRESS.sub("", text.replace("−", "-"))
    return f"-{bare[1:-1]}" if bare.startswith("(") and bare.endswith(")") else bare


def _reader_of_numbers(written: Sequence[str], decimal: str | None) -> Callable[[str], float | None]:
    """A parser for the file's number format: the one that reads most of its lines."""
    numbers = [bare for text in written if (bare := _bare(text)).casefold() not in _NONE]
    with_point, with_comma = (sum(bool(way.fullmatch(number)) for number in numbers) for way in (_POINT, _COMMA))
    if decimal is None and with_point == with_comma and (left := [number for number in numbers if "," in number]):
        raise NotReadable(f"numbers such as {left[0]} can be read in two ways: say --decimal comma or --decimal point")
    sign = decimal or ("," if with_comma > with_point else ".")
    way, thousands = (_COMMA, ".") if sign == "," else (_POINT, ",")

    def number_of(text: str) -> float | None:
        bare = _bare(text)
        if not way.fullmatch(bare):
            return None
        return float(bare.replace(thousands, "").replace(sign, "."))

    return number_of
