"""The colours of a picture, light and dark: safe for colour-blind readers, and legible as text on their card.

Hues after Okabe and Ito, darkened on white and lightened on night. Lines differ in width and dashes too, areas in
where they are.
"""

from __future__ import annotations

from dataclasses import dataclass

Dashes = tuple[float, tuple[float, float]]
DOTTED: Dashes = (0, (1.6, 0.9))
DASHED: Dashes = (0, (4, 2.5))


@dataclass(frozen=True)
class Style:
    """How a line is drawn: its width in pixels, its dashes in units of the width."""

    colour: str
    width: float
    dashes: Dashes | None = None


@dataclass(frozen=True)
class Palette:
    """All colours of a picture.

    level, clear: a threshold and the level at which it clears. above, below: areas over and under zero. bands: behind
    every other category. lines: by role. quadrants: lines and heads by quadrant, areas: behind them, both in the order
    leading, weakening, lagging, improving.
    """

    card: str
    ink: str
    quiet: str
    grid: str
    edge: str
    level: str
    watermark: str
    empty: str
    above: str
    below: str
    band: str
    main: tuple[str, str, str]
    second: tuple[str, str, str]
    reference: tuple[str, str, str]
    quadrants: tuple[str, str, str, str]
    areas: tuple[str, str, str, str]

    def styles(self, role: str) -> tuple[Style, ...]:
        """The styles of a role, in the order in which its lines get them."""
        width = {"main": 4.6, "second": 4.0, "reference": 3.2}[role]
        colours = {"main": self.main, "second": self.second, "reference": self.reference}[role]
        return tuple(Style(colour, width) for colour in colours)


LIGHT = Palette(
    card="#FDFDFC", ink="#111827", quiet="#4B5563", grid="#E3E5E8", edge="#9CA3AF", level="#8A1C4A",
    watermark="#EEE9E2", empty="#F1F2F4", above="#CFE3F1", below="#F6DCC6", band="#F0F2F5",
    main=("#0067A5", "#00785A", "#7B3F98"), second=("#C44A00", "#7B3F98", "#00785A"),
    reference=("#6B7280", "#A0527D", "#7A6A2F"),
    quadrants=("#00785A", "#8A6A00", "#B23A00", "#0067A5"),
    areas=("#E6F4EE", "#FBF3DC", "#FBE9E0", "#E4F0F8"),
)  # fmt: skip
DARK = Palette(
    card="#17212B", ink="#F3F5F7", quiet="#B3BECA", grid="#2B3946", edge="#64748B", level="#FF9CC2",
    watermark="#22303D", empty="#1F2B37", above="#1B4563", below="#5A3A22", band="#1F2B37",
    main=("#5BB8F0", "#35CFA0", "#D2A5EA"), second=("#FFA552", "#D2A5EA", "#35CFA0"),
    reference=("#A3AFBC", "#E8A3CA", "#DCC986"),
    quadrants=("#35CFA0", "#F0CF5B", "#FF9A6B", "#5BB8F0"),
    areas=("#193A34", "#3A3620", "#40291F", "#1B3448"),
)  # fmt: skip
