"""Companies leave, come back, change their symbol and are listed, day by day, through the real refresh over HTTP."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from support.market_bench import TESTS, Bench, market
from support.program import evening

from alerts.market.sessions import sessions_between
from bot.reports.universe import membership_on

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]  # the walk of all tests is made once

S = sessions_between(date(2025, 8, 19), date(2025, 8, 27))  # seven sessions in a row
#: By rank of the largest, none of them among the twenty that a session waits for.
LEAVER, RETURNER, RENAMED, REBRANDED, REPLACED = 60, 70, 80, 90, 100


@dataclass
class Walk:
    """Seven sessions, refreshed one by one. symbols: of the census on the first one, largest first."""

    bench: Bench
    symbols: list[str]
    outcomes: list[dict[str, Any]]

    def members(self, session: date) -> dict[str, dict[str, Any]]:
        """Who counts on a session, as `universe --json` lists them, by symbol."""
        return {member["symbol"]: member for member in self.universe(session)["members"]}

    def universe(self, session: date) -> dict[str, Any]:
        with self.bench.open() as db:
            found = membership_on(db, session)
        assert found is not None
        return json.loads(json.dumps(found.as_json()))

    def figure(self, metric: str, session: date) -> tuple[Any, ...]:
        """value, eligible, members of a figure."""
        (row,) = self.bench.rows(
            "SELECT value, eligible, members FROM figures WHERE metric = ? AND session = ?", metric, str(session)
        )
        return row


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("life")
    serve = [sys.executable, str(TESTS / "support" / "market_web.py"), "--state", str(folder), "--companies", "530"]
    with market(folder, [*serve, "--first", "2025-04-01"]) as bench:
        bench.fresh()
        (first,) = bench.refresh(S[0])
        assert first["sealed"], first
        bench.ask(do="backfill", now=evening(S[0]).isoformat(), **{"from": str(S[0])})
        symbols = [symbol for (symbol,) in bench.rows(
            "SELECT symbol FROM memberships JOIN companies ON companies.id = company "
            "WHERE season = (SELECT max(season) FROM memberships) ORDER BY rank"
        )]  # fmt: skip
        bench.stand_at(S[1])
        for rank in (LEAVER, RETURNER, REPLACED):
            bench.control(f"/_leave?symbol={symbols[rank]}")
        bench.control(f"/_rename?symbol={symbols[RENAMED]}&to=QNEW")
        bench.control(f"/_rename?symbol={symbols[REBRANDED]}&to=QBRAND&name=Entirely+Different+Inc.")
        bench.control(f"/_list?symbol=QNOVA&like={symbols[3]}")
        bench.control(f"/_list?symbol=QTINY&like={symbols[-5]}&times=0.2")
        outcomes = [first]
        for session in S[1:]:
            bench.stand_at(session)
            if session == S[6]:
                bench.control(f"/_return?symbol={symbols[RETURNER]}")
                bench.control(f"/_list?symbol={symbols[REPLACED]}&like={symbols[-9]}")
            outcomes += bench.refresh(session)
            shutil.copy(bench.path, folder / f"after-{session}.db")
        yield Walk(bench, symbols, outcomes)


def test_every_session_is_judged_on_its_evening(walk: Walk) -> None:
    assert [(one["session"], one["sealed"], one["lacking"]) for one in walk.outcomes] == [(str(d), True, []) for d in S]


def test_a_leaver_is_gone_from_the_session_after_its_last_close(walk: Walk) -> None:
    gone = walk.symbols[LEAVER]
    assert gone in walk.members(S[0])
    assert gone not in walk.members(S[1])
    told = {one["symbol"]: one for one in walk.universe(S[6])["gone"]}[gone]
    assert (told["since"], told["was"]) == (str(S[1]), "large")
    assert told["reason"] == f"no quote and no close after {S[0]}"


@pytest.mark.parametrize("metric", ["breadth.ad_ratio.large", "concentration.top7", "valuation.loss_share.large"])
def test_who_is_absent_costs_coverage_until_it_is_gone_and_the_sessions_between_are_corrected(
    walk: Walk, metric: str
) -> None:
    def told(on: date, after: date) -> tuple[Any, ...]:
        walk.bench.path = walk.bench.folder / f"after-{after}.db"
        return walk.figure(metric, on)[1:]

    kept = walk.bench.path
    fourth, fifth, first = told(S[4], S[4]), told(S[4], S[5]), told(S[1], S[5])
    walk.bench.path = kept
    assert fourth == (497, 500)  # three are absent, and not gone yet
    assert fifth == first == (497, 497)  # also what is made of quotes: those of five sessions are kept
    assert walk.figure(metric, S[5])[1:] == (497, 497)


def test_a_renamed_company_goes_on_with_its_membership_and_its_closes(walk: Walk) -> None:
    for rank, symbol in ((RENAMED, "QNEW"), (REBRANDED, "QBRAND")):  # by the same name, and by the same closes
        before = walk.symbols[rank]
        member = walk.members(S[6])[symbol]
        assert (member["segment"], member["rank"]) == ("large", rank + 1)
        assert before not in walk.members(S[6])
        assert (before, symbol, str(S[1])) in [
            (one["former"], one["symbol"], one["session"]) for one in walk.universe(S[6])["renamed"]
        ]
        ((count,),) = walk.bench.rows(
            "SELECT count(*) FROM closes JOIN companies ON companies.id = company WHERE symbol = ? AND close > 0",
            symbol,
        )
        assert count >= len(S)  # those from before the change too
    assert not {walk.symbols[RENAMED], walk.symbols[REBRANDED]} & {one["symbol"] for one in walk.universe(S[6])["gone"]}


def test_a_very_large_newcomer_enters_large_on_its_sixth_session_and_another_waits(walk: Walk) -> None:
    assert "QNOVA" not in walk.members(S[5])  # its fifth, at whose close it is ranked
    member = walk.members(S[6])["QNOVA"]
    assert (member["segment"], member["entered"]) == ("large", str(S[6]))
    assert member["rank"] < 10  # beside the one whose value it has
    assert "QTINY" not in walk.members(S[6])


def test_who_comes_back_is_a_member_again_and_who_took_a_symbol_is_not(walk: Walk) -> None:
    back, replaced = walk.symbols[RETURNER], walk.symbols[REPLACED]
    assert back not in walk.members(S[5])
    assert walk.members(S[6])[back]["segment"] == "large"
    assert walk.figure("breadth.ad_ratio.large", S[6])[2] == 499  # 497, this one, and the newcomer
    # Another company has the symbol now: with another first trade date, and not a member by the ranks of the first.
    assert replaced not in walk.members(S[6])
    ((listed,),) = walk.bench.rows("SELECT first_trade FROM companies WHERE symbol = ?", replaced)
    assert listed == str(S[6])


def test_top_seven_counts_the_newcomer_once_it_is_a_member(walk: Walk) -> None:
    value, eligible, members = walk.figure("concentration.top7", S[6])
    before, *_ = walk.figure("concentration.top7", S[5])
    assert eligible == members
    assert value > before + 0.3  # a very large company twice
