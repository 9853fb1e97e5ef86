"""The colours of the page, light and dark: text can be read on what it stands on (WCAG AA, 4.5 to 1)."""

import re
from pathlib import Path

import pytest

import bot.demo.page

CSS = Path(bot.demo.page.__file__).with_name("colours.css").read_text(encoding="utf-8")
LIGHT, DARK = (dict(re.findall(r"--([\w-]+): (#\w{6})", part)) for part in CSS.split("@media"))
PAIRS = [
    *((text, ground) for text in ("ink", "quiet") for ground in ("ground", "panel", "raised", "bubble")),
    *((text, ground) for text in ("ink", "mine-quiet", "link", "code") for ground in ("mine",)),
    *((text, "bubble") for text in ("link", "code", "accent")),
    ("on-accent", "accent"), ("ink", "tint"), ("quiet", "tint"), ("accent", "panel"), ("error", "error-ground"),
]  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read_on_its_ground(colours):
    assert set(LIGHT) == set(DARK)
    faint = {}
    for text, ground in PAIRS:
        bright, dim = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        if (contrast := (bright + 0.05) / (dim + 0.05)) < 4.5:
            faint[text, ground] = round(contrast, 2)
    assert faint == {}
