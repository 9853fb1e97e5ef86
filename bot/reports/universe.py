"""Who counts on a session, who came and went with the year's ranks, and who is left out, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlite_utils import Database

from alerts.market import universe
from storage import companies, exclusions


@dataclass(frozen=True)
class Member:
    """A member by the year's ranks. `was`: its segment by those of the year before, None where it had none."""

    symbol: str
    name: str
    rank: int
    segment: str
    market_value: float  # US dollars, on the day of the ranks
    was: str | None
    listed: bool  # whether the last census still had it


@dataclass(frozen=True)
class Left:
    """Who was a member by the ranks of the year before, and is none by this year's."""

    symbol: str
    name: str
    was: str


@dataclass(frozen=True)
class Membership:
    """Who counts on a session. `compared`: whether there are ranks of the year before to compare with."""

    session: date
    taken: companies.Reconstitution
    members: tuple[Member, ...]
    left: tuple[Left, ...]
    compared: bool

    def count(self, segment: str) -> int:
        """How many members a segment has."""
        return sum(member.segment == segment for member in self.members)

    def as_json(self) -> dict[str, Any]:
        """For `universe --json`."""
        return {
            "session": self.session.isoformat(),
            "ranked_on": self.taken.ranked_on.isoformat(),
            "in_force": self.taken.in_force.isoformat(),
            "provisional": self.taken.provisional,
            "members": [vars(member) for member in self.members],
            "left": [vars(left) for left in self.left] if self.compared else None,
        }


@dataclass(frozen=True)
class LeftOut:
    """What a census held that is no company, and closes that are not believed."""

    census: date
    lines: int
    companies: int
    excluded: tuple[exclusions.Excluded, ...]
    held_back: tuple[tuple[str, date, str], ...]  # symbol, session, reason

    def as_json(self) -> dict[str, Any]:
        """For `universe --excluded --json`."""
        return {
            "census": self.census.isoformat(),
            "lines": self.lines,
            "companies": self.companies,
            "excluded": [vars(line) | {"since": line.since.isoformat()} for line in self.excluded],
            "held_back": [
                {"symbol": symbol, "session": session.isoformat(), "reason": reason}
                for symbol, session, reason in self.held_back
            ],
        }


def membership_on(db: Database, session: date) -> Membership | None:
    """Who counts on `session`; None where the ranks in force then were never taken."""
    year = universe.in_force_on(session)
    taken = companies.reconstitution(db, year)
    if taken is None:
        return None
    now, before = companies.membership(db, year), companies.membership(db, year - 1)
    was = dict(zip(before["symbol"], before["segment"], strict=True))
    latest = now["last_census"].max()
    members = tuple(
        Member(symbol, name, rank, segment, value, was.get(symbol), counted == latest)
        for symbol, name, rank, segment, value, counted in now.itertuples(index=False)
    )
    here = set(now["symbol"])
    left = tuple(
        Left(symbol, name, segment)
        for symbol, name, segment in before[["symbol", "name", "segment"]].itertuples(index=False)
        if symbol not in here
    )
    return Membership(session, taken, members, left, compared=bool(len(before)))


def left_out_on(db: Database, session: date) -> LeftOut | None:
    """What the last census up to `session` left out; None where there was none."""
    found = exclusions.last_census(db, session)
    if found is None:
        return None
    census, lines, count = found
    held = exclusions.held_back(db, date(1999, 1, 1), session)
    return LeftOut(
        census, lines, count, tuple(exclusions.excluded_on(db, census)),
        tuple((symbol, day, reason) for (symbol, day), reason in sorted(held.items())),
    )  # fmt: skip
