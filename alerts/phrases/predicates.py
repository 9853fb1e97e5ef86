"""What a sentence says of its subject: a comparison, a change, a trend, a new high … in any of the usual words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from alerts.metrics.catalog import Metric
from alerts.rules.numbers import number_of

_COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "nine": 9, "ten": 10, "twelve": 12,
    "couple": 2, "few": 3,
}  # fmt: skip
_SESSIONS = {"day": 1, "session": 1, "week": 5, "month": 21, "quarter": 63, "year": 252}
_WINDOW = re.compile(
    r"\b(?:(?:in|over|within|during|for|across)\s+)?(?:(?:the|this|last|past|a|any)\s+)*"
    r"(?:(?P<n>\d+|one|two|three|four|five|six|nine|ten|twelve|couple|few)[\s-]*(?:of\s+)?)?"
    r"(?P<unit>day|session|week|month|quarter|year)s?\b|\b(?:in|over|within|during|for)\s+(?P<days>\d+)d\b"
)
_UP = r"up|rises?|rising|gains?|climbs?|jumps?|rallies|rally|adds|increases?|widens?|steepens?|advances|surges?|grows?"
_DOWN = (
    r"down|falls?|falling|drops?|loses?|declines?|slides?|sinks?|narrows?|decreases?|slips?|plunges?|shrinks?|tumbles?"
)
#: A number with its unit; `number_of` reads it. (Its own pattern has groups that cannot stand inside another's.)
NUMBER = r"[+-]?\d(?:[\d,.']*\d)?(?:\s*(?:%|×|σ|(?:percent|points?|pp|x)\b))?"
_CHANGE = re.compile(
    rf"(?:\bis |\bare |\bgoes |\bgo |\bmoves? )?\b(?P<way>{_UP}|{_DOWN})"
    rf"(?: by)?(?: more than| at least| over)? (?P<n>{NUMBER})"
)
_CROSS_UP = (
    r"(?:rises?|breaks?|gets?|goes|go|moves?|climbs?|jumps?|comes?|pushes|cross(?:es)?|closes|back)\s+"
    r"(?:back\s+)?(?:above|over|past|through|out above)|tops|surpass(?:es)?|passes|breaks?|overtakes?"
)
_CROSS_DOWN = (
    r"(?:falls?|breaks?|gets?|goes|go|moves?|drops?|dips?|sinks?|slips?|comes?|cross(?:es)?|closes|back|slides?)\s+"
    r"(?:back\s+)?(?:below|under|beneath|through)"
)
#: By what a comparison becomes.
_COMPARISONS = (
    ("crosses below", _CROSS_DOWN),
    ("crosses above", _CROSS_UP),
    (">=", r"at least|no less than|(?:rises?|climbs?|gets?|jumps?) to|or more|>=|≥"),
    ("<=", r"at most|no more than|(?:falls?|drops?|declines?|sinks?) to|<=|≤"),
    (">", r"(?:is |are |stays? )?(?:above|over|more than|greater than|higher than|bigger than|exceeds?|beyond|past)|>"),
    ("<", r"(?:is |are |stays? )?(?:below|under|less than|lower than|smaller than|fewer than|beneath)|<"),
    ("reaches", r"reach(?:es)?|hits?|touches|gets to|is at|equals|is|="),
)
_COMPARED = [
    (sign, re.compile(rf"(?:(?<=\s)|^)(?:{words})\s*(?P<n>{NUMBER}|zero\b)(?! ?d\b)")) for sign, words in _COMPARISONS
]
_AVERAGE = re.compile(
    rf"\b(?P<way>{_CROSS_UP}|{_CROSS_DOWN}|(?:is |are )?(?:above|over|below|under)|cross(?:es)?)\s+"
    r"(?:(?:its|their|the|own|a)\s+)*(?P<n>\d+)d(?:\s+average)?\b"
)
_EXTREME = re.compile(
    r"\b(?:at|hits?|makes?|making|reach(?:es)?|sets?|on|to|closes at)?\s*(?:an? )?"
    r"(?:(?:new|fresh|record|all[- ]time|multi[- ]year|yearly|annual|(?P<n>\d+|one|two|three|six|twelve)[- ]?"
    r"(?P<unit>day|week|month|year)s?|(?P<days>\d+)d)\s*)+(?P<side>high|low)s?\b"
)
_MOST = re.compile(
    r"\b(?:at )?(?:its |their |the )*(?P<side>highest|lowest)(?: level| value| point)?(?: (?:in|of|for|since)\b)?"
)
_CHANGED = re.compile(r"\b(?:changes?|changed|flips?|switches|shifts?|turns? over|is different)\b")
_TURNS = re.compile(
    r"\b(?:turns?|goes|becomes?|gets?|is|moves? to|enters?|moves? into|into|to|flips? to|switches to)\s+"
    r"(?:the )?(?P<label>[a-z]+)\b"
)
_SIGN = {"positive": "crosses above 0", "negative": "crosses below 0"}
_TREND = re.compile(
    rf"\b(?:is |are |keeps? |starts? |trending |trends? )*"
    rf"(?P<way>{_UP}|{_DOWN}|improves?|worsens?|weakens?|strengthens?)\b"
)
_DOWNWARD = re.compile(rf"(?:{_DOWN}|worsens?|weakens?)$")


@dataclass(frozen=True)
class Predicate:
    """What is said of `subject`. kind: change | compare | average | extreme | turns | changes | trend.

    sign: > < >= <= reaches, crosses above, crosses below, high, low, or a state's label; n: sessions, None for none.
    """

    kind: str
    subject: str
    sign: str = ""
    level: float = 0.0
    n: int | None = None
    percent: bool = False

    def lines(self, name: str, of: Metric, now: float | None) -> Iterator[str]:
        """Lines of the grammar for one metric, the best first. `now`: its latest value."""
        match self.kind:
            case "change":
                yield from self._change(name, of, now)
            case "compare":
                yield f"{name} {self._comparison(now)} {self.level:.12g}"
            case "average":
                yield f"{name} {self.sign} its {self.n}d average"
            case "extreme":
                yield f"{name} at a new {self.sign} {self.n or 252}d"
            case "turns":
                yield from self._turns(name, of)
            case "changes":
                yield f"{name} changes"
            case "trend":
                yield f"{name} {self.sign} {self.n or 21}d"

    def _comparison(self, now: float | None) -> str:
        if self.sign != "reaches":
            return self.sign
        return ">=" if now is None or now < self.level else "<="

    def _change(self, name: str, of: Metric, now: float | None) -> Iterator[str]:
        n = self.n or 21
        size, sign = abs(self.level), ">" if self.level > 0 else "<"
        if of.id == "size.ratio" and self.percent and n in (21, 63, 126, 252):
            yield f"lead {n}d {sign} {self.level:.12g}"  # percent of the ratio: what small caps gained more
        elif self.percent and of.unit not in ("%", "pp"):
            if now is not None:
                yield f"change {n}d of {name} {sign} {self.level / 100 * abs(now):.2g}"
        else:
            yield f"change {n}d of {name} {sign} {'-' if self.level < 0 else ''}{size:.12g}"

    def _turns(self, name: str, of: Metric) -> Iterator[str]:
        if self.sign in _SIGN:
            yield f"{name} {_SIGN[self.sign]}"
        values = [value for value, label in of.labels.items() if label.split()[0] == self.sign]
        for value in values:
            if value == max(of.labels):
                yield f"{name} >= {value}"
            elif value == min(of.labels):
                yield f"{name} <= {value}"
            else:
                yield f"{name} inside {value - 0.5:g}..{value + 0.5:g}"


def window(text: str) -> tuple[int | None, str]:
    """(sessions, the text without them) of “in a month”, “over 3 months”, “this quarter”; None where none stands."""
    found = _WINDOW.search(text)
    if found is None:
        return None, text
    rest = f"{text[: found.start()]} {text[found.end() :]}".strip()
    if found["days"]:
        return int(found["days"]), rest
    count = found["n"] or "1"
    times = int(count) if count.isdigit() else _COUNTS[count]
    return times * _SESSIONS[found["unit"]], rest


def predicate(text: str) -> Predicate | None:
    """What a canonical sentence says, and of what; None where it says nothing that can be watched."""
    for read in (_extreme, _average, _amount, _compare, _turns, _changes, _trend):
        if (made := read(text)) is not None:
            return made
    return None


def _around(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}".strip()


def _extreme(text: str) -> Predicate | None:
    if found := _EXTREME.search(text):
        n = None
        if found["n"]:
            count = int(found["n"]) if found["n"].isdigit() else _COUNTS[found["n"]]
            n = round(count * 252 / 52) if found["unit"] == "week" else count * _SESSIONS[found["unit"]]
        elif found["days"]:
            n = int(found["days"])
        rest = _around(text, found)
        if n is None:
            n, rest = window(rest)
        return Predicate("extreme", rest, found["side"], n=n)
    if found := _MOST.search(text):
        n, rest = window(_around(text, found))
        return Predicate("extreme", rest, "high" if found["side"] == "highest" else "low", n=n)
    return None


def _average(text: str) -> Predicate | None:
    found = _AVERAGE.search(text)
    if found is None or re.search(r"\b(?:over|under|above|below) \d+(?! ?d\b)", text):
        return None
    down = re.search(r"below|under|beneath", found["way"])
    either = re.fullmatch(r"cross(?:es)?", found["way"])
    return Predicate(
        "average", _around(text, found), "crosses below" if down else "crosses" if either else "crosses above",
        n=int(found["n"]),
    )  # fmt: skip


def _amount(text: str) -> Predicate | None:
    found = _CHANGE.search(text)
    if found is None or (size := number_of(found["n"].strip())) is None:
        return None
    n, rest = window(_around(text, found))
    down = re.fullmatch(_DOWN, found["way"]) is not None
    percent = bool(re.search(r"%|percent", found["n"]))
    return Predicate("change", rest, level=-abs(size) if down else abs(size), n=n, percent=percent)


def _compare(text: str) -> Predicate | None:
    for sign, pattern in _COMPARED:
        if found := pattern.search(text):
            level = 0.0 if found["n"] == "zero" else number_of(found["n"].strip())
            if level is not None:
                return Predicate("compare", _around(text, found), sign, level)
    return None


def _turns(text: str) -> Predicate | None:
    found = _TURNS.search(text)
    labels = (
        *_SIGN,
        "leading",
        "weakening",
        "improving",
        "lagging",
        "broadening",
        "narrow",
        "mixed",
        "small",
        "cash",
        "large",
    )
    if found is None or found["label"] not in labels:
        return None
    return Predicate("turns", _around(text, found), found["label"])


def _changes(text: str) -> Predicate | None:
    found = _CHANGED.search(text)
    return None if found is None else Predicate("changes", _around(text, found))


def _trend(text: str) -> Predicate | None:
    found = _TREND.search(text)
    if found is None:
        return None
    n, rest = window(_around(text, found))
    return Predicate("trend", rest, "falling" if _DOWNWARD.fullmatch(found["way"]) else "rising", n=n)
