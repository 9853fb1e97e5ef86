"""What fed funds futures say of the next meetings, from what is kept."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlite_utils import Database

from alerts.metrics.fed_meetings import scheduled
from alerts.metrics.odds import NoOdds, Tree, tree
from alerts.metrics.rates import prices_on
from alerts.metrics.releases import known
from storage import economy


def odds_on(db: Database, session: date) -> Tree:
    """The whole tree after the close of `session`. Raises NoOdds."""
    sessions = pd.DatetimeIndex([pd.Timestamp(session)])
    held = economy.series(db, ("DFEDTARL", "DFEDTARU"))
    bounds: dict[str, float] = {}
    for name in ("DFEDTARL", "DFEDTARU"):
        told = known(held, name, sessions)
        if isinstance(why := told["reason"].iloc[0], str):
            raise NoOdds(f"target range: {why}")
        bounds[name] = float(told["value"].iloc[0])
    prices = prices_on(economy.contracts(db, [session]), sessions[0])
    return tree(session, prices, bounds["DFEDTARL"], bounds["DFEDTARU"], scheduled())


def odds_json(told: Tree) -> dict[str, Any]:
    """For `odds --json`: probabilities 0–1, rates in %."""
    table = scheduled()
    return {
        "session": told.session.isoformat(),
        "range": [told.lower, told.upper],
        "cut_odds": told.cut_odds,
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
