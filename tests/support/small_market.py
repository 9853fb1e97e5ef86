"""A database of forty companies by hand: members, closes of a year and a half, and figures counted from them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from sqlite_utils import Database

from alerts.market.seasons import season_on
from alerts.market.sessions import close_of, previous_sessions
from alerts.metrics import breadth
from alerts.metrics.compute import WINDOW
from alerts.metrics.figure import Figure
from bot.reports.members import member_closes
from storage import closes, companies, figures, memberships, sessions
from storage.database import claim_market, writing
from storage.memberships import Reconstitution
from support.program import DAYS

COMPANIES = 40
LAST = DAYS[2]
METRICS = ("breadth.above_20d.large", "breadth.above_50d.small", "breadth.above_200d.all",
           "breadth.beating_index_63d.small", "breadth.net_highs.all")  # fmt: skip


def fill(db: Database) -> None:
    """Twenty large and twenty small companies and three funds, whose closes walk at random from one seed."""
    span = [*previous_sessions(DAYS[0], WINDOW + 60), *DAYS[:3]]
    draw = np.random.default_rng(3)
    walks = np.exp(np.cumsum(draw.normal(0.0, 0.03, (len(span), COMPANIES)), axis=0) + 3.0)
    symbols = [f"C{at:02}" for at in range(COMPANIES)]
    named = pd.DataFrame(
        {"name": [f"Company {at:02} Inc." for at in range(COMPANIES)], "first_trade": pd.NaT, "shares_all": 1e6},
        index=symbols,
    )
    season = season_on(DAYS[0])
    ranks = pd.DataFrame(
        {
            "rank": range(1, COMPANIES + 1),
            "segment": ["large"] * 20 + ["small"] * 20,
            "market_value": [1e12 / (1 + at) for at in range(COMPANIES)],
        },
        index=symbols,
    )
    now = close_of(LAST)
    claim_market(db, "sample", now)
    with writing(db):
        companies.record_companies(db, named, LAST)
        for one in (season.before.before, season.before, season):
            memberships.record_reconstitution(db, Reconstitution(one, one.ranked_on, False, 1), ranks)
        keys = companies.ids(db)
        closes.record_closes(db, span, [keys[symbol] for symbol in symbols], np.rint(walks * 1e6).astype(np.int64))
        index = pd.DatetimeIndex(pd.to_datetime(span))
        funds = pd.DataFrame(
            {fund: 100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.01, len(span)))) for fund in ("SPY", "IWM", "VTI")},
            index=index,
        )
        closes.record_fund_closes(db, funds, funds)
        _record(db, span, funds)
        for day in DAYS[:3]:
            sessions.note_gathered(db, day, now, None)
            sessions.seal(db, day, now)


def _record(db: Database, span: list[date], funds: pd.DataFrame) -> None:
    held = member_closes(db, span, memberships.register(db, span[0], span[-1]))
    frames = {
        "breadth.above_20d.large": breadth.above_average(held, "large", 20)[0],
        "breadth.above_50d.small": breadth.above_average(held, "small", 50)[0],
        "breadth.above_200d.all": breadth.above_average(held, "all", 200)[0],
        "breadth.beating_index_63d.small": breadth.beating_index(held, funds, 63)["breadth.beating_index_63d.small"],
        "breadth.net_highs.all": breadth.net_highs(breadth.highs_and_lows(held, "all"), "all"),
    }
    rows = []
    for name, frame in frames.items():
        for day in DAYS[:3]:
            row = frame.loc[pd.Timestamp(day)]
            eligible, members = int(row["eligible"]), int(row["members"])
            rows.append(Figure(day, name, float(row["value"]), eligible / members, eligible, members, "test", None))
    figures.record_figures(db, rows, close_of(LAST), backfilled=False)
