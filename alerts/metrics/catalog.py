"""Metric, and the list of all metrics.

Titles, formulas and names are in catalog.toml; each family's module (breadth.py, size.py, …) computes its metrics.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources
from typing import Any

from alerts.metrics.meaning import Meanings, in_segment, meanings_from
from alerts.metrics.symbols import LIST_ID, PAIR_ID, PRICE_ID, is_listed_abroad, named_pairs, without_owner

SEGMENT_WORDS = {"large": "large", "small": "small", "all": "all"}
UNIT_SUFFIX = {
    "": "", "%": " %", "×": "×", "pp": " pp", "index": "", "count": "", "state": "", "points": "", "fraction": "",
    "event": "", "companies": "", "σ": " σ", "log/yr": " log/yr", "USD": " USD",
}  # fmt: skip
_BY_SHARE_COUNTS = ("valuation", "concentration", "earnings")  # families that weigh companies by market value
_SIGNED = ("pp", "points", "σ", "log/yr")  # differences: always printed with a sign


class UnknownMetric(KeyError):
    """There is no metric with that id."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Metric:
    """One number the bot can show, chart and watch."""

    id: str
    title: str
    unit: str
    formula: str
    inputs: str
    minimum: int  # sessions of history that it needs
    floor: float  # minimum coverage, 0–1; below it there is no value
    direction: int  # +1: a higher value favours small caps, -1: a lower one, 0: neither
    low: float | None  # the possible range; None: no bound
    high: float | None
    decimals: int
    aliases: tuple[str, ...]
    labels: dict[int, str] = field(default_factory=dict)
    frequency: str = "daily"  # or "weekly", "monthly": how often it is observed
    source: str = "Yahoo Finance"
    caveat: str | None = None
    counts: str = ""  # what its coverage counts: companies, funds, signs; nothing for a series
    fred: tuple[str, ...] = ()  # FRED's ids of the series it is made of
    funds: tuple[str, ...] = ()  # the funds whose closes of the session it needs
    short: str = ""  # its name in a summary, where it has one
    counted_as: str = ""  # what a summary calls its coverage; nothing: it is not stated
    extremes: tuple[str, ...] = ()  # names that mean it only where a new high or low is asked for
    revised: bool = False  # whether its source revises past values
    beside: tuple[str, ...] = ()  # the metrics whose values always stand beside it
    says: str = ""  # what is always said beside it
    about: str = ""  # what it is, in one plain sentence
    matters: str = ""  # why an investor looks at it
    name: str = ""  # in a sentence, where the title is too long for one
    premium: str = ""  # its name while the value is above zero, where that is another
    meanings: Meanings = field(default_factory=Meanings)

    @property
    def hindsight(self) -> tuple[str, ...]:
        """What its history is computed from that nobody knew then, in a few words each."""
        words = ["surviving companies"] if self.counts == "companies" else []
        if self.family in _BY_SHARE_COUNTS:
            words.append("by today's share counts")
        return (*words, "as revised today") if self.revised else tuple(words)

    @property
    def family(self) -> str:
        return self.id.split(".")[0]

    @property
    def segmented(self) -> bool:
        """Whether the metric exists for each of several segments."""
        return self.segment in SEGMENT_WORDS

    @property
    def plain_title(self) -> str:
        """The title without its segment."""
        return self.title.removeprefix(f"{self.segment} ") if self.segmented else self.title

    def named(self, value: float | None = None) -> str:
        """Its name at the beginning of a sentence: "Small above 200d"; of a discount above zero the premium's."""
        if self.premium and value is not None and value > 0:
            return self.premium
        name = self.name or self.title
        if self.segment == "all":
            name = f"{self.plain_title} of all companies"
        return name[:1].upper() + name[1:]

    @property
    def segment(self) -> str | None:
        parts = self.id.split(".")
        return parts[2] if len(parts) > 2 else None

    def show(self, value: float) -> str:
        """`value` as text, with its unit: "58.1 %", "−29.7 %", "+3.1 pp", "broadening"; "–" if it is not a number."""
        if not math.isfinite(value):
            return "–"
        if self.labels and round(value) in self.labels:
            return self.labels[round(value)]
        if not self.unit:  # a user's own series: the number of decimals is unknown
            return minus(f"{value:,.10g}")
        return number(value, self.decimals, sign=self.unit in _SIGNED) + UNIT_SUFFIX[self.unit]

    def show_near(self, value: float, levels: Sequence[float]) -> str:
        """The same with as many decimals as it takes to read on its own side of each of `levels`: +3.02 above 3."""
        if not self.unit or not math.isfinite(value) or (self.labels and round(value) in self.labels):
            return self.show(value)
        decimals = decimals_beside(value, levels, self.decimals)
        return number(value, decimals, sign=self.unit in _SIGNED) + UNIT_SUFFIX[self.unit]

    def show_level(self, level: float) -> str:
        """A threshold with its unit, with the decimals it was typed with: "60 %", "−2.5 pp"."""
        if self.labels and level in self.labels:
            return self.labels[round(level)]
        return minus(f"{level + 0.0:,.12g}") + UNIT_SUFFIX[self.unit]

    def show_change(self, change: float) -> str:
        """A difference of two values, signed; percentages differ by percentage points: "+2.3 pp"."""
        if self.unit in ("state", "event") or not math.isfinite(change):
            return ""
        if not self.unit:
            return minus(f"{change:+,.6g}")
        suffix = " pp" if self.unit == "%" else UNIT_SUFFIX[self.unit]
        return number(change, self.decimals, sign=True) + suffix


def decimals_beside(value: float, levels: Sequence[float], least: int) -> int:
    """The decimals, at least `least`, with which `value` compares with each of `levels` as it does in full."""
    for decimals in range(least, least + 7):
        shown = round(value, decimals)
        if all((shown > level) == (value > level) and (shown < level) == (value < level) for level in levels):
            return decimals
    return least


def minus(text: str) -> str:
    """A number's text with a true minus sign for each hyphen."""
    return text.replace("-", "−")


def number(value: float, decimals: int, *, sign: bool = False) -> str:
    """A number with a typographic minus sign and thousands separators, never "−0.0"."""
    text = f"{value:+,.{decimals}f}" if sign else f"{value:,.{decimals}f}"
    if not text.strip("+-0.,"):
        text = text.lstrip("+-")
    return minus(text)


@dataclass(frozen=True)
class Family:
    """Metrics that are shown together."""

    id: str
    title: str  # in docs/metrics.md
    heading: str  # above its figures in a message
    counts: str  # what its metrics' coverage counts, unless one says another
    in_alerts: int  # its place in an alert's message
    key: tuple[str, ...] = ()  # the metrics whose figures its answer shows
    counted_as: str = ""  # what a summary calls its metrics' coverage, unless one says another
    suggested: str | None = None  # the metric whose threshold is proposed under it


_AS_THEY_ARE = ("frequency", "source", "caveat", "revised", "matters", "name", "premium", "says")


def _entries(entry: dict[str, Any]) -> Iterator[Metric]:
    for segment in entry.get("segments", [None]):
        plain = tuple(entry["aliases"])
        short = entry.get("short", "")
        funds = entry.get("funds", ())
        funds = tuple(funds.get(segment or "", ()) if isinstance(funds, dict) else funds)
        named = tuple(f"{SEGMENT_WORDS[segment]} {alias}" for alias in plain) if segment else plain
        yield Metric(
            id=f"{entry['id']}.{segment}" if segment else entry["id"],
            title=f"{SEGMENT_WORDS[segment]} {entry['title']}" if segment else entry["title"],
            unit=entry["unit"],
            formula=entry["formula"],
            inputs=entry["inputs"].format(funds=", ".join(funds)),
            funds=funds,
            beside=tuple(name.format(segment=segment) for name in entry.get("beside", ())),
            minimum=entry["minimum"],
            floor=entry["floor"],
            direction=entry["direction"],
            low=entry.get("low"),
            high=entry.get("high"),
            decimals=entry["decimals"],
            aliases=named + plain if segment is not None and segment == entry.get("bare") else named,
            labels={int(k): v for k, v in entry.get("labels", {}).items()},
            counts=entry.get("counts", families()[entry["id"].split(".")[0]].counts),
            fred=tuple(entry.get("fred", ())),
            about=in_segment(entry.get("about", ""), segment),
            meanings=meanings_from(entry, segment),
            counted_as=in_segment(entry.get("counted_as", families()[entry["id"].split(".")[0]].counted_as), segment),
            extremes=tuple(entry.get("extremes", ())),
            short=in_segment(short, segment),
            **{name: entry[name] for name in _AS_THEY_ARE if name in entry},
        )


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    return tomllib.loads(resources.files("alerts.metrics").joinpath("catalog.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def families() -> dict[str, Family]:
    """All families by id, in the order they are shown."""
    return {entry["id"]: Family(**entry | {"key": tuple(entry.get("key", ()))}) for entry in _document()["family"]}


def key_figures() -> tuple[str, ...]:
    """The ids of the metrics that a summary shows, in order."""
    return tuple(_document()["key_figures"])


def of_funds(absent: Iterable[str]) -> frozenset[str]:
    """The metrics that need a close of any of these funds."""
    without = set(absent)
    return frozenset(name for name, of in catalog().items() if without & set(of.funds))


def fred_series() -> tuple[str, ...]:
    """FRED's ids of every series that a metric is made of, each once."""
    return tuple(dict.fromkeys(identity for of in catalog().values() for identity in of.fred))


@lru_cache(maxsize=1)
def catalog() -> dict[str, Metric]:
    """All metrics by id, in display order."""
    return {metric.id: metric for entry in _document()["metric"] for metric in _entries(entry)}


#: Imported series (import.NAME, or import.NAME@OWNER) are metrics too, but are not in the catalogue.
IMPORTED = re.compile(r"import\.[a-z0-9][a-z0-9_-]{0,39}(?:@\d+)?")


def _imported(identity: str) -> Metric | None:
    """Any imported series, whether it is stored or not."""
    if IMPORTED.fullmatch(identity):
        typed = without_owner(identity)
        return Metric(
            id=identity, title=typed.removeprefix("import."), unit="",
            formula="as imported: the last value known on the day", inputs="an imported file",
            minimum=1, floor=1.0, direction=0, low=None, high=None, decimals=9,
            aliases=(typed,),
        )  # fmt: skip
    return None


def _pair(identity: str) -> Metric | None:
    """The ratio of any two symbols, whether they are known or not."""
    found = PAIR_ID.fullmatch(identity)
    if found is None:
        return None
    name, known = f"{found[1]}/{found[2]}", named_pairs().get(identity)
    return Metric(
        id=identity, title=f"{name}, {known.means}" if known else name, unit="index",
        formula=f"total-return closes of {found[1]} divided by {found[2]}, 100 on 2 January 2020 or on the first "
        "session of both, if that is later",
        inputs=f"{found[1]}, {found[2]} adjusted closes", minimum=1, floor=1.0, direction=0, low=0, high=None,
        decimals=2, aliases=(name.lower(), *(known.names if known else ())), counts="symbols",
        short=f"{name}, {known.means}" if known else "",
    )  # fmt: skip


def _price(identity: str) -> Metric | None:
    """The close of any symbol, whether it is known or not."""
    found = PRICE_ID.fullmatch(identity)
    if found is None:
        return None
    symbol = found[1]
    index = symbol.startswith("^")
    abroad = is_listed_abroad(symbol)
    return Metric(
        id=identity, title=f"{symbol.removeprefix('^')}, the {'index' if index else 'close'}",
        unit="index" if index or abroad else "USD",
        formula=f"{'close' if index else 'split-adjusted close'} of {symbol}"
        + ("" if index else ", dividends left out"),
        inputs=f"{symbol} closes", minimum=1, floor=1.0, direction=0, low=0, high=None, decimals=2,
        aliases=(_typed(symbol),), counts="symbols",
        caveat="it is in the money of its listing" if abroad else None,
    )  # fmt: skip


def _typed(symbol: str) -> str:
    """What to type for a symbol: itself in capitals, "$" before it where that could be read as something else."""
    plain = re.fullmatch(r"\^[A-Z]+|[A-Z]{2,5}(?:-[A-Z]{1,2})?", symbol)
    taken = any(symbol.lower() in of.aliases for of in catalog().values())
    return symbol if plain and not taken else f"${symbol}"


def _of_list(identity: str) -> Metric | None:
    """A figure of breadth over the companies of a list, whether the list is stored or not."""
    found = LIST_ID.fullmatch(identity)
    if found is None:
        return None
    of, name = catalog()[f"breadth.{found[1]}.all"], found[2]
    plain = (alias.removeprefix("all ") for alias in of.aliases if alias.startswith("all "))
    return replace(
        of, id=identity, title=f"{name}: {of.plain_title}", inputs=f"closes of the companies of {name}",
        aliases=tuple(f"{name} {alias}" for alias in plain), short="", about="",
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _asked_for(identity: str) -> Metric | None:
    """A metric that somebody asked for or brought: it is not in the catalogue."""
    return _imported(identity) or _pair(identity) or _price(identity) or _of_list(identity)


def metric(identity: str) -> Metric:
    """The metric with that id. Raises UnknownMetric, with the nearest ids."""
    found = catalog().get(identity) or _asked_for(identity)
    if found is None:
        import difflib

        near = difflib.get_close_matches(identity, catalog(), n=3, cutoff=0.4)
        hint = f"; did you mean {', '.join(near)}?" if near else "; `rotation-alerts figures --help` lists them"
        raise UnknownMetric(f"{identity}: no such metric{hint}")
    return found
