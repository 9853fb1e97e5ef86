"""What fed funds futures say of the next meetings, from what is kept."""

from __future__ import annotations

import csv
import io
import math
import re
from datetime import date
from typing import Any

import pandas as pd
from sqlite_utils import Database

from alerts.metrics.fed_meetings import scheduled
from alerts.metrics.odds import STEP, NoOdds, TargetRange, Tree, tree
from alerts.metrics.rates import AS_READ, prices_on
from alerts.metrics.releases import known
from storage import economy

_RANGE = re.compile(r"(\d{1,2}(?:\.\d{1,4})?)\s*[-–]\s*(\d{1,2}(?:\.\d{1,4})?)")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_PRICE = re.compile(r"\d{2,3}(\.\d{1,6})?")


def odds_on(db: Database, session: date) -> Tree:
    """The whole tree after the close of `session`. Raises NoOdds."""
    sessions = pd.DatetimeIndex([pd.Timestamp(session)])
    held = economy.series(db, ("DFEDTARL", "DFEDTARU"))
    bounds: dict[str, float] = {}
    days: list[date] = []
    for name in ("DFEDTARL", "DFEDTARU"):
        told = known(held, name, sessions)
        if isinstance(why := told["reason"].iloc[0], str):
            raise NoOdds(f"target range: {why}")
        bounds[name] = float(told["value"].iloc[0])
        days.append(told["day"].iloc[0].date())
    prices = prices_on(economy.contracts(db, [session]), sessions[0])
    return tree(session, prices, TargetRange(bounds["DFEDTARL"], bounds["DFEDTARU"], min(days)), scheduled())


def range_in(target: str, day: date) -> TargetRange:
    """The target range that text such as "3.75-4.00" names, as FRED has it on `day`. Raises ValueError."""
    found = _RANGE.fullmatch(target.strip())
    lower, upper = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
    if not math.isclose(upper - lower, STEP, abs_tol=1e-9):
        raise ValueError(f"--range {target}: a target range is a quarter point wide, such as 3.75-4.00")
    return TargetRange(lower, upper, day)


def prices_in(text: str) -> dict[str, float]:
    """Contract prices by month of delivery from the lines of a CSV file: a heading month,price, then 2026-09,96.2525.

    Raises ValueError with every line that is wrong.
    """
    out: dict[str, float] = {}
    wrong = []
    for number, cells in enumerate(csv.reader(io.StringIO(text)), 1):
        stripped = [cell.strip() for cell in cells]
        if not any(stripped) or (not out and [cell.casefold() for cell in stripped] == ["month", "price"]):
            continue
        if len(stripped) != 2 or not _MONTH.fullmatch(stripped[0]) or not _PRICE.fullmatch(stripped[1]):
            wrong.append(f"line {number}: {','.join(cells)[:60]!r} is no month and price; write 2026-09,96.2525")
        elif out.setdefault(stripped[0], float(stripped[1])) != float(stripped[1]):
            wrong.append(f"line {number}: {stripped[0]} has another price already, {out[stripped[0]]:g}")
    if wrong:
        raise ValueError("\n".join(wrong[:20]))
    if not out:
        raise ValueError("no line with a month and a price; write 2026-09,96.2525")
    return out


def odds_json(told: Tree) -> dict[str, Any]:
    """For `odds --json`: probabilities 0–1, rates in %."""
    table = scheduled()
    return {
        "session": told.session.isoformat(),
        "range": [told.lower, told.upper],
        "range_source": AS_READ if told.as_futures_read else "FRED",
        "cut_odds": told.cut_odds,
        "hike_odds": told.hike_odds,
        "implied": told.implied,
        "anchors": list(told.anchors),
        "meetings": [
            {
                "decision": meeting.decision.isoformat(),
                "start": meeting.start,
                "end": meeting.end,
                "moves_bp": {str(25 * steps): chance for steps, chance in meeting.moves.items()},
                "lower_bounds": {f"{bound:.2f}": chance for bound, chance in meeting.lower_bounds.items()},
                "left_over": meeting.left_over,
            }
            for meeting in told.meetings
        ],
        "table": {"source": table.source, "last": table.last.isoformat()},
    }
