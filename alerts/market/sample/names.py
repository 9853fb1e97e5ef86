"""Names and symbols of companies that do not exist."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

SECTORS = (
    "Communication Services", "Consumer Discretionary", "Consumer Staples", "Energy", "Financials", "Health Care",
    "Industrials", "Information Technology", "Materials", "Real Estate", "Utilities",
)  # fmt: skip

#: Excludes fifth letters with a meaning at the exchanges (W warrant, Y receipt, X fund …).
_LAST_LETTERS = "CDEHILMNOST"


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("names.toml").read_text(encoding="utf-8"))


def name_all(sectors: Sequence[int], chance: np.random.Generator) -> tuple[list[str], list[str]]:
    """(symbols, names), one for each sector index of `SECTORS`; all different. Symbols: Q and four letters."""
    words = _words()
    stems = [first + second for first in words["first"].split() for second in words["second"].split()]
    if len(sectors) > len(stems):
        raise ValueError(f"{len(sectors)} companies, names for {len(stems)}")
    order = chance.permutation(len(stems))[: len(sectors)]
    symbols: list[str] = []
    names: list[str] = []
    taken: set[str] = set()
    for company, sector in enumerate(sectors):
        stem = stems[order[company]]
        trades, endings = words["trades"][SECTORS[sector]], words["endings"]
        names.append(f"{stem} {trades[company % len(trades)]} {endings[company % len(endings)]}")
        symbols.append(_symbol(stem.upper(), taken))
    return symbols, names


def _symbol(stem: str, taken: set[str]) -> str:
    """Q, three letters of the name in their order, and a last letter; the first one that is free."""
    for second in range(1, len(stem) - 1):
        for third in range(second + 1, len(stem)):
            for last in _LAST_LETTERS:
                symbol = f"Q{stem[0]}{stem[second]}{stem[third]}{last}"
                if symbol not in taken:
                    taken.add(symbol)
                    return symbol
    raise ValueError(f"no symbol left for {stem}")
