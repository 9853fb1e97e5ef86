"""Symbols that Yahoo knows: how people write them, and the ids of the metrics that they make.

`pair.QQQ/RSP` is a ratio of two symbols, `price.AAPL` one alone; `breadth.above_50d.NAME@7` is counted over a list of
companies, `import.NAME@7` an imported series. The number after @ is the owner: only its chat sees the metric.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

SYMBOL = r"\^?[A-Z0-9][A-Z0-9.=-]{0,14}"
PAIR_ID = re.compile(rf"pair\.({SYMBOL})/({SYMBOL})")
PRICE_ID = re.compile(rf"price\.({SYMBOL})")
#: Metrics that a list of companies has, as in the catalogue, and the name of a list.
LIST_METRICS = ("above_50d", "above_200d", "ad_ratio", "net_highs", "beating_index_63d")
LIST_NAME = re.compile(r"[a-z][a-z0-9_-]{1,19}")
LIST_ID = re.compile(rf"breadth\.({'|'.join(LIST_METRICS)})\.({LIST_NAME.pattern})@(\d+)")
OWNED = re.compile(r"@(\d+)$")

#: Indices as people type them.
INDICES = {
    "VIX": "^VIX", "SPX": "^GSPC", "GSPC": "^GSPC", "RUT": "^RUT", "NDX": "^NDX", "DJI": "^DJI", "TNX": "^TNX",
    "IRX": "^IRX", "TYX": "^TYX", "FVX": "^FVX", "VVIX": "^VVIX", "MOVE": "^MOVE", "SKEW": "^SKEW",
}  # fmt: skip
#: Codes of currencies: two of them make a currency pair, not a ratio of symbols.
CURRENCIES = frozenset((
    "USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "NZD", "SEK", "NOK", "DKK", "CNY", "CNH", "HKD", "SGD", "INR",
    "KRW", "BRL", "MXN", "ZAR", "TRY", "PLN", "CZK", "HUF",
))  # fmt: skip
_SHARE_CLASS = re.compile(r"([A-Z]{1,5})\.([ABCK])")


@dataclass(frozen=True)
class NamedPair:
    """A pair that belongs to rotation. means: "value against growth". answer: the family that shows it."""

    symbols: tuple[str, str]
    means: str
    names: tuple[str, ...]
    answer: str

    @property
    def metric(self) -> str:
        return f"pair.{self.symbols[0]}/{self.symbols[1]}"


@lru_cache(maxsize=1)
def named_pairs() -> dict[str, NamedPair]:
    """The pairs that have names, by the id of their metric."""
    text = resources.files("alerts.metrics").joinpath("named_pairs.toml").read_text(encoding="utf-8")
    found = [
        NamedPair(tuple(one["symbols"]), one["means"], tuple(one["names"]), one["answer"])
        for one in tomllib.loads(text)["pair"]
    ]
    return {one.metric: one for one in found}


@lru_cache(maxsize=1)
def named_symbols() -> tuple[str, ...]:
    """Every symbol of a named pair, each once."""
    return tuple(dict.fromkeys(symbol for one in named_pairs().values() for symbol in one.symbols))


def as_symbol(text: str) -> str | None:
    """A symbol as Yahoo writes it: "vix" as "^VIX", "brk.b" as "BRK-B", "$aapl" as "AAPL"; None if it is none."""
    plain = text.strip().removeprefix("$").upper()
    if found := _SHARE_CLASS.fullmatch(plain):
        plain = f"{found[1]}-{found[2]}"
    plain = INDICES.get(plain, plain)
    return plain if re.fullmatch(SYMBOL, plain) else None


def symbols_of(metric_id: str) -> tuple[str, ...]:
    """The symbols that a metric is made of: two of a pair, one of a price, none of any other."""
    if found := PAIR_ID.fullmatch(metric_id):
        return found[1], found[2]
    found = PRICE_ID.fullmatch(metric_id)
    return (found[1],) if found else ()


def is_ratio(metric_id: str) -> bool:
    """Whether a metric is a ratio of two symbols: computed from total-return closes, a price from raw ones."""
    return PAIR_ID.fullmatch(metric_id) is not None


def is_listed_abroad(symbol: str) -> bool:
    """Whether a symbol is that of a listing outside the United States, such as VOD.L: its price is in another money."""
    return "." in symbol and "=" not in symbol


def owner_of(metric_id: str) -> int | None:
    """The owner whose chat alone sees a metric; None where everybody does."""
    found = OWNED.search(metric_id)
    return int(found[1]) if found else None


def without_owner(metric_id: str) -> str:
    """The id as its owner types it."""
    return OWNED.sub("", metric_id)
