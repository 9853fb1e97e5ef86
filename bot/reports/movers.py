"""Who moved a figure that counts members: companies by cause, whose parts add up to the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sqlite_utils import Database

from alerts.market.sessions import previous_sessions, sessions_between
from alerts.metrics.catalog import Metric, metric
from alerts.metrics.figure import Figure
from alerts.metrics.funds import INDEX_FUNDS
from alerts.metrics.movers import Cause, Part, Side, is_explained, is_share, parts, sides, window
from bot.formatting import short_day
from storage import companies, figures
from storage.database import is_simulated

if TYPE_CHECKING:
    from alerts.market.membership import Register

NEAR = 0.1  # of the companies counted then: where more have no closes any more, they are dropped with age


class NoMovers(Exception):
    """Who moved the figure cannot be told.

    reason: why, as chats and the console show it. console: what helps there, "" where nothing does. Plain text.
    """

    def __init__(self, reason: str, console: str = "") -> None:
        super().__init__(reason)
        self.reason, self.console = reason, console


@dataclass(frozen=True)
class Mover:
    """A company's part. name: as the last census has it. value: its market value when it was ranked, dollars."""

    symbol: str
    name: str
    cause: Cause
    effect: Fraction
    value: float = 0.0


@dataclass(frozen=True)
class Movers:
    """Who moved a figure from one session to another, by cause and, within one, the largest companies first.

    before, after: the recorded figures. new_ranks: whether other ranks are in force on the later session.
    simulated: whether they are of the simulated market.
    """

    of: Metric
    before: Figure
    after: Figure
    movers: tuple[Mover, ...]
    new_ranks: bool
    simulated: bool

    @property
    def change(self) -> float:
        """Of the recorded figures."""
        assert self.before.value is not None
        assert self.after.value is not None
        return self.after.value - self.before.value

    @property
    def explained(self) -> Fraction:
        """The sum of all parts: the change of the figures as the closes held now give them."""
        return sum((one.effect for one in self.movers), Fraction(0))

    @property
    def rest(self) -> float:
        """What the parts leave of the recorded change: closes that came or were corrected since it was recorded."""
        rest = self.change - float(self.explained)
        return 0.0 if abs(rest) < 1e-9 else rest

    def by_cause(self) -> list[tuple[Cause, tuple[Mover, ...], Fraction]]:
        """(cause, who, the sum of their parts) of each cause that there is."""
        out = []
        for cause in Cause:
            if who := tuple(one for one in self.movers if one.cause is cause):
                out.append((cause, who, sum((one.effect for one in who), Fraction(0))))
        return out

    def as_json(self) -> dict[str, Any]:
        """For `who --json`."""
        ends = {
            name: {"session": one.session.isoformat(), "value": one.value, "eligible": one.eligible,
                   "members": one.members, "source": one.source, "notes": list(one.remarks)}
            for name, one in (("from", self.before), ("to", self.after))
        }  # fmt: skip
        return {
            "metric": self.of.id,
            "simulated": self.simulated,
            **ends,
            "unit": self.of.unit,
            "change": self.change,
            "explained": float(self.explained),
            "rest": self.rest,
            "new_ranks": self.new_ranks,
            "causes": [
                {
                    "cause": cause.value,
                    "effect": float(effect),
                    "companies": [{"symbol": one.symbol, "name": one.name, "effect": float(one.effect)} for one in who],
                }
                for cause, who, effect in self.by_cause()
            ],
        }


def who_moved(db: Database, metric_id: str, start: date | None = None, end: date | None = None) -> Movers:
    """Who moved a metric from `start` (the session with a figure before `end`) to `end` (the last one with a figure).

    Raises NoMovers.
    """
    from storage import memberships  # pandas

    if not is_explained(metric_id):
        raise NoMovers(
            "it is no count of members by a condition of each, so no company moved it alone",
            "ask for such a count: breadth.above_200d.small, a share that beats its index, net new highs",
        )
    of = metric(metric_id)
    before, after = _ends(db, of, start, end)
    first, last = before.session, after.session
    back = window(metric_id)
    near = len(sessions_between(first, last)) <= back
    ends = [(first, last)] if near else [(first, first), (last, last)]
    spans = [[*previous_sessions(begin, back), *sessions_between(begin, end)] for begin, end in ends]
    register = memberships.register(db, spans[0][0], last)
    then, now = _sides(db, metric_id, spans, (first, last), register)
    for figure, side in ((before, then[1]), (after, now[1])):
        _require_closes(figure, side)
    symbols, was, is_now = _aligned(then, now)
    found = parts(symbols, was, is_now, share=is_share(metric_id))
    gone = {one.symbol for one in register.absences if one.covers(last)}
    names = {one.symbol: one.name for one in companies.listings(db)}
    values = register.on(first)["market_value"].to_dict() | register.on(last)["market_value"].to_dict()
    movers = [_mover(one, names, values, gone) for one in found]
    order = {cause: at for at, cause in enumerate(Cause)}
    movers.sort(key=lambda one: (order[one.cause], -one.value, one.symbol))
    new_ranks = register.in_force(first) is not register.in_force(last)
    return Movers(of, before, after, tuple(movers), new_ranks, is_simulated(db))


def _ends(db: Database, of: Metric, start: date | None, end: date | None) -> tuple[Figure, Figure]:
    """The recorded figures of both sessions."""
    known = figures.last_told(db, of.id, 1 if start else 2, end)
    if not known:
        up_to = f" up to {short_day(end)}" if end else ""
        raise NoMovers(f"no figure is recorded{up_to}", "run: rotation-alerts refresh")
    after = known[-1]
    if end is not None and after.session != end:
        raise NoMovers(f"there is no figure of {short_day(end)}", f"the last one before: --to {after.session}")
    if start is None:
        if len(known) < 2:
            raise NoMovers(
                f"the figure of {short_day(after.session)} is the first one recorded, so nothing has moved it yet",
                "name a later one with --to, or fill earlier sessions: rotation-alerts backfill --from DATE",
            )
        return known[0], after
    if start >= after.session:
        raise NoMovers(
            f"{short_day(start)} is not before {short_day(after.session)}", "name an earlier session with --from"
        )
    before = figures.history(db, of.id, start, start)
    if not before or before[0].value is None:
        raise NoMovers(f"there is no figure of {short_day(start)}", _later_than(db, of, start, after.session))
    return before[0], after


def _later_than(db: Database, of: Metric, start: date, end: date) -> str:
    """The first session after `start` that a figure can be compared from, as the console's cure."""
    first = next(one.session for one in figures.history(db, of.id, start, end) if one.value is not None)
    return f"the first one after: --from {first}" if first != end else "name an earlier session with --from"


_Held = tuple[tuple[str, ...], Side]


def _sides(
    db: Database, metric_id: str, spans: Sequence[Sequence[date]], ends: tuple[date, date],
    register: Register,
) -> list[_Held]:  # fmt: skip
    """The companies on both ends: of one span that holds both, or of a span each."""
    from bot.reports.members import member_closes  # pandas
    from storage import closes

    out: list[_Held] = []
    for span in spans:
        here = [day for day in ends if day in span]
        held = member_closes(db, span, register, segments_on=here)
        funds, _ = closes.fund_frames(db, sorted(set(INDEX_FUNDS.values())), span)
        rows = [span.index(day) for day in here]
        out += [(held.symbols, side) for side in sides(metric_id, held, funds, rows)]
    return out


def _require_closes(figure: Figure, side: Side) -> None:
    """Raise NoMovers where the closes that a figure was counted from are not held any more."""
    held, counted = int(side.eligible.sum()), figure.eligible or 0
    if held == 0 or abs(held - counted) > NEAR * counted:
        raise NoMovers(
            f"the figure of {short_day(figure.session)} counted {counted:,} companies, the closes held suffice for "
            f"{held:,}: the history is still being filled, or the closes are older than the three years kept",
            "name later sessions with --from and --to, or wait until the history is filled",
        )


def _aligned(then: _Held, now: _Held) -> tuple[tuple[str, ...], Side, Side]:
    """Both sides over the same companies."""
    if then[0] == now[0]:
        return then[0], then[1], now[1]
    symbols = tuple(sorted({*then[0], *now[0]}))
    return symbols, _over(symbols, *then), _over(symbols, *now)


def _over(symbols: tuple[str, ...], held: tuple[str, ...], side: Side) -> Side:
    import numpy as np

    at = {symbol: index for index, symbol in enumerate(symbols)}
    columns = [at[symbol] for symbol in held]

    def spread(values: Any) -> Any:
        wide = np.zeros(len(symbols), dtype=values.dtype)
        wide[columns] = values
        return wide

    return Side(spread(side.within), spread(side.counted), spread(side.eligible), spread(side.weight))


def _mover(part: Part, names: dict[str, str], values: dict[Any, float], gone: set[str]) -> Mover:
    found = Mover(
        part.symbol, names.get(part.symbol, part.symbol), part.cause, part.effect, float(values.get(part.symbol, 0.0))
    )
    return replace(found, cause=Cause.GONE) if part.cause is Cause.LEFT and part.symbol in gone else found
