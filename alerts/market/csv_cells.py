"""Dates and numbers as people and vendors write them in CSV files: one way of writing a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache

#: Cells that say that there is no value.
NO_VALUE = frozenset((
    "", ".", "..", "-", "--", "---", "–", "—", "*", "na", "n/a", "n.a.", "n.a", "#n/a", "#n/a n/a", "#na", "<na>", "nd",
    "n.d.", "n/d", "nan", "null", "none", "nil", "missing", "no data", "not available", "k.a.", "n.v.",
))  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january januar jän jänner", "feb february februar", "mar march mär märz mrz", "apr april", "may mai",
         "jun june juni", "jul july juli", "aug august", "sep sept september", "oct october okt oktober",
         "nov november", "dec december dez dezember"), 1)
    for name in names.split()
}  # fmt: skip
_CLOCK = re.compile(r"(?<=\d)[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?(Z| ?[+-]\d{2}:?\d{2}| ?UTC| ?GMT)?$")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_TOGETHER = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_MONTH_ONLY = re.compile(r"(\d{4})[-/.M](\d{1,2})")
_QUARTER = re.compile(r"(?:(\d{4})[- ]?Q([1-4])|Q([1-4])[- /]?(\d{4}))", re.IGNORECASE)
_DAY_WORD = re.compile(r"(?:\w+,? )?(\d{1,2})(?:\.|st|nd|rd|th)?[- ]([^\W\d]+)\.?,?[- ](\d{4}|\d{2})")
_WORD_DAY = re.compile(r"(?:[^\W\d]+,? )?([^\W\d]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_WORD_YEAR = re.compile(r"([^\W\d]+)\.?[- ](\d{4})")


class Ambiguous(ValueError):
    """What is written can be read in two ways; the text says how to choose.

    asks: "dates" or "decimal". example: a cell that can be read in two ways.
    """

    def __init__(self, text: str, asks: str, example: str) -> None:
        super().__init__(text)
        self.asks, self.example = asks, example


class Way:
    """A cell's way of writing a date, as a key, and its three numbers in the order they are written."""

    __slots__ = ("key", "parts")

    def __init__(self, key: str, parts: tuple[int, int, int]) -> None:
        self.key, self.parts = key, parts


@lru_cache(maxsize=4096)
def way_of(cell: str) -> Way | None:
    """How a date is written; None where the cell holds none. The key "a/b/4" leaves open which number is the day."""
    if len(cell) > 40 or not any(sign.isdigit() for sign in cell):
        return None
    text = _CLOCK.sub("", cell) if ":" in cell else cell
    if found := _YEAR_FIRST.fullmatch(text):
        return Way(f"year{found[2]}", (int(found[1]), int(found[3]), int(found[4])))
    if found := _YEAR_LAST.fullmatch(text):
        return Way(f"a{found[2]}b{found[2]}{len(found[4])}", (int(found[1]), int(found[3]), _year(found[4])))
    if found := _TOGETHER.fullmatch(text):
        return Way(f"{len(text)} digits", (int(found[1]), int(found[2]), int(found[3] or 1)))
    if found := _MONTH_ONLY.fullmatch(text):
        return Way("month", (int(found[1]), int(found[2]), 1))
    if found := _QUARTER.fullmatch(text):
        return Way("quarter", (int(found[1] or found[4]), 3 * int(found[2] or found[3]) - 2, 1))
    return _in_words(text)


def _in_words(text: str) -> Way | None:
    for key, pattern, order in (
        ("day word", _DAY_WORD, (3, 2, 1)), ("word day", _WORD_DAY, (3, 1, 2)), ("word", _WORD_YEAR, (2, 1, 0)),
    ):  # fmt: skip
        if (found := pattern.fullmatch(text)) and (month := _MONTHS.get(found[order[1]].casefold())):
            return Way(f"{key}{len(found[order[0]])}", (_year(found[order[0]]), month, int(found[order[2] or 0])
                       if order[2] else 1))  # fmt: skip
    return None


def _year(digits: str) -> int:
    """Two digits are of 1969 to 2068."""
    number = int(digits)
    return number if len(digits) == 4 else number + (1900 if number > 68 else 2000)


def reader_of_days(written: Sequence[str], day_first: bool | None) -> Callable[[str], date | None]:
    """How the file writes dates: the way of most of its lines; where two ways are as frequent, neither is read.

    Raises Ambiguous where 3/4/2025 can be meant in two ways.
    """
    ways = [(text, way) for text in written if (way := way_of(text)) is not None]
    counted = Counter(way.key for _, way in ways).most_common(2)
    if not counted or (len(counted) == 2 and counted[0][1] == counted[1][1]):
        return lambda text: None
    key = counted[0][0]
    order = _order(key, [(text, way) for text, way in ways if way.key == key], day_first)

    def day_of(text: str) -> date | None:
        way = way_of(text)
        return None if way is None or way.key != key else _date(way, order)

    return day_of


def _order(key: str, ways: Sequence[tuple[str, Way]], day_first: bool | None) -> tuple[int, int, int]:
    """Where year, month and day stand among the three numbers."""
    if not key.startswith("a"):
        return (0, 1, 2)
    first, second = (2, 1, 0), (2, 0, 1)  # the day first, the month first
    if day_first is not None:
        return first if day_first else second
    if key.startswith("a."):
        return first
    counts = [sum(_date(way, order) is not None for _, way in ways) for order in (first, second)]
    if counts[0] != counts[1]:
        return first if counts[0] > counts[1] else second
    for text, way in ways:
        days = sorted({day for order in (first, second) if (day := _date(way, order)) is not None})
        if len(days) > 1:
            readings = " or ".join(f"{day:%d %b %Y}" for day in days)
            raise Ambiguous(
                f"dates such as {text} can be read in two ways ({readings}): say --dates day-first or --dates "
                "month-first",
                "dates",
                text,
            )
    return first


def _date(way: Way, order: tuple[int, int, int]) -> date | None:
    year, month, day = (way.parts[at] for at in order)
    try:
        return date(year, month, day) if 1700 <= year <= 2200 else None
    except ValueError:
        return None


# ---- numbers -------------------------------------------------------------------------------------------------------

_EXPONENT = r"([eE][+-]?\d{1,3})?"
#: 1234.5, 1,234.5 and India's 1,23,456.75. A group never follows a leading zero: 0,123 is no 123.
_POINT = re.compile(
    rf"[+-]?([1-9]\d{{0,2}}(,\d{{3}})+|[1-9]\d?(,\d{{2}})+,\d{{3}}|\d+)(\.\d*)?{_EXPONENT}|[+-]?\.\d+{_EXPONENT}"
)
_COMMA = re.compile(rf"[+-]?([1-9]\d{{0,2}}(\.\d{{3}})+|\d+)(,\d*)?{_EXPONENT}|[+-]?,\d+")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_DRESS = re.compile(r"[\s'’$€£¥%]|(?<=\d)x$|(?<=\d)×$")
_ASK = "say --decimal comma or --decimal point"


def _bare(text: str) -> str:
    """The number without currency, per cent, spaces and typographer's minus; brackets mean minus."""
    bare = _DRESS.sub("", text.replace("−", "-"))
    return f"-{bare[1:-1]}" if bare.startswith("(") and bare.endswith(")") else bare


def reader_of_numbers(
    written: Sequence[str], beside: Sequence[str], decimal: str | None, *, german: bool
) -> Callable[[str], float | None]:
    """How the file writes numbers: the way that reads most of its values, or else most of what stands `beside` them.

    german: its columns or dates are as where the comma is the decimal sign, so that 1.012 may be a thousand and twelve.
    Raises Ambiguous where the file leaves it open.
    """
    numbers = [bare for text in written if text.casefold() not in NO_VALUE and (bare := _bare(text))]
    with_point, with_comma = _fitting(numbers)
    if with_point == with_comma and beside:
        others_point, others_comma = _fitting([_bare(text) for text in beside])
        with_point, with_comma = with_point + others_point, with_comma + others_comma
    if decimal is None and with_point == with_comma:
        marked = [number for number in numbers if "," in number and min(_fitting([number]))]
        pointed = [number for number in numbers if "." in number]
        whole = any(number.lstrip("+-").isdigit() for number in numbers)
        if not marked and pointed and (german or whole) and all(map(_GROUPED.fullmatch, pointed)):
            marked = pointed
        if marked:
            raise Ambiguous(f"numbers such as {marked[0]} can be read in two ways: {_ASK}", "decimal", marked[0])
    sign = decimal or ("," if with_comma > with_point else ".")
    way, thousands = (_COMMA, ".") if sign == "," else (_POINT, ",")

    def number_of(text: str) -> float | None:
        bare = _bare(text)
        return float(bare.replace(thousands, "").replace(sign, ".")) if way.fullmatch(bare) else None

    return number_of


def _fitting(numbers: Sequence[str]) -> tuple[int, int]:
    """How many are numbers with a decimal point, and how many with a decimal comma."""
    return (
        sum(_POINT.fullmatch(number) is not None for number in numbers),
        sum(_COMMA.fullmatch(number) is not None for number in numbers),
    )
