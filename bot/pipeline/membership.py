"""Who counts: the year's ranks, taken on the closes of their day as soon as those are there."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sqlite_utils import Database

from alerts.market import universe
from storage import closes, companies

ENOUGH = 0.90  # of the companies that traded on the rank day must have its close, or the ranks are provisional


def ensure_members(db: Database, year: int, counted: universe.Companies | None) -> None:
    """Rank the companies for `year` if that has not been done on the closes of its rank day.

    Without those closes the census's own values rank, provisionally. Call inside `writing()`.
    """
    taken = companies.reconstitution(db, year)
    if taken is not None and not taken.provisional:
        return
    known = companies.companies(db)
    candidates = known if counted is None else known.loc[counted.frame.index]
    ranked_on = universe.rank_day(year)
    kept = closes.close_matrix(db, [ranked_on], candidates["id"].tolist())[0] / 1e6
    traded = candidates["first_trade"].isna() | (candidates["first_trade"] <= ranked_on.isoformat())
    if traded.sum() and (kept > 0).sum() >= ENOUGH * traded.sum():
        value = pd.Series(np.where(kept > 0, kept, np.nan), index=candidates.index) * candidates["shares"]
        value, provisional = value.dropna(), False
    elif taken is None and counted is not None:
        value, provisional, ranked_on = counted.frame["market_value"], True, counted.session
    else:
        return
    before = companies.members(db, year - 1)
    ranked = universe.segments(value, before if len(before) else None)
    ranked["market_value"] = value
    companies.record_reconstitution(
        db, companies.Reconstitution(year, ranked_on, universe.effective_day(year), provisional), ranked
    )
