"""What becomes of the listings of a simulated market: companies leave, come back, change their symbol, and are listed.

Each change holds from the session on at which the market stands when it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Newcomer:
    """A company that is listed on `listed`: its closes are `times` those of the company `like`, its value likewise."""

    like: str
    listed: date
    times: float


@dataclass
class Listings:
    """gone: symbols that are known no more. renamed: (symbol before, other name or "") by symbol. new: by symbol."""

    gone: set[str] = field(default_factory=set)
    renamed: dict[str, tuple[str, str]] = field(default_factory=dict)
    new: dict[str, Newcomer] = field(default_factory=dict)

    def clear(self) -> None:
        """All companies are listed as they were."""
        self.gone.clear()
        self.renamed.clear()
        self.new.clear()

    def change(self, path: str, query: dict[str, str], today: date) -> None:
        """/_leave and /_return ?symbol=, /_rename?symbol=&to=[&name=], /_list?symbol=&like=[&times=]."""
        symbol = query["symbol"]
        match path:
            case "/_leave":
                self.gone.add(symbol)
            case "/_return":
                self.gone.discard(symbol)
            case "/_rename":
                self.gone.add(symbol)
                self.renamed[query["to"]] = (symbol, query.get("name", ""))
            case "/_list":
                self.gone.discard(symbol)
                self.new[symbol] = Newcomer(query["like"], today, float(query.get("times", 1)))

    def closes(self, symbol: str) -> tuple[str, date | None, float] | None:
        """Whose closes a symbol has, from when on (None: all of them), times how much; None: nobody has that symbol."""
        if symbol in self.new:
            one = self.new[symbol]
            return one.like, one.listed, one.times
        if symbol in self.gone:
            return None
        return self.renamed[symbol][0] if symbol in self.renamed else symbol, None, 1.0

    def quotes(self, quotes: Sequence[dict[str, Any]], opening_of: dict[str, int]) -> list[dict[str, Any]]:
        """The quotes as they are listed now, largest first. opening_of: seconds of the first session, by new symbol."""
        by_symbol = {quote["symbol"]: quote for quote in quotes}
        found = [quote for symbol, quote in by_symbol.items() if symbol not in self.gone | set(self.new)]
        for symbol, (before, name) in self.renamed.items():
            quote = by_symbol[before]
            found.append(quote | {"symbol": symbol, "longName": name or quote["longName"]})
        for symbol, one in self.new.items():
            quote = by_symbol[one.like]
            scaled = {
                key: quote[key] * one.times for key in ("regularMarketPrice", "regularMarketPreviousClose", "marketCap")
            }
            found.append(
                quote | scaled | {
                    "symbol": symbol, "longName": f"{symbol.title()} Launch Corp.",
                    "firstTradeDateMilliseconds": opening_of[symbol] * 1000,
                }
            )  # fmt: skip
        return sorted(found, key=lambda quote: -quote["marketCap"])
