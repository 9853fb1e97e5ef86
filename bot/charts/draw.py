"""A chart → PNG bytes, with matplotlib's Agg canvas only: no pyplot, no state between charts, no layout engine.

The background is opaque and nearly white, so that the picture is readable in Telegram's light and dark mode. The
colours are safe for colour-blind readers (after Okabe and Ito, darkened so that text is readable on white); lines also
differ in width.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import IdentityTransform
from numpy.typing import NDArray
from PIL import Image

from bot.charts.fonts import font, legible, width, wrapped
from bot.charts.labels import Box, calmest, spread
from bot.charts.layout import (
    EDGE,
    LABEL_GAP,
    NAME,
    NO_FIGURES,
    OUT_ABOVE,
    OUT_BELOW,
    PANEL_TITLE,
    SIMULATED,
    TICK,
    TITLE_GAP,
    WIDTH,
    Frame,
    Layout,
    Row,
    last_value,
    lay_out,
    names_height,
)
from bot.charts.scale import date_ticks
from bot.charts.spec import Chart, Line, Role

CARD, INK, QUIET, GRID, EDGE_INK = "#FDFDFC", "#111827", "#4B5563", "#E3E5E8", "#9CA3AF"
LEVEL_INK = "#8A1C4A"
WATERMARK = "#EEE9E2"
ABOVE, BELOW = "#CFE3F1", "#F6DCC6"  # areas over and under zero: blue and orange, light


Dashes = tuple[float, tuple[float, float]]
DOTTED: Dashes = (0, (1.6, 0.9))


@dataclass(frozen=True)
class Style:
    """How a line is drawn: its width in pixels, its dashes in units of the width."""

    colour: str
    width: float
    dashes: Dashes | None = None


_STYLES: dict[Role, tuple[Style, ...]] = {
    "main": (Style("#0067A5", 4.6), Style("#00785A", 4.6), Style("#7B3F98", 4.6)),
    "second": (Style("#C44A00", 4.0), Style("#7B3F98", 4.0), Style("#00785A", 4.0)),
    "reference": (Style("#6B7280", 3.2), Style("#A0527D", 3.2), Style("#7A6A2F", 3.2)),
}


def draw(chart: Chart) -> bytes:
    """The chart as PNG: 1080 pixels wide, at most 1,350 high with titles of usual length."""
    layout = lay_out(chart)
    figure = Figure(figsize=(WIDTH / 72, layout.height / 72), dpi=72, facecolor=CARD)  # at 72 dpi a point is a pixel
    canvas = FigureCanvasAgg(figure)
    _header(figure, layout)
    for frame in layout.frames:
        _panel(figure, layout, frame, chart.simulated)
    canvas.draw()  # type: ignore[no-untyped-call]
    return _png(canvas)


def _png(canvas: FigureCanvasAgg) -> bytes:
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    picture = Image.fromarray(np.asarray(pixels)).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=4)
    return out.getvalue()


# Header and frame -----------------------------------------------------------------------------------------------------


def _header(figure: Figure, layout: Layout) -> None:
    top = layout.height - EDGE + 8.0
    for rows, colour in ((layout.title, INK), (layout.subtitle, QUIET)):
        for row in rows:
            _text(figure, EDGE, top, row, colour, va="top")
            top -= row.height


def _panel(figure: Figure, layout: Layout, frame: Frame, simulated: bool) -> None:
    axes = _axes(figure, layout, frame.box)
    _panel_title(figure, frame)
    if simulated:
        _watermark(figure, frame.box)
    if frame.scale is None:
        _no_figures(figure, frame.box)
        return
    styles = _styles(frame.panel.lines)
    _names(figure, frame, styles)
    _grid(figure, axes, frame)
    if frame.panel.shade_zero:
        _shade(axes, frame)
    for level in frame.panel.levels:
        _stroke(
            axes,
            [frame.box.left, frame.box.right],
            [frame.y(level.value)] * 2,
            Style(LEVEL_INK, 3.0, (0, (4, 2.5))),
            2.5,
        )
    for order, (line, style) in enumerate(zip(frame.panel.lines, styles, strict=True)):
        _line(axes, frame, line, style, order)
    _end_labels(figure, axes, frame, styles)
    taken = _markers(figure, axes, frame)
    _level_labels(figure, frame, taken)


def _axes(figure: Figure, layout: Layout, box: Box) -> Axes:
    """Axes over the box whose coordinates are the picture's pixels, without matplotlib's own ticks and frame."""
    place = (box.left / WIDTH, box.bottom / layout.height, box.width / WIDTH, box.height / layout.height)
    axes = figure.add_axes(place)
    axes.set_axis_off()
    axes.set_xlim(box.left, box.right)
    axes.set_ylim(box.bottom, box.top)
    return axes


def _panel_title(figure: Figure, frame: Frame) -> None:
    if frame.title:
        _text(figure, EDGE, frame.box.top + TITLE_GAP + names_height(frame.names), frame.title, INK, va="bottom")


def _names(figure: Figure, frame: Frame, styles: Sequence[Style]) -> None:
    for name in frame.names:
        middle, style = frame.box.top + name.above + name.row.height / 2, styles[name.line]
        stroke = Line2D([name.left, name.left + 34], [middle] * 2, color=style.colour, linewidth=style.width)
        stroke.set_linestyle(style.dashes or "-")
        stroke.set_transform(IdentityTransform())
        figure.add_artist(stroke)
        _text(figure, name.left + 46, middle, name.row, style.colour, va="center")


def _no_figures(figure: Figure, box: Box) -> None:
    """A pale card instead of axes, because an empty frame looks like an error."""
    card = Rectangle((EDGE, box.bottom), WIDTH - 2 * EDGE, box.height, facecolor="#F1F2F4", edgecolor="none", zorder=-1)
    card.set_transform(IdentityTransform())
    figure.add_artist(card)
    row = Row(NO_FIGURES, PANEL_TITLE)
    _text(figure, (WIDTH - row.width) / 2, box.bottom + box.height / 2, row, QUIET, va="center")


def _watermark(figure: Figure, box: Box) -> None:
    size = min(box.width / width(SIMULATED, 1.0, True) * 0.86, box.height * 0.5)
    slant = math.degrees(math.atan2(box.height, box.width)) * 0.45
    figure.text(
        box.left + box.width / 2,
        box.bottom + box.height / 2,
        SIMULATED,
        transform=IdentityTransform(),
        fontproperties=font(size, True),
        color=WATERMARK,
        ha="center",
        va="center",
        rotation=slant,
        rotation_mode="anchor",
        zorder=-0.5,
    )


def _grid(figure: Figure, axes: Axes, frame: Frame) -> None:
    assert frame.scale is not None
    box = frame.box
    for tick in frame.scale.ticks:
        y = frame.y(tick)
        zero = frame.panel.shade_zero and tick == 0
        _stroke(axes, [box.left, box.right], [y, y], Style(EDGE_INK, 2.5) if zero else Style(GRID, 1.5), 1.0)
        row = Row(frame.tick(tick), TICK)
        _text(figure, box.left - 14 - row.width, y, row, QUIET, va="center_baseline")
    _stroke(axes, [box.left, box.right], [box.bottom, box.bottom], Style(EDGE_INK, 2.0), 1.0)
    until = -math.inf
    for session, label in date_ticks(frame.first, frame.last):
        x, row = frame.x(session), Row(label, TICK)
        left = min(max(box.left - 8, x - row.width / 2), box.right + 8 - row.width)  # clear of ticks and end labels
        _stroke(axes, [x, x], [box.bottom, box.bottom - 9], Style(EDGE_INK, 2.0), 1.0)
        if left >= until:
            _text(figure, left, box.bottom - 14, row, QUIET, va="top")
            until = left + row.width + 16


# The series -----------------------------------------------------------------------------------------------------------


def _styles(lines: Sequence[Line]) -> list[Style]:
    """Styles for lines of one role: its colours in turn, then dotted, so that lines differ as long as possible."""
    styles: list[Style] = []
    for line in lines:
        offered = [replace(style, dashes=dashes) for dashes in (None, DOTTED) for style in _STYLES[line.role]]
        taken = {(style.colour, style.dashes) for style in styles}
        free = [style for style in offered if (style.colour, style.dashes) not in taken]
        styles.append((free or offered)[0])
    return styles


def _runs(frame: Frame, line: Line) -> list[NDArray[np.float64]]:
    """The runs without a gap, each (n, 2) in pixels."""
    points = zip(line.sessions, line.values, strict=True)
    stretches = (list(run) for known, run in groupby(points, lambda point: point[1] is not None) if known)
    return [np.array([(frame.x(at), frame.y(value)) for at, value in run if value is not None]) for run in stretches]


def _line(axes: Axes, frame: Frame, line: Line, style: Style, order: int) -> None:
    """Each run as a stroke, a single value between gaps as a dot."""
    over = 3.0 + {"reference": 0.0, "second": 0.3, "main": 0.6}[line.role] + order * 0.01
    for run in _runs(frame, line):
        if len(run) > 1:
            _stroke(axes, run[:, 0], run[:, 1], style, over)
        else:
            _dot(axes, run[0, 0], run[0, 1], style.colour, 2.6 * style.width, over)
    end = last_value(line)
    if end:
        _dot(axes, frame.x(end[0]), frame.y(end[1]), style.colour, 2.6 * style.width, over)


def _shade(axes: Axes, frame: Frame) -> None:
    """Areas from zero to the first main line, cut where it crosses: above in one colour, below in another."""
    line = next((line for line in frame.panel.lines if line.role == "main"), frame.panel.lines[0])
    zero = frame.y(0.0)
    for run in _runs(frame, line):
        x, y = _with_crossings(run, zero)
        for side, colour in ((np.maximum(y, zero), ABOVE), (np.minimum(y, zero), BELOW)):
            if len(x) > 1 and bool((side != zero).any()):
                outline = np.column_stack((np.r_[x, x[::-1]], np.r_[side, np.full(len(x), zero)]))
                axes.add_collection(PolyCollection([outline], facecolors=colour, linewidths=0, zorder=0.5))


def _with_crossings(run: NDArray[np.float64], zero: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The run with a point added wherever it crosses zero."""
    x, y = run[:, 0], run[:, 1] - zero
    before = np.flatnonzero(y[:-1] * y[1:] < 0)
    share = y[before] / (y[before] - y[before + 1])
    crossings = x[before] + share * (x[before + 1] - x[before])
    return np.insert(x, before + 1, crossings), np.insert(run[:, 1], before + 1, zero)


# Labels ---------------------------------------------------------------------------------------------------------------


def _end_labels(figure: Figure, axes: Axes, frame: Frame, styles: Sequence[Style]) -> None:
    box, labels = frame.box, frame.labels
    wanted = [box.bottom if label.value is None else frame.y(label.value) for label in labels]
    centres = spread(wanted, [label.height for label in labels], box.bottom - OUT_BELOW, box.top + OUT_ABOVE, 8)
    left = box.right + LABEL_GAP
    for label, want, centre in zip(labels, wanted, centres, strict=True):
        colour = styles[label.line].colour
        if label.session == frame.last:  # a thin line to a label that was moved, or to a single value in the middle
            if frame.first == frame.last:
                _stroke(axes, [frame.x(frame.last), left - 8], [want, centre], Style(colour, 1.5), 2.0)
            elif abs(want - centre) > 16:
                _stroke(axes, [box.right + 8, left - 7], [want, centre], Style(colour, 1.5), 2.0)
        top = centre + label.height / 2
        for row in label.rows:
            _text(figure, left, top - row.height / 2, row, colour, va="center_baseline")
            top -= row.height


def _markers(figure: Figure, axes: Axes, frame: Frame) -> list[Box]:
    """Draw rings, each with its label if there is room. Returns the boxes that both occupy."""
    points, box = _points(frame), frame.box
    room = Box(box.left, box.bottom + 2, box.width, box.height + OUT_ABOVE)
    rings = [(frame.x(marker.session), frame.y(marker.value)) for marker in frame.panel.markers]
    for x, y in rings:
        axes.add_artist(_ring(x, y))
    taken = [Box(x - 11, y - 11, 22, 22) for x, y in rings]
    for marker, (x, y) in zip(frame.panel.markers, rings, strict=True):
        for text in wrapped(marker.label, frame.box.width / 2, NAME, lines=1):
            row = Row(text, NAME)
            w, h = row.width + 8, row.size + 2
            left = min(max(x - w / 2, frame.box.left), frame.box.right - w)
            beside = [Box(side, y - h / 2, w, h) for side in (x + 16, x - 16 - w)]
            around = [Box(left, bottom, w, h) for bottom in (y + 13, y - 13 - h)]
            place = calmest(around + beside, room, points, taken, loyalty=4)
            if place:
                taken.append(place)
                _haloed(figure, place, row, INK)
    return taken


def _level_labels(figure: Figure, frame: Frame, taken: list[Box]) -> None:
    """Each label at its dashed line, where it covers the series least."""
    points = _points(frame)
    for level in frame.panel.levels:
        for text in wrapped(level.label, frame.box.width / 2, NAME, lines=1):
            row = Row(text, NAME)
            w, h = row.width + 8, row.height
            lefts = np.linspace(frame.box.left + 4, frame.box.right - w - 10, 9)
            y = frame.y(level.value)
            places = [Box(float(left), bottom, w, h) for left in lefts for bottom in (y + 4, y - h - 4)]
            place = calmest(places, frame.box, points, taken)
            if place:
                taken.append(place)
                _haloed(figure, place, row, LEVEL_INK)


def _points(frame: Frame) -> NDArray[np.float64]:
    """All lines as points four pixels apart along them, to find out what a label would cover."""
    dense = [np.empty((0, 2))]
    for line in frame.panel.lines:
        for run in _runs(frame, line):
            way = np.r_[0.0, np.hypot(*np.diff(run, axis=0).T).cumsum()]
            steps = np.arange(0.0, way[-1] + 4, 4)
            dense.append(np.column_stack((np.interp(steps, way, run[:, 0]), np.interp(steps, way, run[:, 1]))))
    return np.concatenate(dense)


# Strokes and letters --------------------------------------------------------------------------------------------------


def _stroke(
    axes: Axes,
    x: Sequence[float] | NDArray[np.float64],
    y: Sequence[float] | NDArray[np.float64],
    style: Style,
    over: float,
) -> None:
    """Not clipped at the box: every value is inside, and a line on the edge keeps its full width."""
    line = Line2D(
        x,
        y,
        color=style.colour,
        linewidth=style.width,
        linestyle=style.dashes or "-",
        zorder=over,
        clip_on=False,
        marker="",
    )
    line.set_solid_joinstyle("round")
    line.set_solid_capstyle("butt")
    axes.add_artist(line)
    line.set_clip_on(False)


def _dot(axes: Axes, x: float, y: float, colour: str, size: float, over: float) -> None:
    dot = Line2D([x], [y], color=colour, marker="o", markersize=size, markeredgewidth=0, linestyle="", zorder=over)
    axes.add_artist(dot)
    dot.set_clip_on(False)


def _ring(x: float, y: float) -> Line2D:
    return Line2D(
        [x],
        [y],
        marker="o",
        markersize=17,
        markerfacecolor=CARD,
        markeredgecolor=INK,
        markeredgewidth=4,
        linestyle="",
        zorder=5,
    )


def _haloed(figure: Figure, place: Box, row: Row, colour: str) -> None:
    """Text with an outline in the background colour, so that grid lines and series behind it do not touch it."""
    text = _text(figure, place.left + 4, place.bottom + place.height / 2, row, colour, va="center_baseline")
    text.set_path_effects([withStroke(linewidth=5, foreground=CARD)])


def _text(figure: Figure, x: float, y: float, row: Row, colour: str, *, va: str) -> Text:
    """The row with its left edge at x pixels. Dollar signs are literal, not formulas."""
    return figure.text(
        x,
        y,
        legible(row.text),
        transform=IdentityTransform(),
        fontproperties=font(row.size, row.bold),
        color=colour,
        ha="left",
        va=va,
        zorder=7,
        parse_math=False,
    )
