"""Figure: one dated number, or the reason why it is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from alerts.metrics.catalog import metric


@dataclass(frozen=True)
class Figure:
    """The value of one metric on one session."""

    session: date
    metric: str
    value: float | None
    coverage: float | None  # 0–1
    eligible: int | None  # how many companies or funds were counted
    members: int | None  # how many there are in all
    source: str
    reason: str | None  # why the value is missing; None if it is not
    notes: tuple[str, ...] = ()  # what is approximate: "provisional members", "surviving companies" …
    observed: date | None = None  # the observation's own date, of series that are not observed every session
    corrected_on: date | None = None  # the day on which the value was written over
    #: On the first session of new ranks: the value had the ranks before still applied; None where that is not known.
    by_former_members: float | None = None
    was: float | None = None  # of a corrected value, the first one; None where it was missing
    #: ISO time at which its inputs were fetched; None before it is stored. Not compared between figures.
    fetched_at: str | None = field(default=None, compare=False)

    @property
    def dated(self) -> str | None:
        """ "of 1 Jun 2025" where the observation is not of the session itself."""
        return None if self.observed is None or self.observed == self.session else f"of {_day(self.observed)}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """All there is to say of where the value comes from: the observation's date, the notes, a correction."""
        out = (self.dated, *self.notes) if self.dated else self.notes
        if self.corrected_on is None:
            return out
        before = "missing" if self.was is None else metric(self.metric).show(self.was)
        return (*out, f"corrected on {_day(self.corrected_on)} (was {before})")

    @property
    def provenance(self) -> str:
        """The source and the remarks in one line."""
        return ", ".join(filter(None, (self.source, *self.remarks)))


def _day(session: date) -> str:
    return f"{session.day} {session:%b %Y}"
