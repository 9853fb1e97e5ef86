"""Who counts on a session, who came and went with the ranks or between them, and who is left out, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlite_utils import Database

from alerts.market.eligibility import domiciled_elsewhere
from storage import companies, exclusions, memberships


@dataclass(frozen=True)
class Member:
    """A member on a session. `was`: its segment by the ranks before those in force, None where it had none."""

    symbol: str
    name: str
    rank: int  # when it was ranked; of a newcomer that entered large, at the close of its fifth session
    segment: str
    market_value: float  # US dollars, on the day of the rank
    was: str | None
    listed: bool  # whether the last census still had it
    entered: date | None = None  # of a newcomer that entered large before it was ranked


@dataclass(frozen=True)
class Left:
    """Who was a member by the ranks before, and is none by those in force."""

    symbol: str
    name: str
    was: str


@dataclass(frozen=True)
class Gone:
    """Who is a member by the ranks in force, and is gone: from which session on, and why."""

    symbol: str
    name: str
    was: str
    since: date
    reason: str


@dataclass(frozen=True)
class Membership:
    """Who counts on a session. `compared`: whether there are ranks before those in force to compare with."""

    session: date
    taken: memberships.Reconstitution
    members: tuple[Member, ...]
    left: tuple[Left, ...]
    gone: tuple[Gone, ...]
    renamed: tuple[memberships.Rename, ...]  # since the ranks were taken
    compared: bool

    def count(self, segment: str) -> int:
        """How many members a segment has."""
        return sum(member.segment == segment for member in self.members)

    @property
    def elsewhere(self) -> tuple[Member, ...]:
        """The large members whose names have a legal form of another country: all that the source tells of domicile."""
        return tuple(one for one in self.members if one.segment == "large" and domiciled_elsewhere(one.name))

    def as_json(self) -> dict[str, Any]:
        """For `universe --json`."""
        return {
            "session": self.session.isoformat(),
            "season": str(self.taken.season),
            "ranked_on": self.taken.ranked_on.isoformat(),
            "in_force": self.taken.season.in_force.isoformat(),
            "provisional": self.taken.provisional,
            "rank_days": self.taken.rank_days,
            "members": [_dated(vars(member)) for member in self.members],
            "left": [vars(left) for left in self.left] if self.compared else None,
            "gone": [_dated(vars(one)) for one in self.gone],
            "renamed": [_dated(vars(one)) for one in self.renamed],
            "large_domiciled_elsewhere": [member.symbol for member in self.elsewhere],
        }


def _dated(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


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
    register = memberships.register(db, session, session)
    ranks = register.in_force(session)
    taken = None if ranks is None else memberships.reconstitution(db, ranks.season)
    if ranks is None or taken is None:
        return None
    now, before = (memberships.membership(db, season) for season in (ranks.season, ranks.season.before))
    was = dict(zip(before["symbol"], before["segment"], strict=True))
    latest = companies.latest_census(db)
    here = register.on(session)
    rows = {row[0]: row for row in now.itertuples(index=False)}
    members = [
        Member(symbol, name, rank, segment, value, was.get(symbol), counted == latest)
        for symbol, name, rank, segment, value, counted in rows.values()
        if symbol in here.index
    ]
    listed, quoted = {one.symbol: one for one in companies.listings(db)}, companies.last_quoted(db)
    for symbol, entry in register.entries.items():
        if symbol in here.index and symbol not in rows:
            is_listed = quoted[symbol].isoformat() == latest
            name, value = listed[symbol].name, entry.market_value
            members.append(Member(symbol, name, entry.rank, "large", value, None, is_listed, entry.enters))
    gone = tuple(
        Gone(one.symbol, listed[one.symbol].name, rows[one.symbol][3], one.begins, one.reason)
        for one in register.absences
        if one.covers(session) and one.symbol in rows
    )
    left = tuple(
        Left(symbol, name, segment)
        for symbol, name, segment in before[["symbol", "name", "segment"]].itertuples(index=False)
        if symbol not in rows
    )
    renamed = tuple(one for one in memberships.renames(db, session) if one.session > taken.ranked_on)
    in_order = tuple(sorted(members, key=lambda member: (member.rank, member.symbol)))
    return Membership(session, taken, in_order, left, gone, renamed, compared=bool(len(before)))


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
