"""The rotation graph of the sector funds, with small against large and equal against cap weight in it."""

from __future__ import annotations

from datetime import date

from sqlite_utils import Database

from alerts.market.sessions import previous_sessions
from alerts.metrics.catalog import metric
from bot.charts.spec import RotationGraph, Trail
from bot.formatting import short_day
from storage import figures

TAIL = 8  # weeks behind where a fund stands
_HISTORY = 300  # sessions: 27 weeks for the first value, TAIL for the tail, and some that may be missing
_MAIN = "IWM"
_NAMES = {
    "XLB": "Materials", "XLC": "Communication", "XLE": "Energy", "XLF": "Financials", "XLI": "Industrials",
    "XLK": "Technology", "XLP": "Staples", "XLRE": "Real estate", "XLU": "Utilities", "XLV": "Health care",
    "XLY": "Discretionary", _MAIN: "Small caps",
}  # fmt: skip


def rotation_graph(db: Database, session: date, simulated: bool) -> RotationGraph | None:
    """The graph on a session; None where no fund has enough weeks."""
    from alerts.metrics.sectors import rotation  # pandas
    from storage import closes

    sessions = [*previous_sessions(session, _HISTORY), session]
    _, adjusted = closes.fund_frames(db, ("SPY", *_NAMES), sessions)
    trails = []
    for fund, name in _NAMES.items():
        place = rotation(adjusted[fund], adjusted["SPY"]) - 100.0
        weekly = _weekly(sessions, list(zip(place["x"], place["y"], strict=True)))
        if weekly:
            trails.append(Trail(name, tuple(weekly[-TAIL - 1 :]), main=fund == _MAIN))
    if not trails:
        return None
    found = figures.history(db, "sectors.quadrant.xlk", session, session)
    source = found[-1].provenance if found else metric("sectors.quadrant.xlk").source
    subtitle = (
        f"{short_day(session)} · {len(trails)}/{len(_NAMES)} funds · {TAIL} weeks of tail · approximation · {source}"
    )
    return RotationGraph("Who leads: the rotation by sector", subtitle, tuple(trails), simulated)


def _weekly(sessions: list[date], places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The place on the last session of each week, the current week up to now; weeks without one are left out."""
    by_week: dict[tuple[int, int], tuple[float, float]] = {}
    for day, (x, y) in zip(sessions, places, strict=True):
        if x == x and y == y:  # neither is missing
            by_week[day.isocalendar()[:2]] = (float(x), float(y))
    return list(by_week.values())
