"""The layout of a chart in pixels, computed before anything is drawn.

    ┌──────────────────────────────────────┐
    │ title (1–4 rows)                     │
    │ subtitle (1–4 rows)                  │
    │ panel title                          │
    │ (names, if end labels do not fit)    │
    │ tick ┌────────────────────┐ name     │  ╮ once for each panel;
    │      │       box          │ 58.3%    │  │ the boxes are exactly below
    │ tick └────────────────────┘          │  │ each other
    │       dates                          │  ╯
    └──────────────────────────────────────┘

Telegram scales a photo to the chat's width, about 360 pixels on a phone: to a third. So no text is smaller than 26
pixels, and four panels are about 1,350 high; a higher picture would be scaled by its height instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.charts.fonts import legible, width, wrapped
from bot.charts.labels import Box
from bot.charts.scale import SHORT_UNITS, Scale, category_scale, day, figure, value_scale
from bot.charts.spec import Chart, Line, Panel

WIDTH = 1080
EDGE = 36
_ROOM = WIDTH - 2 * EDGE
TITLE, SUBTITLE, PANEL_TITLE, NAME, FIGURE, TICK = 44.0, 28.0, 31.0, 26.0, 31.0, 26.0
LEADING = 1.22
NO_FIGURES = "no figures yet"
SIMULATED = "SIMULATED"

_NAME_ROOM = 216.0
LABEL_GAP = 28.0  # between the box and an end label
#: How far end labels may extend out of the box: into the space below the panel's title, and beside the dates.
OUT_ABOVE, OUT_BELOW = 14.0, 44.0
TITLE_GAP = 24.0  # leaves room for the upper half of a tick at the box's edge
_DATES = 52.0
_AIR = 22.0
#: Height of a panel's box, by the number of panels.
_BOX_HEIGHT = {1: 520.0, 2: 320.0, 3: 236.0, 4: 154.0}


@dataclass(frozen=True)
class Row:
    """One line of text."""

    text: str
    size: float
    bold: bool = False

    @property
    def width(self) -> float:
        return width(self.text, self.size, self.bold)

    @property
    def height(self) -> float:
        return self.size * LEADING


@dataclass(frozen=True)
class Name:
    """A name above the box, if end labels have no room for it: its left edge, and its height above the box."""

    line: int
    row: Row
    left: float
    above: float


@dataclass(frozen=True)
class EndLabel:
    """The label at the right end of `panel.lines[line]`; its last value is at (session, value), None without one."""

    line: int
    rows: tuple[Row, ...]
    session: date | None
    value: float | None

    @property
    def height(self) -> float:
        return sum(row.height for row in self.rows)


@dataclass(frozen=True)
class Frame:
    """A panel with its place: `box` in pixels from the lower left, `scale` is None without figures."""

    panel: Panel
    title: tuple[Row, ...]
    names: tuple[Name, ...]
    labels: tuple[EndLabel, ...]
    box: Box
    scale: Scale | None
    first: date
    last: date

    def x(self, session: date) -> float:
        """The x position of a session in pixels. A single session is in the middle."""
        days = (self.last - self.first).days
        return self.box.left + self.box.width * ((session - self.first).days / days if days else 0.5)

    def y(self, value: float) -> float:
        assert self.scale is not None
        return self.box.bottom + self.box.height * (value - self.scale.low) / (self.scale.high - self.scale.low)

    def figure(self, value: float) -> str:
        assert self.scale is not None
        return end_figure(self.panel, self.scale, value)

    def tick(self, value: float) -> str:
        assert self.scale is not None
        if self.panel.categories:
            return self.panel.categories[round(value)]
        return figure(value, self.panel.unit, self.scale.tick_decimals, signed=signed(self.panel))


@dataclass(frozen=True)
class Layout:
    height: int
    title: tuple[Row, ...]
    subtitle: tuple[Row, ...]
    frames: tuple[Frame, ...]


def lay_out(chart: Chart) -> Layout:
    """Lay out a chart: margins fit the longest figures; the box height depends on the number of panels."""
    title = title_rows(chart.title)
    subtitle = subtitle_rows(chart.subtitle, simulated=chart.simulated)
    height = _BOX_HEIGHT[len(chart.panels)]
    drafts = [_draft(panel, height, chart) for panel in chart.panels]
    left = max(EDGE + 12.0, *(EDGE + 14 + draft.ticks_width for draft in drafts))
    right = WIDTH - EDGE - LABEL_GAP - max(60.0, *(draft.labels_width for draft in drafts))

    down = EDGE + sum(row.height for row in (*title, *subtitle)) + _AIR / 2
    placed: list[tuple[_Draft, float]] = []  # with the box's upper edge, from the top
    for draft in drafts:
        down += (
            _AIR / 2 + (sum(row.height for row in draft.title) + TITLE_GAP if draft.title else 0) + draft.names_height
        )
        placed.append((draft, down))
        down += height + _DATES
    total = -9 * int(-(down + EDGE / 2) // 9)  # a multiple of 9: whole pixels at 72 dots an inch, without rounding
    return Layout(
        total,
        title,
        subtitle,
        tuple(draft.frame(Box(left, total - top - height, right - left, height)) for draft, top in placed),
    )


def end_figure(panel: Panel, scale: Scale, value: float) -> str:
    """A value as printed at the end of a line: "58.3%", or the name of its category."""
    if panel.categories:
        return panel.categories[min(len(panel.categories) - 1, max(0, round(value)))]
    whole = all(one is None or one == round(one) for line in panel.lines for one in line.values)
    decimals = min(0, scale.decimals) if whole else scale.decimals  # a count has none
    return figure(value, panel.unit, decimals, signed=signed(panel))


def signed(panel: Panel) -> bool:
    """Whether figures need a sign: leads, discounts and differences in percentage points do."""
    return panel.shade_zero or panel.unit == "pp"


def names_height(names: tuple[Name, ...]) -> float:
    """The height that the rows of names add between the box and the panel's title."""
    return max((name.above + name.row.height - 4 for name in names), default=0.0)


def last_value(line: Line) -> tuple[date, float] | None:
    """The newest session with a value; None if there is none."""
    pairs = zip(reversed(line.sessions), reversed(line.values), strict=True)
    return next(((session, value) for session, value in pairs if value is not None), None)


@dataclass(frozen=True)
class _Draft:
    """A panel before the margins are known."""

    panel: Panel
    title: tuple[Row, ...]
    names: tuple[Name, ...]
    labels: tuple[EndLabel, ...]
    scale: Scale | None
    first: date
    last: date

    @property
    def title_height(self) -> float:
        return sum(row.height for row in self.title) + TITLE_GAP if self.title else 0.0

    @property
    def names_height(self) -> float:
        return names_height(self.names)

    @property
    def labels_width(self) -> float:
        return max((row.width for label in self.labels for row in label.rows), default=0.0)

    @property
    def ticks_width(self) -> float:
        frame = self.frame(Box(0, 0, 1, 1))
        return max((width(frame.tick(tick), TICK) for tick in self.scale.ticks), default=0.0) if self.scale else 0.0

    def frame(self, box: Box) -> Frame:
        return Frame(self.panel, self.title, self.names, self.labels, box, self.scale, self.first, self.last)


def _draft(panel: Panel, height: float, chart: Chart) -> _Draft:
    values = [value for line in panel.lines for value in line.values if value is not None]
    sessions = [line.sessions[i] for line in panel.lines if line.sessions for i in (0, -1)]
    title = _panel_title(panel, chart)
    if not values:
        return _Draft(panel, title, (), (), None, date.min, date.min)
    shown = [level.value for level in panel.levels] + [marker.value for marker in panel.markers]
    about = 5 if height > 400 else 4 if height > 200 else 3
    zero = [0.0] if panel.shade_zero else []
    # Firings are often at an extreme: room for a label beyond it.
    air = min(0.28, 54 / height) if any(marker.label for marker in panel.markers) else 0.07
    if panel.categories:
        scale = category_scale(len(panel.categories))
    else:
        scale = value_scale(values + shown + zero, panel.minimum, panel.maximum, panel.unit, about=about, air=air)
    sessions += [marker.session for marker in panel.markers]
    labels = _labels(panel, scale, named=True)
    names: tuple[Name, ...] = ()
    room = height + OUT_ABOVE + OUT_BELOW
    if _stack(labels) > room or not all(_whole(line) for line in panel.lines):  # a name is never cut
        labels, names = _labels(panel, scale, named=False), _names([line.label for line in panel.lines])
    if _stack(labels) > room:
        labels, names = (), _names(_figures(panel, labels))
    return _Draft(panel, title, names, labels, scale, min(sessions), max(sessions))


def _labels(panel: Panel, scale: Scale, *, named: bool) -> tuple[EndLabel, ...]:
    """Name above figure, and the date if it is not the panel's last date."""
    ends = [last_value(line) for line in panel.lines]
    newest = max(end[0] for end in ends if end)
    labels: list[EndLabel] = []
    for i, (line, end) in enumerate(zip(panel.lines, ends, strict=True)):
        alone = len(panel.lines) == 1 and line.label in ("", panel.title)
        rows = [] if alone or not named else [Row(text, NAME) for text in _name(line)]
        if end is None:
            rows += [Row(NO_FIGURES, NAME)] if rows else []
        else:
            text = end_figure(panel, scale, end[1])
            rows += [Row(text, FIGURE, bold=True)]
            rows += [Row(day(end[0]), NAME)] if end[0] < newest else []
        if rows:
            labels.append(EndLabel(i, tuple(rows), *(end or (None, None))))
    return tuple(labels)


def _name(line: Line) -> list[str]:
    return wrapped(line.label, _NAME_ROOM, NAME, lines=2)


def _whole(line: Line) -> bool:
    """Whether the line's name fits at its end."""
    return " ".join(_name(line)) == legible(line.label)


def _stack(labels: tuple[EndLabel, ...]) -> float:
    return sum(label.height + 8 for label in labels)


def _figures(panel: Panel, labels: tuple[EndLabel, ...]) -> list[str]:
    """Each line's name with its figure behind it, and the figure's date if it has one."""
    figures = {label.line: " · ".join(row.text for row in label.rows) for label in labels}
    return [f"{line.label} {figures.get(i, NO_FIGURES)}" for i, line in enumerate(panel.lines)]


def _names(names: list[str]) -> tuple[Name, ...]:
    """The names in rows above the box, each with room for a stroke of its line before it."""
    rows: list[list[tuple[int, Row, float]]] = [[]]
    left = float(EDGE)
    for i, name in enumerate(names):
        for text in wrapped(name, _ROOM - 46, size := _fitting(name, _ROOM - 46, NAME), lines=1):
            row = Row(text, size)
            if rows[-1] and left + 46 + row.width > WIDTH - EDGE:
                rows.append([])
                left = float(EDGE)
            rows[-1].append((i, row, left))
            left += 46 + row.width + 30
    return tuple(
        Name(i, row, left, 14 + turn * (row.height + 4))
        for turn, placed in enumerate(reversed(rows))
        for i, row, left in placed
    )


def _fitting(text: str, room: float, size: float, *, bold: bool = False) -> float:
    """`size`, or the largest of down to three quarters of it at which the text fits the room."""
    return max(0.75 * size, min(size, size * room / max(1.0, width(legible(text), size, bold)) * 0.995))


def _panel_title(panel: Panel, chart: Chart) -> tuple[Row, ...]:
    title = "" if panel.title == chart.title else panel.title
    if panel.unit and panel.unit not in SHORT_UNITS:
        title = f"{title} ({panel.unit})" if title else panel.unit
    return tuple(Row(row, PANEL_TITLE, bold=True) for row in wrapped(title, _ROOM, PANEL_TITLE, bold=True, lines=3))


def title_rows(title: str) -> tuple[Row, ...]:
    """Up to four rows; a title slightly too long for one row is made slightly smaller first."""
    whole = legible(title)
    for size in (TITLE, TITLE * 0.93, TITLE * 0.87):
        if width(whole, size, True) <= _ROOM:
            return (Row(whole, size, True),) if whole else ()
    return tuple(Row(row, TITLE, True) for row in wrapped(title, _ROOM, TITLE, bold=True, lines=4))


def subtitle_rows(subtitle: str, *, simulated: bool) -> tuple[Row, ...]:
    """Up to five rows, broken between the statements (" · ") where each fits a row.

    SIMULATED comes first where the figures are, once: a source that is called so gives its place to it.
    """
    stated = legible(subtitle).split(" · ")
    if simulated:
        stated = [SIMULATED, *(words for one in stated if (words := _without_simulated(one)))]
    rows: list[str] = []
    for statement in filter(None, stated):
        longer = f"{rows[-1]} · {statement}" if rows else statement
        rows = [*rows[:-1], longer] if width(longer, SUBTITLE) <= _ROOM else [*rows, statement]
    if len(rows) > 5 or any(width(row, SUBTITLE) > _ROOM for row in rows):
        rows = wrapped(" · ".join(filter(None, stated)), _ROOM, SUBTITLE, lines=5)
    return tuple(Row(row, SUBTITLE) for row in rows)


def _without_simulated(statement: str) -> str:
    return ", ".join(part for part in statement.split(", ") if part.lower() != SIMULATED.lower())
