"""The second pass of a history over real HTTP: killed, turned away, and what stays of the closes afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from support.market_bench import FEW, Bench, few_companies
from support.program import evening, until

from alerts.market.seasons import rank_days
from alerts.metrics.funds import FUNDS
from alerts.metrics.symbols import named_symbols
from bot.pipeline.older import kept_from
from bot.pipeline.refresher import history_passes

pytestmark = [
    pytest.mark.process,
    pytest.mark.timeout(1800),
]  # two histories of FEW companies, one in ten parts

FIRST, DEEP, LAST = date(2025, 8, 11), date(2023, 9, 1), date(2025, 8, 19)
STAGED = "SELECT count(*) FROM older_closes"
FIGURES = "SELECT count(*) FROM figures WHERE metric = 'breadth.ad_ratio.all'"
RANKED = "SELECT count(*) FROM closes WHERE day = 18747"  # 30 April 2021, before the first pass
#: What is asked of the database, and from which answer on the process is killed; None: at once.
MOMENTS = (
    (None, 0), (STAGED, 1), (STAGED, 42), (STAGED, 83), (STAGED, 124), (STAGED, 165), (STAGED, 206),
    (RANKED, 1), (FIGURES, 250), (FIGURES, 492),
)  # fmt: skip


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A market of FEW companies; in `1.db` the first pass, in `2.db` both of them."""
    folder = tmp_path_factory.mktemp("history")
    with few_companies(folder) as web:
        web.stand_at(LAST)
        web.fresh()
        assert web.ask(**asked(FIRST))["companies"] == FEW
        web.fresh(folder / "1.db")
        web.control("/_counts")
        done = web.ask(**asked(DEEP))
        assert done["companies"] == FEW
        # One of each company, the funds, and the other symbols of named pairs, which are asked for twice where unknown.
        assert web.control("/_counts")["chart"] <= FEW + len(FUNDS) + 2 * len(set(named_symbols()) - set(FUNDS))
        yield web


def asked(start: date) -> dict[str, str]:
    return {"do": "backfill", "now": evening(LAST).isoformat(), "from": start.isoformat()}


def left(bench: Bench) -> dict[str, set[tuple[object, ...]]]:
    """What a history leaves, but for the moments at which it came."""
    return {
        name: set(bench.rows(statement))
        for name, statement in {
            "figures": "SELECT metric, session, value, eligible, members, reason, notes, corrected_at FROM figures",
            "closes": "SELECT day, symbol, close FROM closes JOIN companies ON id = company",
            "members": "SELECT season, symbol, rank, segment FROM memberships JOIN companies ON id = company",
            "advances": "SELECT * FROM advances",
            "companies": "SELECT symbol, history_from FROM companies",
            "history": "SELECT figures_from FROM history",
        }.items()
    }


def test_killed_at_ten_moments_it_ends_in_the_same_figures(bench: Bench) -> None:
    bench.path = bench.folder / "2.db"
    unbroken = left(bench)
    assert len(unbroken["figures"]) > 70_000
    bench.fresh(bench.folder / "1.db")
    for statement, count in MOMENTS:
        bench.begin(**asked(DEEP))
        if statement is not None:
            until(lambda statement=statement, count=count: bench.rows(statement)[0][0] >= count, 300)
        bench.kill_driver()
    assert bench.ask(**asked(DEEP))["companies"] == FEW
    assert bench.rows("PRAGMA integrity_check") == [("ok",)]
    found = left(bench)
    for name, rows in unbroken.items():
        assert sorted(found[name] ^ rows, key=str)[:5] == [], name


def test_closes_of_three_years_and_of_rank_days_stay(bench: Bench) -> None:
    bench.path = bench.folder / "2.db"
    begin = kept_from(LAST)
    older = {date.fromisoformat(day) for (day,) in bench.rows(
        "SELECT DISTINCT date(day * 86400, 'unixepoch') FROM closes WHERE day < ?", (begin - date(1970, 1, 1)).days
    )}  # fmt: skip
    assert older
    assert older <= set(rank_days(date(2019, 1, 1), begin))
    assert bench.rows(STAGED) == [(0,)]
    ((first,),) = bench.rows("SELECT min(session) FROM figures WHERE metric = 'breadth.above_200d.large'")
    assert first == DEEP.isoformat()
    assert bench.value("breadth.above_200d.large", DEEP)[0] is not None


def test_being_turned_away_costs_nothing_that_is_there(bench: Bench) -> None:
    bench.fresh(bench.folder / "1.db")
    before = left(bench)
    bench.fault("429", match="chart/Q[A-C]")
    given = bench.ask(**asked(DEEP))
    assert "429" in given["text"], given
    bench.control("/_calm")
    assert left(bench) == before
    ((arrived,),) = bench.rows(STAGED)
    assert arrived > 0  # those of the same request that were answered are kept
    bench.control("/_counts")
    assert bench.ask(**asked(DEEP))["companies"] == FEW
    assert bench.control("/_counts")["chart"] <= FEW - arrived + 60


def test_the_passes_are_a_year_of_figures_and_the_rest() -> None:
    assert history_passes(LAST, 0) == []
    assert history_passes(LAST, 1) == [date(2024, 8, 16)]
    assert history_passes(LAST, 10) == [date(2024, 8, 16), date(2015, 8, 19)]
    assert history_passes(date(2024, 2, 29), 10)[1] == date(2014, 2, 28)
