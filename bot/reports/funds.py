"""What is held of a fund: its close beside its averages; and of two funds: their ratio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlite_utils import Database

from alerts.metrics.transforms import average
from bot.charts.spec import Chart, Line, Panel
from bot.formatting import short_day
from storage import figures, fund_closes
from storage.sessions import last_judged

SESSIONS = 300  # drawn at most
AVERAGES = (50, 200)
BASE = date(2020, 1, 2)  # on which a ratio is 100; later, where one of the funds began later

Dated = Sequence[tuple[date, float | None]]


@dataclass(frozen=True)
class Gap:
    """A value beside its n-session average. average: None while the history is shorter."""

    n: int
    average: float | None
    value: float

    @property
    def percent(self) -> float | None:
        """How far the value is above the average, in percent of it."""
        return None if not self.average else (self.value / self.average - 1) * 100


@dataclass(frozen=True)
class Held:
    """A fund's close, or the ratio of two, on its latest session.

    name: "IWM" or "XLF/SPY". before: the value a session before. base: the session on which a ratio is 100.
    """

    name: str
    session: date
    value: float
    before: float | None
    gaps: tuple[Gap, ...]
    source: str
    base: date | None = None

    @property
    def change(self) -> float | None:
        """Since the session before, in percent."""
        return None if not self.before else (self.value / self.before - 1) * 100


def held(db: Database, symbols: Sequence[str], simulated: bool) -> tuple[Held, Chart] | None:
    """What is held of one symbol, or of the ratio of two."""
    if len(symbols) == 1:
        return fund(db, symbols[0], simulated)
    return pair(db, symbols[0], symbols[1], simulated)


def fund(db: Database, symbol: str, simulated: bool) -> tuple[Held, Chart] | None:
    """A fund's close in dollars and its chart; None where no close of it is held."""
    until = last_judged(db)
    past = [] if until is None else fund_closes.latest_fund_closes(db, symbol, until, None)
    return _held(db, symbol, [(day, value) for day, value in past if value is not None], None, simulated)


def pair(db: Database, first: str, second: str, simulated: bool) -> tuple[Held, Chart] | None:
    """The ratio of two funds' total-return closes, 100 on 2 January 2020; None where one of them is not held."""
    until = last_judged(db)
    if until is None:
        return None
    over = dict(fund_closes.latest_adjusted_closes(db, second, until))
    of_first = fund_closes.latest_adjusted_closes(db, first, until)
    both = [(day, value / over[day]) for day, value in of_first if over.get(day)]
    if not both:
        return None
    base, unit = next(((day, value) for day, value in both if day >= BASE), both[-1])
    return _held(db, f"{first}/{second}", [(day, 100 * value / unit) for day, value in both], base, simulated)


def _held(
    db: Database, name: str, past: Sequence[tuple[date, float]], base: date | None, simulated: bool
) -> tuple[Held, Chart] | None:
    if not past:
        return None
    session, value = past[-1]
    values = [each for _, each in past]
    recorded = figures.history(db, "size.ratio", session, session)
    source = recorded[0].provenance if recorded else ""
    before = values[-2] if len(values) > 1 else None
    gaps = tuple(Gap(n, average(values, n), value) for n in AVERAGES)
    held = Held(name, session, value, before, gaps, source, base)
    first = max(0, len(past) - SESSIONS)
    days = tuple(day for day, _ in past[first:])
    lines = [Line(name, days, tuple(values[first:]))]
    for n in AVERAGES:
        means = tuple(average(values[: at + 1], n) for at in range(first, len(values)))
        if any(mean is not None for mean in means):
            lines.append(Line(f"{n}d average", days, means, "reference"))
    unit = "close" if name.startswith("^") else "close in dollars"
    title = f"{name}, {unit}" if base is None else f"{name}, 100 on {short_day(base)}"
    subtitle = " · ".join(filter(None, (short_day(session), source)))
    return held, Chart(name, subtitle, (Panel(title, "", tuple(lines)),), simulated)
