"""What follows /list: a name and the companies of a list, or what is to change of it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from alerts.metrics.symbols import LIST_NAME, as_symbol
from alerts.rules.names import metric_named

MOST_SYMBOLS = 100  # of a list
RESERVED = frozenset(("large", "small", "all", "mid", "micro", "list", "lists", "delete", "remove", "show"))
EXAMPLE = "/list mybanks JPM BAC WFC C GS"


class ListRefused(ValueError):
    """A line that makes no list: what is wrong with it, and one that works."""


@dataclass(frozen=True)
class ListLine:
    """name: of the list, "" where all are asked for. symbols: its companies from now on, None: it is only shown."""

    name: str = ""
    symbols: tuple[str, ...] | None = None
    delete: bool = False


def read_list_line(text: str, has: dict[str, tuple[str, ...]]) -> ListLine:
    """Read what follows /list. has: the companies of the lists that there are, by name. Raises ListRefused."""
    words = re.split(r"[\s,;]+", text.strip()) if text.strip() else []
    if not words:
        return ListLine()
    first = words[0].casefold()
    if first in ("delete", "remove") or (len(words) == 2 and words[1].casefold() in ("delete", "remove")):
        name = words[1].casefold() if first in ("delete", "remove") and len(words) > 1 else first
        return ListLine(_known(name, has), delete=True)
    if len(words) == 1:
        return ListLine(_known(first, has))
    if words[1] in ("+", "-") or all(word[0] in "+-" and len(word) > 1 for word in words[1:]):
        return _changed(first, words[1:], has)
    _check_name(first)
    return ListLine(first, _companies(words[1:]))


def _known(name: str, has: Collection[str]) -> str:
    if name not in has:
        there = f"There are {', '.join(has)}." if has else "There is none yet."
        raise ListRefused(f"There is no list {name}. {there} A new one: {EXAMPLE}")
    return name


def _check_name(name: str) -> None:
    if not LIST_NAME.fullmatch(name):
        raise ListRefused(
            f"{name[:40]}: a list's name has 2 to 20 of a–z, 0–9, - and _, and begins with a letter: {EXAMPLE}"
        )
    if name in RESERVED or metric_named(name) or metric_named(f"{name} above 200d"):
        raise ListRefused(f"{name} is taken: it names other figures here. Try {EXAMPLE}")


def _companies(words: Collection[str]) -> tuple[str, ...]:
    found = {word: as_symbol(word) for word in words}
    wrong = [word for word, symbol in found.items() if symbol is None or symbol.startswith("^") or "=" in symbol]
    if wrong:
        raise ListRefused(f"{', '.join(wrong[:5])}: not the symbol of a company. A list reads like {EXAMPLE}")
    symbols = tuple(dict.fromkeys(symbol for symbol in found.values() if symbol))
    if len(symbols) > MOST_SYMBOLS:
        raise ListRefused(f"{len(symbols)} companies are more than the {MOST_SYMBOLS} that a list may have.")
    if len(symbols) < 2:
        raise ListRefused(f"A list has at least two companies: {EXAMPLE}")
    return symbols


def _changed(name: str, words: list[str], has: dict[str, tuple[str, ...]]) -> ListLine:
    """“mybanks + C GS - WFC”: a sign holds for what follows it."""
    symbols = list(has[_known(name, has)])
    sign, given = "+", 0
    for word in words:
        if word[0] in "+-":
            sign, word = word[0], word[1:]
        if not word:
            continue
        given += 1
        symbol = as_symbol(word)
        if symbol is None or (sign == "-" and symbol not in symbols):
            raise ListRefused(f"{word} is not in {name}: it has {', '.join(symbols)}.")
        if sign == "-":
            symbols.remove(symbol)
        elif symbol not in symbols:
            symbols.append(symbol)
    if not given:
        raise ListRefused(f"Say which: /list {name} + GS, or /list {name} - {symbols[0]}")
    return ListLine(name, _companies(symbols))
