"""A chart → PNG bytes, with matplotlib's Agg canvas only: no pyplot, no state between charts, no layout engine.

The background is opaque: a picture is light or dark by the chat's setting, whatever Telegram's own theme is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import IdentityTransform
from numpy.typing import NDArray

from bot.charts.colours import DASHED, DOTTED, Palette, Style
from bot.charts.fonts import wrapped
from bot.charts.labels import Box, calmest, spread
from bot.charts.layout import (
    EDGE,
    LABEL_GAP,
    NAME,
    NO_FIGURES,
    OUT_ABOVE,
    OUT_BELOW,
    PANEL_TITLE,
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
from bot.charts.page import Page, axes_over, blank, dot, haloed, header, png, stroke, text, watermark
from bot.charts.rotation import draw_rotation
from bot.charts.scale import date_ticks
from bot.charts.spec import Line, Picture, RotationGraph


def draw(chart: Picture) -> bytes:
    """The chart as PNG: 1080 pixels wide, at most 1,350 high with titles of usual length."""
    if isinstance(chart, RotationGraph):
        return draw_rotation(chart)
    layout = lay_out(chart)
    page = blank(layout.height, dark=chart.dark)
    header(page, layout.height, layout.title, layout.subtitle)
    for frame in layout.frames:
        _panel(page, layout, frame, chart.simulated)
    return png(page)


# Header and frame -----------------------------------------------------------------------------------------------------


def _panel(page: Page, layout: Layout, frame: Frame, simulated: bool) -> None:
    axes = axes_over(page, layout.height, frame.box)
    _panel_title(page, frame)
    if simulated:
        watermark(page, frame.box)
    if frame.scale is None:
        _no_figures(page, frame.box)
        return
    styles = _styles(frame.panel.lines, page.palette)
    _names(page, frame, styles)
    _grid(page, axes, frame)
    if frame.panel.shade_zero:
        _shade(page, axes, frame)
    for level in frame.panel.levels:
        style = Style(page.palette.level, 2.2, DOTTED) if level.clear else Style(page.palette.level, 3.0, DASHED)
        stroke(axes, [frame.box.left, frame.box.right], [frame.y(level.value)] * 2, style, 2.5)
    for order, (line, style) in enumerate(zip(frame.panel.lines, styles, strict=True)):
        _line(axes, frame, line, style, order)
    _end_labels(page, axes, frame, styles)
    taken = _markers(page, axes, frame)
    _level_labels(page, frame, taken)


def _panel_title(page: Page, frame: Frame) -> None:
    bottom = frame.box.top + TITLE_GAP + names_height(frame.names)
    for row in reversed(frame.title):
        text(page, EDGE, bottom, row, page.palette.ink, va="bottom")
        bottom += row.height


def _names(page: Page, frame: Frame, styles: Sequence[Style]) -> None:
    for name in frame.names:
        middle, style = frame.box.top + name.above + name.row.height / 2, styles[name.line]
        stroke = Line2D([name.left, name.left + 34], [middle] * 2, color=style.colour, linewidth=style.width)
        stroke.set_linestyle(style.dashes or "-")
        stroke.set_transform(IdentityTransform())
        page.figure.add_artist(stroke)
        text(page, name.left + 46, middle, name.row, style.colour, va="center")


def _no_figures(page: Page, box: Box) -> None:
    """A pale card instead of axes, because an empty frame looks like an error."""
    card = Rectangle(
        (EDGE, box.bottom), WIDTH - 2 * EDGE, box.height, facecolor=page.palette.empty, edgecolor="none", zorder=-1
    )
    card.set_transform(IdentityTransform())
    page.figure.add_artist(card)
    row = Row(NO_FIGURES, PANEL_TITLE)
    text(page, (WIDTH - row.width) / 2, box.bottom + box.height / 2, row, page.palette.quiet, va="center")


def _grid(page: Page, axes: Axes, frame: Frame) -> None:
    assert frame.scale is not None
    box = frame.box
    for at in range(0, len(frame.panel.categories), 2):  # every other category stands on a band
        low, high = frame.y(at - 0.5), frame.y(at + 0.5)
        axes.add_patch(Rectangle((box.left, low), box.width, high - low, facecolor=page.palette.band, zorder=0.2))
    for tick in frame.scale.ticks:
        y = frame.y(tick)
        zero = frame.panel.shade_zero and tick == 0
        stroke(
            axes,
            [box.left, box.right],
            [y, y],
            Style(page.palette.edge, 2.5) if zero else Style(page.palette.grid, 1.5),
            1.0,
        )
        row = Row(frame.tick(tick), TICK)
        text(page, box.left - 14 - row.width, y, row, page.palette.quiet, va="center_baseline")
    stroke(axes, [box.left, box.right], [box.bottom, box.bottom], Style(page.palette.edge, 2.0), 1.0)
    until = -math.inf
    for session, label in date_ticks(frame.first, frame.last):
        x, row = frame.x(session), Row(label, TICK)
        left = min(max(box.left - 8, x - row.width / 2), box.right + 8 - row.width)  # clear of ticks and end labels
        stroke(axes, [x, x], [box.bottom, box.bottom - 9], Style(page.palette.edge, 2.0), 1.0)
        if left >= until:
            text(page, left, box.bottom - 14, row, page.palette.quiet, va="top")
            until = left + row.width + 16


# The series -----------------------------------------------------------------------------------------------------------


def _styles(lines: Sequence[Line], palette: Palette) -> list[Style]:
    """Styles for lines of one role: its colours in turn, then dotted, so that lines differ as long as possible."""
    styles: list[Style] = []
    for line in lines:
        offered = [replace(style, dashes=dashes) for dashes in (None, DOTTED) for style in palette.styles(line.role)]
        taken = {(style.colour, style.dashes) for style in styles}
        free = [style for style in offered if (style.colour, style.dashes) not in taken]
        styles.append((free or offered)[0])
    return styles


def _runs(frame: Frame, line: Line) -> list[NDArray[np.float64]]:
    """The runs without a gap, each (n, 2) in pixels."""
    points = zip(line.sessions, line.values, strict=True)
    stretches = (list(run) for known, run in groupby(points, lambda point: point[1] is not None) if known)
    runs = [np.array([(frame.x(at), frame.y(value)) for at, value in run if value is not None]) for run in stretches]
    return [_steps(run) for run in runs] if frame.panel.categories else runs


def _steps(run: NDArray[np.float64]) -> NDArray[np.float64]:
    """The run with a corner before each point: a category lasts until the next one."""
    corners = np.column_stack((run[1:, 0], run[:-1, 1]))
    out = np.empty((2 * len(run) - 1, 2))
    out[0::2], out[1::2] = run, corners
    return out


def _line(axes: Axes, frame: Frame, line: Line, style: Style, order: int) -> None:
    """Each run as a stroke, a single value between gaps as a dot."""
    over = 3.0 + {"reference": 0.0, "second": 0.3, "main": 0.6}[line.role] + order * 0.01
    for run in _runs(frame, line):
        if len(run) > 1:
            stroke(axes, run[:, 0], run[:, 1], style, over)
        else:
            dot(axes, run[0, 0], run[0, 1], style.colour, 2.6 * style.width, over)
    end = last_value(line)
    if end:
        dot(axes, frame.x(end[0]), frame.y(end[1]), style.colour, 2.6 * style.width, over)


def _shade(page: Page, axes: Axes, frame: Frame) -> None:
    """Areas from zero to the first main line, cut where it crosses: above in one colour, below in another."""
    line = next((line for line in frame.panel.lines if line.role == "main"), frame.panel.lines[0])
    zero = frame.y(0.0)
    for run in _runs(frame, line):
        x, y = _with_crossings(run, zero)
        for side, colour in (
            (np.maximum(y, zero), page.palette.above),
            (np.minimum(y, zero), page.palette.below),
        ):
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


def _end_labels(page: Page, axes: Axes, frame: Frame, styles: Sequence[Style]) -> None:
    box, labels = frame.box, frame.labels
    wanted = [box.bottom if label.value is None else frame.y(label.value) for label in labels]
    centres = spread(wanted, [label.height for label in labels], box.bottom - OUT_BELOW, box.top + OUT_ABOVE, 8)
    left = box.right + LABEL_GAP
    for label, want, centre in zip(labels, wanted, centres, strict=True):
        colour = styles[label.line].colour
        if label.session == frame.last:  # a thin line to a label that was moved, or to a single value in the middle
            if frame.first == frame.last:
                stroke(axes, [frame.x(frame.last), left - 8], [want, centre], Style(colour, 1.5), 2.0)
            elif abs(want - centre) > 16:
                stroke(axes, [box.right + 8, left - 7], [want, centre], Style(colour, 1.5), 2.0)
        top = centre + label.height / 2
        for row in label.rows:
            text(page, left, top - row.height / 2, row, colour, va="center_baseline")
            top -= row.height


def _markers(page: Page, axes: Axes, frame: Frame) -> list[Box]:
    """Draw rings, each with its label if there is room. Returns the boxes that both occupy."""
    points, box = _points(frame), frame.box
    room = Box(box.left, box.bottom + 2, box.width, box.height + OUT_ABOVE)
    rings = [(frame.x(marker.session), frame.y(marker.value)) for marker in frame.panel.markers]
    for x, y in rings:
        axes.add_artist(_ring(page, x, y))
    taken = [Box(x - 11, y - 11, 22, 22) for x, y in rings]
    for marker, (x, y) in zip(frame.panel.markers, rings, strict=True):
        for words in wrapped(marker.label, frame.box.width / 2, NAME, lines=1):
            row = Row(words, NAME)
            w, h = row.width + 8, row.size + 2
            left = min(max(x - w / 2, frame.box.left), frame.box.right - w)
            beside = [Box(side, y - h / 2, w, h) for side in (x + 16, x - 16 - w)]
            around = [Box(left, bottom, w, h) for bottom in (y + 13, y - 13 - h)]
            place = calmest(around + beside, room, points, taken, loyalty=4)
            if place:
                taken.append(place)
                haloed(page, place, row, page.palette.ink)
    return taken


def _ring(page: Page, x: float, y: float) -> Line2D:
    return Line2D(
        [x],
        [y],
        marker="o",
        markersize=17,
        markerfacecolor=page.palette.card,
        markeredgecolor=page.palette.ink,
        markeredgewidth=4,
        linestyle="",
        zorder=5,
    )


def _level_labels(page: Page, frame: Frame, taken: list[Box]) -> None:
    """Each label at its dashed line, where it covers the series least."""
    points = _points(frame)
    for level in frame.panel.levels:
        for words in wrapped(level.label, frame.box.width / 2, NAME, lines=1):
            row = Row(words, NAME)
            w, h = row.width + 8, row.height
            lefts = np.linspace(frame.box.left + 4, frame.box.right - w - 10, 9)
            y = frame.y(level.value)
            places = [Box(float(left), bottom, w, h) for left in lefts for bottom in (y + 4, y - h - 4)]
            place = calmest(places, frame.box, points, taken)
            if place:
                taken.append(place)
                haloed(page, place, row, page.palette.level)


def _points(frame: Frame) -> NDArray[np.float64]:
    """All lines as points four pixels apart along them, to find out what a label would cover."""
    dense = [np.empty((0, 2))]
    for line in frame.panel.lines:
        for run in _runs(frame, line):
            way = np.r_[0.0, np.hypot(*np.diff(run, axis=0).T).cumsum()]
            steps = np.arange(0.0, way[-1] + 4, 4)
            dense.append(np.column_stack((np.interp(steps, way, run[:, 0]), np.interp(steps, way, run[:, 1]))))
    return np.concatenate(dense)
