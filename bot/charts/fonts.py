"""Text in pixels: its width, how to wrap it, and which characters the font has."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

import matplotlib
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font, LoadFlags

# The font file that comes with matplotlib, so that the picture is the same on every machine.
_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@cache
def font(size: float, bold: bool = False) -> FontProperties:
    """DejaVu Sans at `size` pixels (the picture has 72 dots an inch, so that points are pixels)."""
    return FontProperties(fname=str(_file(bold)), size=size)


@lru_cache(maxsize=4096)
def width(text: str, size: float, bold: bool = False) -> float:
    """The width of the text on one line, in pixels."""
    face = _face(bold)
    face.set_size(size, 72)
    face.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    return float(face.get_width_height()[0]) / 64


def legible(text: str) -> str:
    """The text on one line, without characters that the font lacks: each would be a box, and a warning."""
    known = _characters()
    return "".join(letter for letter in " ".join(text.split()) if ord(letter) in known)


def wrapped(text: str, room: float, size: float, *, bold: bool = False, lines: int) -> list[str]:
    """At most `lines` lines of at most `room` pixels; longer text ends in "…". Empty for no text."""
    rows: list[str] = []
    words = legible(text).split()
    while words and len(rows) < lines:
        count = 1
        while count < len(words) and width(" ".join(words[: count + 1]), size, bold) <= room:
            count += 1
        rest = words[count:]
        row = " ".join(words[:count] if len(rows) < lines - 1 else words)
        rows.append(_shortened(row, room, size, bold))
        words = rest
    return rows


def _shortened(text: str, room: float, size: float, bold: bool) -> str:
    if width(text, size, bold) <= room:
        return text
    while text and width(text + "…", size, bold) > room:
        text = text[:-1].rstrip()
    return text + "…"


def _file(bold: bool) -> Path:
    return _FONTS / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")


@cache
def _face(bold: bool) -> FT2Font:
    return FT2Font(str(_file(bold)))


@cache
def _characters() -> frozenset[int]:
    """The characters that both weights have."""
    return frozenset(_face(False).get_charmap()) & frozenset(_face(True).get_charmap())
