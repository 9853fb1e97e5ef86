"""Charts to draw, and their pictures as pixels."""

import io
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.charts.draw import draw
from bot.charts.spec import Chart, Level, Line, Panel, Role

LAST = date(2025, 1, 24)
MAIN, SECOND = (0, 103, 165), (196, 74, 0)  # the first main and second line's colours


def sessions(count: int) -> tuple[date, ...]:
    """Weekdays up to LAST, oldest first."""
    days = (LAST - timedelta(days=back) for back in range(2 * count + 7))
    return tuple(reversed([day for day in days if day.weekday() < 5][:count]))


def line(values: list[float | None], label: str = "Small", role: Role = "main") -> Line:
    return Line(label, sessions(len(values)), tuple(values), role)


def wave(count: int = 120, middle: float = 50.0) -> list[float | None]:
    return [middle + 20 * float(np.sin(i / 9)) for i in range(count)]


def chart(*lines: Line, simulated: bool = False, title: str = "Breadth", unit: str = "%") -> Chart:
    panel = Panel("Share above 200-day average", unit, lines or (line(wave()),), (Level(60, "alert at 60%"),))
    return Chart(title, "Session Jan 24, 2025 · coverage 98.4%", (panel,), simulated)


def pixels(drawn: Chart | bytes) -> NDArray[np.int16]:
    """(height, width, 3), after a decoding that looks at every byte."""
    picture = Image.open(io.BytesIO(drawn if isinstance(drawn, bytes) else draw(drawn)))
    picture.load()
    assert picture.format == "PNG"
    assert picture.mode == "RGB"
    return np.asarray(picture).astype(np.int16)


def near(picture: NDArray[np.int16], colour: tuple[int, int, int], within: int = 12) -> NDArray[np.bool_]:
    """(height, width): where the picture has the colour."""
    return (np.abs(picture - np.array(colour)) <= within).all(axis=2)
