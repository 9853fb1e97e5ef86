"""Numbers as people write them."""

from __future__ import annotations

import re

#: "1,000", "1 000,5", "1'000", "1.234,5", "1.234.567"; a single dot before three digits is a decimal point.
_GROUPED = r"[1-9]\d{0,2}(?:(?:,\d{3})+(?:\.\d+)?|([ '])\d{3}(?:\1\d{3})*(?:[.,]\d+)?|(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})"
NUMBER = re.compile(rf"[+-]?(?:{_GROUPED}|\d+(?:[.,]\d+)?|[.,]\d+)(?![.,']?\d)(?:\s*(?:%|pp\b|×|x\b|σ))?")


def number_of(text: str) -> float | None:
    """The number that all of `text` is: "60", "-25 %", "1,000", "12,5", ".5", "1.234,5"; None where it is none."""
    if not NUMBER.fullmatch(text):
        return None
    bare = re.sub(r"\s*(?:%|pp|×|x|σ)$", "", text)
    if re.fullmatch(rf"[+-]?{_GROUPED}", bare):
        separator = next(sign for sign in bare if sign in ",.' ")  # the first one parts thousands
        bare = bare.replace(separator, "")
    return float(bare.replace(",", ".")) + 0.0  # "-0" is 0
