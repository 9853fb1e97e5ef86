"""What waits for one absent or doubted input, what does not, and what becomes of it once the input is there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.program import DAYS, evening

from alerts.market.feed import Census, Closes, MarketFeed, Progress
from alerts.market.sample import SampleMarket
from alerts.market.sessions import seal_deadline
from alerts.metrics.catalog import of_funds
from alerts.rules.grammar import parse
from alerts.rules.state import Kind
from bot.alerting.notify import events_of_message
from bot.alerting.rules import set_rule
from bot.pipeline import symbols
from bot.pipeline.context import RunContext
from bot.pipeline.session import Outcome, refresh
from storage import chats, events, exclusions, figures, fund_closes, memberships, rules, sessions
from storage.database import open_database, writing
from storage.lists import keep_list

pytestmark = pytest.mark.timeout(600)  # a test refreshes several times, each a second of one idle core

NOW = datetime(2025, 8, 20, 22, tzinfo=UTC)
CHAT = 1001
D2, D3 = DAYS[2], DAYS[3]
Change = Callable[[Closes], None]


class Altered:
    """A feed whose funds' closes and quotes are changed on their way; otherwise it answers as another does."""

    def __init__(self, feed: MarketFeed, funds: Change | None = None, without: Sequence[str] = ()) -> None:
        self.feed, self.funds, self.without = feed, funds, list(without)
        self.name, self.keeps_census, self.contracts, self.dates = feed.name, False, feed.contracts, feed.dates

    def closes(
        self, symbols: Sequence[str], *, start: date | None, through: date, progress: Progress | None = None
    ) -> Closes:
        found = self.feed.closes(symbols, start=start, through=through, progress=progress)
        if "SPY" in symbols and self.funds is not None:
            self.funds(found)
        return found

    def census(self, session: date) -> Census:
        found = self.feed.census(session)
        return replace(found, quotes=found.quotes.drop(index=self.without))


def lost(symbol: str, session: date) -> Change:
    """One session's bar of a fund is not there."""

    def change(found: Closes) -> None:
        for frame in (found.raw, found.adjusted):
            frame.loc[str(session), symbol] = float("nan")

    return change


def halved(symbol: str, since: date) -> Change:
    """A split that the source carries in its latest closes, and not back into its history."""

    def change(found: Closes) -> None:
        for frame in (found.raw, found.adjusted):
            frame.loc[str(since) :, symbol] /= 2

    return change


def paid_out(symbol: str, session: date) -> Change:
    """The adjusted history × 0.6 before one session, with no distribution of that size."""

    def change(found: Closes) -> None:
        found.adjusted.loc[: str(session - timedelta(days=1)), symbol] *= 0.6

    return change


@pytest.fixture
def db(two_days: Database) -> Database:
    return two_days


@pytest.fixture(scope="module")
def third(prepared: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, float | None]:
    """The values of the third session where nothing is wrong."""
    three_days = open_database(Path(shutil.copy(prepared[2], tmp_path_factory.mktemp("scout"))))
    found = figures.values_on(three_days, D2)
    three_days.close()
    return found


def watch(db: Database, line: str) -> int:
    with writing(db):
        chats.subscribe(db, CHAT, NOW)
        made = set_rule(db, CHAT, parse(line), 50, NOW)
    assert made is not None
    return made.watch.number


def true_from(third: dict[str, float | None], name: str, metric_id: str, db: Database) -> str:
    """A line that becomes true on the third session: its level lies halfway from the second."""
    now, before = third[metric_id], figures.values_on(db, DAYS[1])[metric_id]
    assert now is not None
    assert before is not None
    assert now != before
    return parse(f"{name} {'>' if now > before else '<'} {(now + before) / 2:.4f}").line


def run(db: Database, feed: MarketFeed, session: date, now: datetime | None = None) -> Outcome:
    (outcome,) = refresh(RunContext(db, feed, now or evening(session)), session)
    return outcome


def fired(db: Database, session: date = D2) -> list[str]:
    found = [one.event for one in events.events_of(db, CHAT) if one.kind is Kind.FIRED and one.session == session]
    return sorted(event.rule.line for event in found if event.rule)


def texts(db: Database) -> list[str]:
    return [text for (text,) in db.conn.execute("SELECT text FROM outbox WHERE chat = ? ORDER BY id", [CHAT])]


def test_what_does_not_need_an_absent_fund_is_told_at_once_and_the_rest_when_it_comes(
    db: Database, market: SampleMarket, third: dict[str, float | None]
) -> None:
    breadth = true_from(third, "large above 50d", "breadth.above_50d.large", db)
    ratio = true_from(third, "iwm/spy", "size.ratio", db)
    both = parse(f"{ratio} and {breadth}").line
    for line in (breadth, ratio, both):
        watch(db, line)
    without = Altered(market, lost("IWM", D2))
    first = run(db, without, D2)
    assert (first.sealed, first.begun, first.fired) == (False, True, 1)
    assert first.lacking == ("fund closes (none of IWM)",)
    assert fired(db) == [breadth]
    assert len(texts(db)) == 1
    again = run(db, without, D2, evening(D2) + timedelta(minutes=5))
    assert (again.sealed, again.begun, again.fired) == (False, True, 0)
    last = run(db, market, D2, evening(D2) + timedelta(minutes=15))
    assert (last.sealed, last.begun, last.fired) == (True, False, 2)
    assert len(fired(db)) == 3
    first_text, second_text = texts(db)
    assert "had waited" not in first_text
    assert "what had waited for its figures" in second_text
    assert [len(events_of_message(db, CHAT, D2, follows)) for follows in (False, True)] == [1, 2]
    assert refresh(RunContext(db, market, evening(D2) + timedelta(hours=1)), D2) == []


def test_a_list_waits_for_the_fund_that_its_companies_are_compared_with(db: Database, market: SampleMarket) -> None:
    symbols = [symbol for (symbol,) in db.conn.execute("SELECT symbol FROM companies ORDER BY id LIMIT 20")]
    with writing(db):
        made = keep_list(db, CHAT, "mine", symbols)
    own, compared = (next(name for name in made.metrics if kind in name) for kind in ("above_50d", "beating_index_63d"))
    for metric in (own, compared):
        watch(db, f"{metric} > 99.5")
    before = observed(db)
    first = run(db, Altered(market, lost("VTI", D2)), D2)
    assert (first.sealed, first.begun) == (False, True)
    assert observed(db) == before | {own: before[own] + 1}
    assert run(db, market, D2, evening(D2) + timedelta(minutes=15)).sealed
    assert observed(db) == {name: number + 1 for name, number in before.items()}


def observed(db: Database) -> dict[str, int]:
    """Of how many sessions the rules on each series have heard, with a value or without one."""
    return dict(db.conn.execute("SELECT series, number + missing FROM observations").fetchall())


def test_what_needs_a_fund_that_never_comes_is_missing_at_the_seal(
    db: Database, market: SampleMarket, third: dict[str, float | None]
) -> None:
    watch(db, true_from(third, "iwm/spy", "size.ratio", db))
    without = Altered(market, lost("IWM", D2))
    assert not run(db, without, D2).sealed
    last = run(db, without, D2, seal_deadline(D2))
    assert (last.sealed, last.fired) == (True, 0)
    missing = {name for name, value in figures.values_on(db, D2).items() if value is None and third[name] is not None}
    assert missing == {name for name in of_funds(["IWM"]) if third[name] is not None}
    number = db.conn.execute("SELECT missing FROM observations WHERE series = 'size.ratio'").fetchone()
    assert number == (1,)


def test_an_alert_set_while_a_session_waits_is_evaluated_on_it_once(
    db: Database, market: SampleMarket, third: dict[str, float | None]
) -> None:
    ratio, breadth = (
        true_from(third, name, of, db)
        for name, of in (("iwm/spy", "size.ratio"), ("large above 50d", "breadth.above_50d.large"))
    )
    watch(db, "large above 50d > 99")
    run(db, Altered(market, lost("IWM", D2)), D2)
    watch(db, ratio)
    number = watch(db, breadth)  # its series has run on the session: it is true when it is set
    assert rules.rule_numbered(db, CHAT, number).state.since == D2  # type: ignore[union-attr]
    run(db, market, D2, evening(D2) + timedelta(minutes=15))
    assert fired(db) == [ratio]


@pytest.mark.parametrize(
    ("symbol", "fault"), [("IWM", halved), ("XLK", halved), ("SPY", paid_out)], ids=["IWM", "XLK", "SPY"]
)
def test_a_move_that_no_index_fund_makes_waits_for_the_next_sessions_fetch(
    db: Database, market: SampleMarket, third: dict[str, float | None], symbol: str, fault: Callable[..., Change]
) -> None:
    watch(db, "iwm/spy < 60")
    watch(db, "iwm/spy > 150")
    wrong = Altered(market, fault(symbol, D2))
    before = fund_closes.latest_adjusted_closes(db, symbol, DAYS[1])
    outcome = run(db, wrong, D2)
    assert (outcome.sealed, outcome.lacking) == (False, (f"fund closes (none of {symbol})",))
    ((named, reason),) = [(one, why) for (one, _), why in exclusions.held_back(db, D2, D2).items()]
    assert named == symbol
    assert "until the next session's fetch agrees" in reason
    assert fund_closes.latest_adjusted_closes(db, symbol, D2) == before
    held = of_funds([symbol]) | symbols.needing(db, [symbol])
    assert {name for name, value in figures.values_on(db, D2).items() if value is None and third[name]} <= held
    assert run(db, wrong, D2, seal_deadline(D2)).sealed
    assert fired(db) == []
    # The next session's fetch has it right: there was nothing to believe.
    assert run(db, market, D3).sealed
    assert exclusions.held_back(db, D2, D3) == {}
    assert figures.values_on(db, D2)["size.ratio"] == pytest.approx(third["size.ratio"])
    assert fired(db) == fired(db, D3) == []


def test_a_move_that_the_next_sessions_fetch_has_too_is_believed(db: Database, market: SampleMarket) -> None:
    crashed = Altered(market, halved("IWM", D2))
    run(db, crashed, D2)
    assert run(db, crashed, D2, seal_deadline(D2)).sealed
    outcome = run(db, crashed, D3)
    assert (outcome.sealed, outcome.lacking) == (True, ())
    raw = dict(fund_closes.latest_fund_closes(db, "IWM", D3, 3))
    assert raw[D2] == pytest.approx(raw[DAYS[1]] / 2, rel=0.1)  # type: ignore[operator]
    assert exclusions.doubts(db) == {}


def test_a_session_that_a_refetched_history_lacks_is_rescaled_with_its_neighbours(
    db: Database, market: SampleMarket
) -> None:
    kept = dict(fund_closes.latest_adjusted_closes(db, "SPY", DAYS[1]))
    raw = dict(fund_closes.latest_fund_closes(db, "SPY", DAYS[1], None))
    gone = sorted(kept)[-10]

    def split_in_four(found: Closes) -> None:
        for frame in (found.raw, found.adjusted):
            frame["SPY"] /= 4
        lost("SPY", gone)(found)

    assert run(db, Altered(market, split_in_four), D2).sealed
    after = dict(fund_closes.latest_adjusted_closes(db, "SPY", DAYS[1]))
    assert after[gone] == pytest.approx(kept[gone] / 4, rel=1e-9)
    now = dict(fund_closes.latest_fund_closes(db, "SPY", DAYS[1], None))
    assert now[gone] == pytest.approx(raw[gone] / 4, rel=1e-9)  # type: ignore[operator]
    assert set(after) == set(kept)


def test_the_quote_of_a_heaviest_company_holds_the_shares_alone_and_corrects_them_when_it_comes(
    db: Database, market: SampleMarket, third: dict[str, float | None]
) -> None:
    members = memberships.register(db, D2, D2).on(D2).sort_values("market_value", ascending=False)
    heaviest = str(members.index[0])
    breadth = true_from(third, "large above 50d", "breadth.above_50d.large", db)
    top = true_from(third, "top 7", "concentration.top7", db)
    watch(db, breadth)
    watch(db, top)
    without = Altered(market, without=[heaviest])
    first = run(db, without, D2)
    assert (first.sealed, first.begun) == (False, True)
    assert first.lacking == (f"census (no quote of {heaviest})",)
    assert fired(db) == [breadth]
    assert run(db, without, D2, seal_deadline(D2)).sealed
    seen = figures.on_session(db, D2)
    assert seen["concentration.top7"].reason == f"no quote of {heaviest}"
    assert fired(db) == [breadth]
    assert run(db, Altered(market), D3).sealed
    after = figures.on_session(db, D2)
    assert after["concentration.top7"].value == pytest.approx(third["concentration.top7"], rel=0.01)
    assert after["concentration.top7"].corrected_on == D3
    assert f"no quote of {heaviest} that day, the next one serves" in after["concentration.top7"].notes
    assert not any(heaviest in note for note in after["valuation.forward_pe.small"].notes)  # it is none of them
    assert after["valuation.forward_pe.large"].value == pytest.approx(third["valuation.forward_pe.large"], rel=0.02)
    assert fired(db) == [breadth]  # a correction fires nothing


def test_below_the_floor_the_session_says_whose_quote_is_absent_and_waits(
    db: Database, market: SampleMarket, third: dict[str, float | None]
) -> None:
    members = memberships.register(db, D2, D2).on(D2)
    large = members[members["segment"] == "large"].sort_values("market_value", ascending=False)
    share = large["market_value"].cumsum() / large["market_value"].sum()
    few = [str(symbol) for symbol in large.index[: int((share < 0.12).sum()) + 1]]
    outcome = run(db, Altered(market, without=few), D2)
    assert (outcome.sealed, outcome.begun) == (False, True)
    told = figures.on_session(db, D2)
    for name in ("valuation.forward_pe.large", "valuation.discount"):
        assert told[name].value is None
        assert f"is under 90 %: no quote of {few[0]}" in str(told[name].reason)
    assert told["earnings.growth.large"].value is not None  # its floor is half of the value
    assert told["breadth.above_50d.large"].value == pytest.approx(third["breadth.above_50d.large"], abs=2)
    assert run(db, market, D2, evening(D2) + timedelta(minutes=5)).sealed
    assert figures.values_on(db, D2)["valuation.discount"] == pytest.approx(third["valuation.discount"])
    assert sessions.last_sealed(db) == D2
