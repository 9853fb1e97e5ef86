"""What the bot calls itself and its line of no advice: its own, or those of BRAND_NAME and DISCLAIMER."""

from __future__ import annotations

from html import escape

#: What the bot calls itself and its line of no advice, unless BRAND_NAME and DISCLAIMER say otherwise.
NAME, NO_ADVICE = "Rotation alerts", "Figures, not investment advice."
_brand = {"name": NAME, "disclaimer": NO_ADVICE}


def set_brand(name: str, disclaimer: str) -> None:
    """Say so from now on: once, when the program starts."""
    _brand.update(name=name, disclaimer=disclaimer)


def brand_name() -> str:
    """What the bot calls itself, safe inside HTML."""
    return escape(_brand["name"])


def no_advice() -> str:
    """The line of no advice, safe inside HTML."""
    return escape(_brand["disclaimer"])
