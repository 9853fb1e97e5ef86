"""A picture being drawn: its matplotlib figure without pyplot, strokes and letters at pixel positions, its file."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import EllipseCollection, LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import IdentityTransform
from numpy.typing import NDArray
from PIL import Image

from bot.charts.colours import DARK, LIGHT, Palette, Style
from bot.charts.fonts import font, legible, width
from bot.charts.labels import Box
from bot.charts.layout import EDGE, SIMULATED, WIDTH, Row


@dataclass(frozen=True)
class Page:
    """A picture being drawn, and its colours."""

    figure: Figure
    palette: Palette


def blank(height: int, *, dark: bool) -> Page:
    """A picture of WIDTH × `height` pixels without anything on it; at 72 dpi a point is a pixel."""
    palette = DARK if dark else LIGHT
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72, facecolor=palette.card)
    FigureCanvasAgg(figure)
    return Page(figure, palette)


def png(page: Page) -> bytes:
    """The picture's file."""
    canvas = page.figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    picture = Image.fromarray(np.asarray(pixels)).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=4)
    return out.getvalue()


def header(page: Page, height: int, title: Sequence[Row], subtitle: Sequence[Row]) -> None:
    """Title and subtitle at the upper edge."""
    top = height - EDGE + 8.0
    for rows, colour in ((title, page.palette.ink), (subtitle, page.palette.quiet)):
        for row in rows:
            text(page, EDGE, top, row, colour, va="top")
            top -= row.height


def axes_over(page: Page, height: int, box: Box) -> Axes:
    """Axes over the box whose coordinates are the picture's pixels, without matplotlib's own ticks and frame."""
    place = (box.left / WIDTH, box.bottom / height, box.width / WIDTH, box.height / height)
    axes = page.figure.add_axes(place)
    axes.set_axis_off()
    axes.set_xlim(box.left, box.right)
    axes.set_ylim(box.bottom, box.top)
    return axes


def watermark(page: Page, box: Box) -> None:
    size = min(box.width / width(SIMULATED, 1.0, True) * 0.86, box.height * 0.5)
    slant = math.degrees(math.atan2(box.height, box.width)) * 0.45
    page.figure.text(
        box.left + box.width / 2,
        box.bottom + box.height / 2,
        SIMULATED,
        transform=IdentityTransform(),
        fontproperties=font(size, True),
        color=page.palette.watermark,
        ha="center",
        va="center",
        rotation=slant,
        rotation_mode="anchor",
        zorder=-0.5,
    )


def stroke(
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


def tail(axes: Axes, path: NDArray[np.float64], colours: Sequence[str], widths: Sequence[float], over: float) -> None:
    """The steps of a path (n, 2), each with a colour and a width. One artist, which costs what one line does."""
    steps = np.stack((path[:-1], path[1:]), axis=1)
    axes.add_artist(LineCollection(list(steps), colors=list(colours), linewidths=widths, zorder=over, clip_on=False))


def dots(axes: Axes, at: NDArray[np.float64], colours: Sequence[str], sizes: Sequence[float], over: float) -> None:
    """A dot on each of the points (n, 2), the later ones over the earlier; one artist, too."""
    drawn = EllipseCollection(
        sizes, sizes, np.zeros(len(sizes)), units="points", offsets=at, offset_transform=axes.transData,
        facecolors=list(colours), linewidths=0, zorder=over, clip_on=False,
    )  # fmt: skip
    axes.add_artist(drawn)


def dot(axes: Axes, x: float, y: float, colour: str, size: float, over: float) -> None:
    dot = Line2D([x], [y], color=colour, marker="o", markersize=size, markeredgewidth=0, linestyle="", zorder=over)
    axes.add_artist(dot)
    dot.set_clip_on(False)


def haloed(page: Page, place: Box, row: Row, colour: str) -> None:
    """Text with an outline in the background colour, so that grid lines and series behind it do not touch it."""
    drawn = text(page, place.left + 4, place.bottom + place.height / 2, row, colour, va="center_baseline")
    drawn.set_path_effects([withStroke(linewidth=5, foreground=page.palette.card)])


def text(page: Page, x: float, y: float, row: Row, colour: str, *, va: str) -> Text:
    """The row with its left edge at x pixels. Dollar signs are literal, not formulas."""
    return page.figure.text(
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
