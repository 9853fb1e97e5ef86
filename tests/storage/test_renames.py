"""A company's new symbol: rules and figures of its price go on under it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from sqlite_utils import Database

from alerts.metrics.figure import Figure
from alerts.rules.grammar import parse
from storage import chats, companies, figures, rules
from storage.database import writing
from storage.renames import KEYED, renamed_key

NOW = datetime(2025, 8, 29, 21, tzinfo=UTC)
DAY = date(2025, 8, 29)


@pytest.mark.parametrize(
    ("key", "renamed"),
    [
        ("price.OLD", "price.NEW"),
        ("price.OLD - avg(50)", "price.NEW - avg(50)"),
        ("pair.OLD/SPY pct(252)", "pair.NEW/SPY pct(252)"),
        ("pair.SPY/OLD", "pair.SPY/NEW"),
        ("price.OLD > 5 and size.ratio < 90", "price.NEW > 5 and size.ratio < 90"),
        ("price.OLDER", "price.OLDER"),
        ("price.OLD-B", "price.OLD-B"),
        ("pair.GOLD/SPY", "pair.GOLD/SPY"),
        ("import.OLD", "import.OLD"),
    ],
)
def test_only_the_symbol_itself_is_renamed(key: str, renamed: str) -> None:
    assert renamed_key(key, "OLD", "NEW") == renamed


def test_rules_and_figures_of_a_price_go_along_with_the_company(db: Database) -> None:
    # RSP stands for any symbol whose price is watched: the rows are those of every other one.
    listing = pd.DataFrame(
        {"name": ["Some Company"], "first_trade": [pd.Timestamp("2003-05-01")], "shares_all": [1e9]}, index=["RSP"]
    )
    with writing(db):
        companies.record_companies(db, listing, DAY)
        figures.record_figures(db, [Figure(DAY, "price.RSP", 180.0, 1.0, 1, 1, "test", None)], NOW, backfilled=False)
        chats.subscribe(db, 1, NOW)
        for line in ("rsp > 200", "rsp > 150 and iwm/spy > 5"):
            rules.add_rule(db, 1, parse(line), [(DAY, 1.0)], NOW)
        states = db.conn.execute("SELECT level, rule, phase FROM watches ORDER BY rule").fetchall()
        companies.rename(db, "RSP", "NEWS", DAY)
    keys = {(table, key) for table, column in KEYED for (key,) in db.conn.execute(f"SELECT {column} FROM {table}")}
    assert {key for table, key in keys if table == "figures"} == {"price.NEWS"}
    assert {key for table, key in keys if table == "rules"} == {"price.NEWS", "price.NEWS > 150 and size.ratio > 5"}
    assert all("price.RSP" not in key for _, key in keys)
    assert db.conn.execute("SELECT level, rule, phase FROM watches ORDER BY rule").fetchall() == states
