"""The content of a chart, independent of how it is drawn: plain, frozen, picklable, and without matplotlib.

    Chart ── 1 to 4 Panels, one under the other ┬── Lines    up to 8, a dated series each
                                                ├── Levels   thresholds, a dashed line each
                                                └── Markers  where a rule fired

    RotationGraph ── Trails, a fund each: where it stood in the rotation, week by week

Values are in the panel's unit as printed: 58.3 with unit "%" is 58.3 %. A value of None or NaN is a gap: it breaks
the line and is never bridged or drawn as zero.
"""

from __future__ import annotations

import hashlib
import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cached_property
from typing import Literal

#: Part of every key. Increase it when the drawing changes, so that no older picture is sent again.
DRAWING_VERSION = 2

MOST_PANELS, MOST_LINES = 4, 8

Role = Literal["main", "second", "reference"]


@dataclass(frozen=True)
class Line:
    """One series: `values[i]` belongs to `sessions[i]`; sessions ascend. Its label is at its right end."""

    label: str
    sessions: tuple[date, ...]
    values: tuple[float | None, ...]
    role: Role = "main"

    def __post_init__(self) -> None:
        if len(self.sessions) != len(self.values):
            raise ValueError(f"line {self.label!r}: {len(self.sessions)} sessions, but {len(self.values)} values")
        if any(later <= earlier for earlier, later in zip(self.sessions, self.sessions[1:], strict=False)):
            raise ValueError(f"line {self.label!r}: its sessions do not ascend")
        values = tuple(_number(value, f"line {self.label!r}") for value in self.values)
        object.__setattr__(self, "sessions", tuple(self.sessions))
        object.__setattr__(self, "values", values)


@dataclass(frozen=True)
class Level:
    """A horizontal threshold. The label is the reader's name for it: "60", "alert at 60%"; empty for none.

    `clear`: the level at which a rule clears, drawn thinner.
    """

    value: float
    label: str = ""
    clear: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _known(self.value, f"level {self.label!r}"))


@dataclass(frozen=True)
class Marker:
    """A firing: a ring at (session, value). Its label is omitted if it would cover another label."""

    session: date
    value: float
    label: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _known(self.value, f"marker {self.label!r}"))


@dataclass(frozen=True)
class Panel:
    """One pair of axes.

    `unit` follows each figure: "%", "×" and "pp" at every figure, a longer one ("USD bn") appears once, in the title.
    `shade_zero` fills between the main line and zero, for leads and discounts, and prints signs.
    `categories`: names of the values 0, 1, 2 … from below, each a band; the line steps between them.
    `minimum` and `maximum` are where the axis starts and ends, unless a value lies beyond: nothing is cut off.
    """

    title: str
    unit: str
    lines: tuple[Line, ...]
    levels: tuple[Level, ...] = ()
    markers: tuple[Marker, ...] = ()
    shade_zero: bool = False
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.lines) > MOST_LINES:
            raise ValueError(f"panel {self.title!r}: {len(self.lines)} lines; a panel holds at most {MOST_LINES}")
        object.__setattr__(self, "minimum", _number(self.minimum, f"panel {self.title!r}: its minimum"))
        object.__setattr__(self, "maximum", _number(self.maximum, f"panel {self.title!r}: its maximum"))


@dataclass(frozen=True)
class Chart:
    """One picture. The subtitle states session, coverage and source.

    `simulated` puts SIMULATED into the subtitle, where that does not say it already, and across each panel.
    """

    title: str
    subtitle: str
    panels: tuple[Panel, ...]
    simulated: bool = False
    dark: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.panels) <= MOST_PANELS:
            raise ValueError(f"chart {self.title!r}: {len(self.panels)} panels; a picture holds 1 to {MOST_PANELS}")

    @property
    def since(self) -> date | None:
        """The first session of the first panel; None of an empty one."""
        return min((line.sessions[0] for line in self.panels[0].lines if line.sessions), default=None)

    def key(self) -> str:
        """32 hexadecimal digits of this content and DRAWING_VERSION: equal in every process, for equal pictures."""
        return self._key

    @cached_property
    def _key(self) -> str:
        return _digest(self)


@dataclass(frozen=True)
class Trail:
    """Where a fund stood, week by week: (x, y) from the oldest to now, 0 being neutral. `main`: drawn above the others.

    x is its strength against the market, y the momentum of that.
    """

    label: str
    points: tuple[tuple[float, float], ...]
    main: bool = False

    def __post_init__(self) -> None:
        points = tuple((_known(x, f"trail {self.label!r}"), _known(y, f"trail {self.label!r}")) for x, y in self.points)
        if not points:
            raise ValueError(f"trail {self.label!r}: it has no point")
        object.__setattr__(self, "points", points)


@dataclass(frozen=True)
class RotationGraph:
    """A picture of four quadrants with a trail for each fund. The subtitle states session and source."""

    title: str
    subtitle: str
    trails: tuple[Trail, ...]
    simulated: bool = False
    dark: bool = False

    @property
    def since(self) -> None:
        """It has no first session to name."""
        return

    def key(self) -> str:
        """As that of a Chart."""
        return self._key

    @cached_property
    def _key(self) -> str:
        return _digest(self)


Picture = Chart | RotationGraph


def _digest(picture: Picture) -> str:
    content = hashlib.sha256(b"chart %d\n" % DRAWING_VERSION)
    for part in _content(picture):
        content.update(part)
    return content.hexdigest()[:32]


def _number(value: float | None, of: str) -> float | None:
    """A float, or None for a gap. Not-a-number becomes None so that equal pictures are equal."""
    if value is None or value != value:
        return None
    if not math.isfinite(value):
        raise ValueError(f"{of}: {value} cannot be drawn; a figure that is missing is None")
    return float(value)


def _known(value: float, of: str) -> float:
    number = _number(value, of)
    if number is None:
        raise ValueError(f"{of}: {value} cannot be drawn; it needs a figure")
    return number


def _content(thing: object) -> Iterator[bytes]:
    """The bytes that distinguish charts; each part has its length or end, so that parts cannot run together."""
    if isinstance(thing, Line):  # thousands of numbers: packed, for a key is asked for on the event loop
        yield repr((thing.label, thing.role, len(thing.values))).encode()
        yield array("q", (session.toordinal() for session in thing.sessions)).tobytes()
        yield array("d", (math.nan if value is None else value for value in thing.values)).tobytes()
    elif is_dataclass(thing):
        yield type(thing).__name__.encode()
        for field in fields(thing):
            yield from _content(getattr(thing, field.name))
    elif isinstance(thing, tuple):
        yield b"(%d" % len(thing)
        for part in thing:
            yield from _content(part)
    else:
        yield repr(thing).encode() + b"\n"
