"""The rotation graph: four named quadrants, and for each fund its last weeks as a tail that ends where it stands."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from bot.charts.colours import Style
from bot.charts.labels import Box, calmest
from bot.charts.layout import EDGE, NAME, PANEL_TITLE, WIDTH, Row, subtitle_rows, title_rows
from bot.charts.page import Page, axes_over, blank, dots, haloed, header, png, stroke, tail, text, watermark
from bot.charts.spec import RotationGraph, Trail

QUADRANTS = ("LEADING", "WEAKENING", "LAGGING", "IMPROVING")
_SIDE = 880.0  # height of the box in pixels; about 290 on a phone
_LEAST = 1.2  # the axes reach at least so far from the centre
_AIR = 1.12
_X, _Y = "relative strength against SPY →", "momentum ↑"


def draw_rotation(graph: RotationGraph) -> bytes:
    """The graph as PNG, 1080 pixels wide."""
    title, subtitle = title_rows(graph.title), subtitle_rows(graph.subtitle, simulated=graph.simulated)
    top = EDGE + sum(row.height for row in (*title, *subtitle)) + 60
    height = -9 * int(-(top + _SIDE + 80) // 9)
    page = blank(height, dark=graph.dark)
    header(page, height, title, subtitle)
    box = Box(EDGE, height - top - _SIDE, WIDTH - 2 * EDGE, _SIDE)
    axes = axes_over(page, height, box)
    _areas(page, axes, box)
    if graph.simulated:
        watermark(page, box)
    place = _Place(box, graph.trails)
    trails = sorted(graph.trails, key=lambda trail: trail.main)
    for order, trail in enumerate(trails):
        _trail(page, axes, place, trail, 3.0 + order / 10)
    _labels(page, place, trails[::-1])
    return png(page)


class _Place:
    """Pixels of (x, y): the centre of the box is neutral, and both axes reach equally far to either side."""

    def __init__(self, box: Box, trails: tuple[Trail, ...]) -> None:
        reach = max((max(abs(x), abs(y)) for trail in trails for x, y in trail.points), default=0.0)
        self.box, self._reach = box, max(_LEAST, _AIR * reach)

    def of(self, point: tuple[float, float]) -> tuple[float, float]:
        x, y = (value / self._reach / 2 + 0.5 for value in point)
        return self.box.left + x * self.box.width, self.box.bottom + y * self.box.height

    def path(self, trail: Trail) -> NDArray[np.float64]:
        return np.array([self.of(point) for point in trail.points])


def quadrant(point: tuple[float, float]) -> int:
    """The index of the point's quadrant in QUADRANTS; on a line it counts to the weaker side."""
    x, y = point
    return (0 if y > 0 else 1) if x > 0 else (3 if y > 0 else 2)


def _areas(page: Page, axes: Axes, box: Box) -> None:
    """A tint for each quadrant with its name in the outer corner, the cross between them, and what the axes are."""
    half_width, half_height = box.width / 2, box.height / 2
    for at, name in enumerate(QUADRANTS):
        right, upper = at in (0, 1), at in (0, 3)
        left, bottom = box.left + half_width * right, box.bottom + half_height * upper
        axes.add_patch(Rectangle((left, bottom), half_width, half_height, facecolor=page.palette.areas[at], zorder=-2))
        row = Row(name, PANEL_TITLE, bold=True)
        x = left + half_width - row.width - 14 if right else left + 14
        y = bottom + half_height - row.height / 2 - 8 if upper else bottom + row.height / 2 + 8
        text(page, x, y, row, page.palette.quadrants[at], va="center")
    middle, line = (box.left + half_width, box.bottom + half_height), Style(page.palette.edge, 2.0)
    stroke(axes, [middle[0]] * 2, [box.bottom, box.top], line, 1.0)
    stroke(axes, [box.left, box.right], [middle[1]] * 2, line, 1.0)
    along = Row(_X, NAME)
    text(page, box.right - along.width, box.bottom - 14, along, page.palette.quiet, va="top")
    text(page, box.left, box.top + 10, Row(_Y, NAME), page.palette.quiet, va="bottom")


def _colour(page: Page, trail: Trail) -> str:
    return page.palette.ink if trail.main else page.palette.quadrants[quadrant(trail.points[-1])]


def _trail(page: Page, axes: Axes, place: _Place, trail: Trail, over: float) -> None:
    """A tail that widens from the oldest week to now, a dot a week, and a large one where the fund stands."""
    path, colour = place.path(trail), _colour(page, trail)
    steps = max(1, len(path) - 1)
    ages = [at / steps for at in range(1, len(path))]
    widths = [(1.6 + 2.4 * age) * (1.8 if trail.main else 1.0) for age in ages]
    faded = [f"{colour}{round(255 * (0.15 + 0.75 * age)):02X}" for age in ages]  # the older, the paler
    tail(axes, path, faded, widths, over)
    heads = [(page.palette.card, 34 if trail.main else 28), (colour, 26 if trail.main else 21)]
    dots(
        axes, np.concatenate((path, path[-1:])), [*faded, *(its for its, _ in heads)],
        [*(width + 3 for width in widths), *(size for _, size in heads)], over + 0.02,
    )  # fmt: skip


def _labels(page: Page, place: _Place, trails: list[Trail]) -> None:
    """Each name near its head, where it covers least; further out where there is no room, so that none is left out."""
    box = place.box
    heads = [place.of(trail.points[-1]) for trail in trails]
    corner = Row(max(QUADRANTS, key=len), PANEL_TITLE, bold=True)
    taken = [Box(x - 15, y - 15, 30, 30) for x, y in heads]
    taken += [
        Box(left, bottom, corner.width + 14, corner.height + 8)
        for left in (box.left, box.right - corner.width - 14)
        for bottom in (box.bottom, box.top - corner.height - 8)
    ]
    points = np.concatenate([_dense(place.path(trail)) for trail in trails])
    for trail, (x, y) in zip(trails, heads, strict=True):
        row = Row(trail.label, NAME + 2, bold=trail.main)
        w, h = row.width + 8, row.size + 4
        around = [
            Box(x + math.cos(angle) * (away + w / 2) - w / 2, y + math.sin(angle) * (away + h / 2) - h / 2, w, h)
            for away in (18, 30, 48, 72, 104, 144)
            for angle in np.linspace(0, 2 * math.pi, 16, endpoint=False)
        ]
        spot = calmest(around, box, points, taken, loyalty=1)
        if spot is None:
            spot = Box(min(max(x - w / 2, box.left), box.right - w), min(y + 18, box.top - h), w, h)
        taken.append(spot)
        haloed(page, spot, row, _colour(page, trail))


def _dense(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """The path as points four pixels apart."""
    way = np.r_[0.0, np.hypot(*np.diff(path, axis=0).T).cumsum()] if len(path) > 1 else np.zeros(1)
    steps = np.arange(0.0, way[-1] + 4, 4)
    return np.column_stack((np.interp(steps, way, path[:, 0]), np.interp(steps, way, path[:, 1])))
