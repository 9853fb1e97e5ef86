"""The past of the metrics made of funds and economic series, right after a first refresh."""

from __future__ import annotations

import pytest
from sqlite_utils import Database
from support.program import DAYS, evening

from alerts.market.feed import FeedUnavailable
from alerts.market.sample import SampleMarket
from alerts.market.sample.economy import SampleEconomy
from alerts.metrics.catalog import catalog
from alerts.metrics.symbols import named_pairs
from bot.pipeline.context import RunContext
from bot.pipeline.past import WITHOUT_COMPANIES
from bot.pipeline.session import refresh
from storage import figures


class Away(SampleEconomy):
    """An economy whose source does not answer."""

    def series(self, identity: str) -> None:  # type: ignore[override]
        raise FeedUnavailable(f"{identity}: no answer")


def firsts(db: Database) -> dict[str, tuple[str, int]]:
    """By metric with a past, its first session and how many sessions it has."""
    rows = db.conn.execute("SELECT metric, min(session), count(*) FROM figures GROUP BY metric HAVING count(*) > 2")
    return {metric: (first, count) for metric, first, count in rows}


def test_it_is_there_before_any_company_has_a_history(db: Database, market: SampleMarket) -> None:
    refresh(RunContext(db, market, evening(DAYS[0]), Away()), DAYS[0])
    without_economy = firsts(db)
    assert db.conn.execute("SELECT count(DISTINCT day) FROM closes").fetchone() == (1,)
    assert {metric.split(".")[0] for metric in without_economy} == {"size", "breadth", "sectors", "price", "pair"}
    held = sorted({day for (day,) in db.conn.execute("SELECT date(day * 86400, 'unixepoch') FROM fund_closes")})
    assert without_economy["size.ratio"] == (held[0], len(held))
    assert without_economy["size.trend"] == (held[199], len(held) - 199)

    # The economy answers on the next day: what is made of it has its past then, and nothing else is computed again.
    refresh(RunContext(db, market, evening(DAYS[1]), SampleEconomy(past=False)), DAYS[1])
    whole = firsts(db)
    expected = {entry.id for entry in catalog().values() if entry.counts in WITHOUT_COMPANIES}
    assert expected - set(whole) <= {"rates.sep_gap", "rates.cut_odds", "rates.hike_odds"}  # no contract of the past
    assert not set(whole) - expected - set(named_pairs())
    assert figures.with_past(db) >= expected - {"rates.sep_gap", "rates.cut_odds", "rates.hike_odds"}
    before = {name: (first, count - 1) for name, (first, count) in whole.items() if name in without_economy}
    assert before == without_economy


def test_the_same_as_a_session_records_itself(db: Database, market: SampleMarket) -> None:
    refresh(RunContext(db, market, evening(DAYS[0]), SampleEconomy(past=False)), DAYS[0])
    refresh(RunContext(db, market, evening(DAYS[1]), SampleEconomy(past=False)), DAYS[1])
    itself = figures.on_session(db, DAYS[1])
    db.conn.execute("DELETE FROM pasts")
    db.conn.execute("DELETE FROM figures WHERE session <= ?", [DAYS[1].isoformat()])
    refresh(RunContext(db, market, evening(DAYS[2]), SampleEconomy(past=False)), DAYS[2])
    filled = figures.on_session(db, DAYS[1])
    assert len(filled) > 40
    for name, figure in filled.items():
        assert figure.value == pytest.approx(itself[name].value, rel=1e-9), name
        assert (figure.coverage, figure.notes, figure.observed) == (
            itself[name].coverage, itself[name].notes, itself[name].observed
        )  # fmt: skip
