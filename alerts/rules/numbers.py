"""Numbers as people write them."""

from __future__ import annotations

import re

#: "1,000", "1 000,5", "1'000", "1.234,5", "1.234.567"; a single dot before three digits is a decimal point.
_GROUPED = r"[1-9]\d{0,2}(?:(?:,\d{3})+(?:\.\d+)?|([ '])\d{3}(?:\1\d{3})*(?:[.,]\d+)?|(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})"
_UNIT = r"\s*(?:%|×|σ|(?:percent|points?|pp|x)\b)"
NUMBER = re.compile(rf"[+-]?(?:{_GROUPED}|\d+(?:[.,]\d+)?|[.,]\d+)(?![.,']?\d)(?:{_UNIT})?")


def number_of(text: str) -> float | None:
    """The number that all of `text` is: "60", "-25 %", "1,000", "12,5", ".5", "1.234,5"; None if it is not one."""
    if not NUMBER.fullmatch(text):
        return None
    bare = re.sub(rf"{_UNIT}$", "", text)
    if re.fullmatch(rf"[+-]?{_GROUPED}", bare):
        separator = next(sign for sign in bare if sign in ",.' ")  # the first one separates thousands
        bare = bare.replace(separator, "")
    return float(bare.replace(",", ".")) + 0.0  # "-0" is 0
