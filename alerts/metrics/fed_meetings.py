"""Decision days of the Federal Open Market Committee, from a dated table, because no data source lists them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from importlib import resources


@dataclass(frozen=True)
class Meetings:
    """Decision days, ascending, and the months ("2025-09") that the table covers."""

    decisions: tuple[date, ...]
    first_month: str
    source: str

    @property
    def last(self) -> date:
        """The last decision day in the table."""
        return self.decisions[-1]

    def knows(self, month: str) -> bool:
        """Whether the table covers `month`."""
        return self.first_month <= month <= f"{self.last:%Y-%m}"

    def in_month(self, month: str) -> date | None:
        """The decision in `month`, if there is one."""
        return self._by_month.get(month)

    @cached_property
    def _by_month(self) -> dict[str, date]:
        return {f"{day:%Y-%m}": day for day in reversed(self.decisions)}  # the first of a month counts


@lru_cache(maxsize=1)
def scheduled() -> Meetings:
    """The table that comes with the package."""
    text = resources.files("alerts.metrics").joinpath("fed_meetings.toml").read_text(encoding="utf-8")
    held = tomllib.loads(text)
    return Meetings(tuple(held["decisions"]), held["first_month"], held["source"])
