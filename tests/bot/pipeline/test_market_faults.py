"""What becomes of each way in which the outside world fails: what is kept, what freezes, who is told what.

The same tests run against a market on loopback and, where REPLAY names it, against real closes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from support.market_bench import FEW, LISTENER, Bench, few_companies, market
from support.program import evening

from alerts.market.sessions import seal_deadline
from storage.database import writing

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]  # a busy machine takes minutes to fetch a market

D0, D1, D2 = date(2025, 8, 19), date(2025, 8, 20), date(2025, 8, 21)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module", params=["loopback", pytest.param("replay", marks=pytest.mark.replay)])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("market")
    if request.param == "replay":
        if not os.environ.get("REPLAY"):
            pytest.skip("REPLAY names no serve.py: set it to run on real closes")
        serve = [sys.executable, os.environ["REPLAY"], "--port", "0", "--today", str(D0), "--state", str(folder)]
        served = market(folder, serve)
    else:
        # A year more than the longest window: what fails, and what is told of it, is the same for longer histories.
        served = few_companies(folder, "--first", "2023-01-03")
    with served as found:
        found.fresh()
        (outcome,) = found.refresh(D0)
        assert outcome["sealed"], outcome
        found.listen("iwm/spy crosses 50")
        yield found


@pytest.fixture
def one(bench: Bench) -> Bench:
    """A database with one judged session, somebody who listens, and the market at the next session."""
    at_next_session(bench)
    return bench


def at_next_session(bench: Bench) -> None:
    """A copy of the database with one judged session, and a market without faults at the next session."""
    bench.control("/_calm")
    bench.stand_at(D1)
    bench.fresh(bench.folder / "1.db")


def kept(bench: Bench) -> list[object]:
    """All that a failure must leave as it is."""
    return [
        bench.rows(f"SELECT * FROM {name} ORDER BY 1, 2")
        for name in ("closes", "fund_closes", "memberships", "observations", "watches", "events")
    ] + [bench.rows("SELECT * FROM figures WHERE session <= ? ORDER BY 1, 2", D0.isoformat())]


@pytest.mark.parametrize("kind", ["401", "429", "500", "html", "empty", "close"])
def test_a_source_that_fails_altogether_freezes_everything_and_is_told_once(one: Bench, kind: str) -> None:
    if kind == "401" and one.replayed:
        pytest.skip("the replay never refuses its crumb")
    before = kept(one)
    one.fault(kind)
    for after in (timedelta(0), HOUR):
        (outcome,) = one.refresh(D1, after)
        assert not outcome["sealed"]
        assert {lack.split(" (")[0] for lack in outcome["lacking"]} >= {"fund closes", "census", "economic series"}
    assert kept(one) == before
    told = one.told()
    # One a source, not one a try. A chart that is refused looks like a contract nobody trades.
    sources = ["Census", "Economic series", "Fund closes", "Symbols asked for"] + (
        [] if kind == "401" else ["Fed funds futures"]
    )
    assert len(told) == len(sources), told
    assert all("not available" in text and "Wed 20 Aug 2025" in text for text in told)
    assert "sealed when they arrive, or at 09:00 on Thu 21 Aug" in told[0]
    assert one.told(LISTENER) == []
    one.control("/_calm")
    (outcome,) = one.refresh(D1, 2 * HOUR)
    assert outcome["sealed"], outcome
    assert outcome["lacking"] == []
    assert sorted(text.split("\n")[0] for text in one.told()[len(sources) :]) == [
        f"✅ <b>{source}: back</b>" for source in sorted(sources)
    ]
    assert one.value("size.ratio", D1)[0] is not None


def test_a_source_that_stays_away_is_judged_without_at_nine_in_the_morning(one: Bench) -> None:
    one.fault("500")
    (outcome,) = one.ask(do="refresh", session=D1.isoformat(), now=seal_deadline(D1).isoformat())
    assert outcome["sealed"]
    value, reason = one.value("size.ratio", D1)
    assert value is None
    assert "no close of" in str(reason)
    one.control("/_calm")
    one.stand_at(D2)
    (outcome,) = one.refresh(D2)
    assert outcome["sealed"]
    late = one.rows("SELECT source FROM figures WHERE metric = 'size.ratio' AND session = ?", D1.isoformat())
    assert one.value("size.ratio", D1)[0] is not None, late  # shown from now on; its rules have run
    assert one.rows("SELECT was, corrected_at FROM figures WHERE metric = 'size.ratio' AND session = ?", str(D1)) == [
        (None, str(D2))
    ]
    assert one.told(LISTENER) == []


#: What a request's path matches, and what a refresh says that is lacking where its answer is.
IN_PASSING = {"fredgraph": "economic series", "chart/IWM": "fund closes", "screener": "census"}


@pytest.fixture(scope="module")
def met_once(bench: Bench) -> Callable[[str], tuple[dict[str, Any], list[str]]]:
    """By kind of fault: a refresh in which each source meets it once, and what the operator is told. Made once."""

    @cache
    def refreshed(kind: str) -> tuple[dict[str, Any], list[str]]:
        at_next_session(bench)
        for where in IN_PASSING:
            bench.fault(kind, 1, where)
        (outcome,) = bench.refresh(D1)
        return outcome, bench.told()

    return refreshed


@pytest.mark.parametrize("kind", ["close", "500", "html", "empty", "slow", "401"])
@pytest.mark.parametrize("where", IN_PASSING)
def test_what_fails_in_passing_is_asked_again(
    bench: Bench, met_once: Callable[[str], tuple[dict[str, Any], list[str]]], kind: str, where: str
) -> None:
    if kind in ("slow", "401") and bench.replayed:
        pytest.skip("the replay takes fifteen seconds where this takes three, and never refuses its crumb")
    outcome, told = met_once(kind)
    assert not [lack for lack in outcome["lacking"] if lack.startswith(IN_PASSING[where])]
    assert outcome["sealed"], outcome
    assert told == []


def test_a_fund_without_its_last_close_is_waited_for_then_its_metrics_are_missing(one: Bench) -> None:
    one.fault("nan", match="IWM")
    (outcome,) = one.refresh(D1)
    assert (outcome["sealed"], outcome["lacking"]) == (False, ["fund closes (none of IWM)"])
    (outcome,) = one.ask(do="refresh", session=D1.isoformat(), now=seal_deadline(D1).isoformat())
    assert outcome["sealed"]
    value, reason = one.value("size.ratio", D1)
    assert value is None
    assert "no close of IWM" in str(reason)
    assert one.value("breadth.equal_weight", D1)[0] is not None


def test_a_feed_that_stands_still_is_no_news(one: Bench) -> None:
    one.fault("stale", match="SPY")
    (outcome,) = one.refresh(D1)
    assert outcome["lacking"] == ["fund closes (none of SPY)"]
    one.control("/_calm")
    one.stand_at(D0)
    (outcome,) = one.refresh(D1, HOUR)
    assert not outcome["sealed"]
    assert any("quotes are of 2025-08-19, 2025-08-20 was requested" in lack for lack in outcome["lacking"])
    assert sum("Census" in text for text in one.told()) == 1


def test_a_clock_that_is_ahead_seals_no_session_that_the_source_has_not_come_to(one: Bench) -> None:
    one.stand_at(D0)
    outcomes = one.ask(do="refresh", session=D2.isoformat(), now=seal_deadline(D2).isoformat())
    assert [outcome["sealed"] for outcome in outcomes] == [False]
    assert one.rows("SELECT max(session) FROM sessions WHERE sealed_at IS NOT NULL") == [(str(D0),)]
    one.stand_at(D1)
    (outcome,) = one.refresh(D1)
    assert outcome["sealed"], outcome


def test_a_session_that_the_source_lost_stays_as_it_was(one: Bench) -> None:
    before = one.rows("SELECT close FROM fund_closes WHERE symbol = 'RSP' ORDER BY day DESC LIMIT 1")
    one.fault("gap", match="RSP")
    (outcome,) = one.refresh(D1)
    assert outcome["sealed"]
    last = one.rows("SELECT close FROM fund_closes WHERE symbol = 'RSP' ORDER BY day DESC LIMIT 2")
    assert last[1] == before[0]


def test_a_fund_at_a_hundredfold_is_not_believed(one: Bench) -> None:
    one.fault("spike", match="IWM")
    (outcome,) = one.refresh(D1)
    assert outcome["lacking"] == ["fund closes (none of IWM)"]
    ((symbol, reason),) = one.rows("SELECT symbol, reason FROM held_back")
    assert symbol == "IWM"
    assert "(× " in reason
    assert "no split" in reason
    one.control("/_calm")
    (outcome,) = one.refresh(D1, HOUR)
    assert outcome["sealed"]
    assert one.rows("SELECT * FROM held_back") == []
    value, _ = one.value("size.ratio", D1)
    before, _ = one.value("size.ratio", D0)
    assert value == pytest.approx(before, rel=0.05)


def largest(bench: Bench) -> str:
    ((symbol,),) = bench.rows(
        "SELECT symbol FROM memberships JOIN companies ON companies.id = company ORDER BY rank LIMIT 1"
    )
    return str(symbol)


@pytest.mark.parametrize("kind", ["quote_spike", "quote_null", "quote_missing", "quote_stale"])
def test_a_company_without_a_usable_quote_is_missing_and_the_others_are_not(one: Bench, kind: str) -> None:
    symbol = largest(one)
    one.fault(kind, match=f"^{symbol}$")
    (outcome,) = one.refresh(D1)
    # The largest company alone is more than a twentieth of all value: its share cannot be told without it.
    assert (outcome["sealed"], outcome["lacking"]) == (False, [f"census (no quote of {symbol})"])
    assert one.value("concentration.top7", D1) == (None, f"no quote of {symbol}")
    day = (D1 - date(1970, 1, 1)).days
    assert one.rows(
        "SELECT close FROM closes JOIN companies ON companies.id = company WHERE day = ? AND symbol = ?", day, symbol
    ) == []  # fmt: skip
    excluded = dict(one.rows("SELECT symbol, reason FROM exclusions WHERE until = ?", str(D1)))
    held = dict(one.rows("SELECT symbol, reason FROM held_back"))
    if kind == "quote_spike":
        assert "in one session, no split: held back" in held[symbol]
    if kind == "quote_null":
        assert excluded[symbol] == "no price"
    (now,), (before,) = (
        one.rows("SELECT members FROM figures WHERE metric = 'concentration.top7' AND session = ?", str(session))
        for session in (D1, D0)
    )
    assert now == before
    one.control("/_calm")
    (outcome,) = one.refresh(D1, HOUR)
    assert outcome["sealed"], outcome
    assert one.value("concentration.top7", D1)[0] is not None


def test_a_census_that_members_are_missing_from_is_not_whole(one: Bench) -> None:
    # From all pages: a first page without a quote says of no session. (Simulated symbols begin with a Q.)
    one.fault("quote_missing", 400 if one.replayed else FEW // 7, "^Q?[A-D]")
    (outcome,) = one.refresh(D1)
    assert not outcome["sealed"]
    assert any("members are in it" in lack and "census" in lack for lack in outcome["lacking"])


def test_the_economy_is_not_waited_for(one: Bench) -> None:
    one.fault("500", match="fredgraph")
    (outcome,) = one.refresh(D1)
    assert outcome["sealed"]
    (lack,) = outcome["lacking"]
    assert lack.startswith("economic series (FRED: ")
    assert "HTTP 500" in lack
    (told,) = one.told()
    assert "The session does not wait" in told


def test_missed_sessions_come_oldest_first_and_once(one: Bench) -> None:
    one.stand_at(D2)
    ((seen,),) = one.rows("SELECT number FROM observations")  # with the past that the rule was set with
    outcomes = one.refresh(D2)
    assert [(outcome["session"], outcome["sealed"]) for outcome in outcomes] == [(str(D1), True), (str(D2), True)]
    assert outcomes[0]["lacking"] == ["census"]
    assert one.told() == []  # nothing is wrong with a past session's census
    assert one.refresh(D2) == []
    assert one.value("valuation.forward_pe.large", D1) == (None, "no census that day")
    assert one.rows("SELECT number FROM observations") == [(seen + 2,)]


def test_the_valuation_history_goes_on_where_it_was_turned_away(one: Bench) -> None:
    now = evening(D0).isoformat()
    with one.open() as db, writing(db):
        db.conn.execute("DELETE FROM memberships WHERE rank % 5 <> 0")  # a fifth of the requests
    one.fault("429", match="timeseries/[N-Z]")
    stopped = one.ask(do="valuations", now=now)
    assert stopped["error"] == "TurnedAway"
    ((before,),) = one.rows("SELECT count(*) FROM month_valuations_asked")
    one.control("/_calm")
    one.fault("500", count=1, match="timeseries/Z")
    done = one.ask(do="valuations", now=now)
    ((after,),) = one.rows("SELECT count(*) FROM month_valuations_asked")
    assert done["left"] <= 1  # whom the fault met, if anybody
    assert after == before + done["companies"]
    months = [month for (month,) in one.rows("SELECT DISTINCT month FROM month_valuations ORDER BY 1")]
    assert (len(months), months[-1]) == (16, "2025-07")  # August still runs
    ((value,),) = one.rows("SELECT count(*) FROM month_valuations WHERE forward_pe > 0 AND market_value > 1e6")
    assert value > 200


def sealed(bench: Bench) -> object:
    """The last session whose rules have run."""
    return date.fromisoformat(bench.rows("SELECT max(session) FROM sessions WHERE sealed_at IS NOT NULL")[0][0])


@pytest.mark.parametrize("ahead", [timedelta(days=31), timedelta(days=19 * 365), timedelta(days=75 * 365)])
def test_a_clock_ahead_seals_nothing_for_its_deadline_whatever_the_source_answers(one: Bench, ahead: timedelta) -> None:
    if one.replayed:
        pytest.skip("the replay's dates are this machine's")
    right = evening(D1)
    one.fault("500")  # no quotes that could contradict it
    for session in (D1, D2):
        outcomes = one.ask(do="refresh", session=str(session), now=(right + ahead).isoformat(), clock=right.isoformat())
        assert [outcome["sealed"] for outcome in outcomes] == [False]
    assert sealed(one) == D0
    told = [text for text in one.told() if "clock" in text]
    assert len(told) == 1, told
    assert "days ahead" in told[0]
    one.control("/_calm")
    (outcome,) = one.refresh(D1)
    assert outcome["sealed"]
    assert one.told()[-1] == "✅ <b>The clock is right again</b>"


def test_the_deadline_counts_only_once_a_source_has_been_seen_past_it(one: Bench) -> None:
    if one.replayed:
        pytest.skip("the replay's dates are this machine's")
    now = seal_deadline(D1).isoformat()
    one.fault("close")  # nobody answers at all
    (outcome,) = one.ask(do="refresh", session=str(D1), now=now)
    assert not outcome["sealed"]
    one.control("/_calm")
    one.fault("500")
    (outcome,) = one.ask(do="refresh", session=str(D1), now=now, clock="none")
    assert not outcome["sealed"]
    (outcome,) = one.ask(do="refresh", session=str(D1), now=now)
    assert outcome["sealed"]


def test_quotes_of_a_later_session_are_past_the_deadline_too(one: Bench) -> None:
    if one.replayed:
        pytest.skip("the replay's dates are this machine's")
    one.stand_at(D2)
    outcomes = one.refresh(D2, clock="none")
    assert [outcome["sealed"] for outcome in outcomes] == [True, True]


def test_a_clock_a_day_back_is_said_and_seals_what_has_closed(one: Bench) -> None:
    if one.replayed:
        pytest.skip("the replay's dates are this machine's")
    now = evening(D1)
    for _ in range(2):
        one.ask(do="refresh", session=str(D1), now=now.isoformat(), clock=(now + timedelta(days=1)).isoformat())
        with one.open() as db, writing(db):
            db.conn.execute("UPDATE sessions SET sealed_at = NULL WHERE session = ?", [str(D1)])
    (told,) = one.told()
    assert "24.0 hours behind" in told


@pytest.mark.timeout(900)
def test_answers_that_drip_end_a_refresh_in_time(one: Bench) -> None:
    if one.replayed:
        pytest.skip("the replay drips for ten minutes")
    one.fault("drip")
    began = time.monotonic()
    (outcome,) = one.refresh(D1, limits=[0.5, 3.0])
    took = time.monotonic() - began
    print(f"a refresh of answers that drip: {took:.1f} s")
    assert not outcome["sealed"]
    assert {lack.split(" (")[0] for lack in outcome["lacking"]} >= {"fund closes", "census", "economic series"}
    assert took < 300  # one answer alone would take three hours
