"""One session from the feed to the outbox, and what happens when something is missing."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlite_utils import Database
from support.program import DAYS, evening

from alerts.market.feed import Census, Closes, FeedUnavailable, MarketFeed, Progress, WrongSession
from alerts.market.sample import SampleMarket
from alerts.market.sample.economy import SampleEconomy
from alerts.market.sessions import seal_deadline
from alerts.rules.grammar import parse
from alerts.rules.reading import DatedValue
from bot.formatting import short_day
from bot.pipeline.backfill import backfill
from bot.pipeline.context import RunContext
from bot.pipeline.session import refresh
from bot.reports.series import value_past
from storage import chats, events, figures, outbox, rules, sessions
from storage.database import open_database, writing

NOW = datetime(2025, 8, 19, 21, tzinfo=UTC)


class Patchy:
    """A feed that fails where it is told to, and otherwise answers as another does."""

    def __init__(
        self, feed: MarketFeed, *, census: bool = True, funds: bool = True, without: Sequence[str] = ()
    ) -> None:
        self.feed, self.has_census, self.has_funds, self.without = feed, census, funds, without
        self.name, self.keeps_census, self.dates = feed.name, feed.keeps_census, feed.dates

    def closes(
        self, symbols: Sequence[str], *, start: date | None, through: date, progress: Progress | None = None
    ) -> Closes:
        if not self.has_funds and "SPY" in symbols:
            raise FeedUnavailable("test feed: charts: 429")
        found = self.feed.closes(symbols, start=start, through=through, progress=progress)
        gone = [symbol for symbol in self.without if symbol in found.raw]
        for frame in (found.raw, found.adjusted):
            frame.loc[str(through), gone] = float("nan")
        return found

    def contracts(self, months: Sequence[str], *, start: date | None, through: date) -> pd.DataFrame:
        return self.feed.contracts(months, start=start, through=through)

    def census(self, session: date) -> Census:
        if not self.has_census:
            raise WrongSession(f"test feed: no quotes of {session}")
        return self.feed.census(session)


def everything(db: Database) -> dict[str, list[tuple[object, ...]]]:
    """The rows of every table but the times they were written at."""
    names = [name for name in db.table_names() if not name.startswith(("_", "sqlite_"))]
    return {
        name: db.conn.execute(
            f"SELECT {', '.join(column for column in db[name].columns_dict if not column.endswith('_at'))} FROM {name}"
        ).fetchall()
        for name in names
    }


def with_rule(db: Database, line: str, chat: int = 1001) -> int:
    """A subscribed chat with a rule, made after the last session recorded; the rule's number."""
    session = figures.last_session(db)
    assert session is not None
    rule = parse(line)
    with writing(db):
        chats.subscribe(db, chat, NOW)
        number, _ = rules.add_rule(db, chat, rule, value_past(db, rule.watched, session, 12), NOW)
    return number


def value(db: Database, metric: str, session: date) -> float:
    found = figures.on_session(db, session)[metric].value
    assert found is not None
    return found


def crossing_of(market: SampleMarket, db: Database, metric_name: str, metric_id: str) -> str:
    """A line whose level lies between the metric's values on the second and third of DAYS, in its direction."""
    values = [value(db, metric_id, day) for day in DAYS[1:3]]
    side = "above" if values[1] > values[0] else "below"
    return f"{metric_name} crosses {side} {sum(values) / 2:.3f}"


@pytest.fixture(scope="module")
def line(prepared: list[Path], tmp_path_factory: pytest.TempPathFactory, market: SampleMarket) -> str:
    """A rule that fires on the third of DAYS."""
    three_days = open_database(Path(shutil.copy(prepared[2], tmp_path_factory.mktemp("scout"))))
    found = crossing_of(market, three_days, "large above 50d", "breadth.above_50d.large")
    three_days.close()
    return found


def test_a_session_is_recorded_once(db: Database, market: SampleMarket) -> None:
    first = refresh(RunContext(db, market, evening(DAYS[0])), DAYS[0])
    assert [(outcome.session, outcome.sealed) for outcome in first] == [(DAYS[0], True)]
    before = everything(db)
    assert refresh(RunContext(db, market, evening(DAYS[0])), DAYS[0]) == []
    assert everything(db) == before


def test_every_metric_has_a_row_with_a_value_or_a_reason(db: Database, market: SampleMarket) -> None:
    from alerts.metrics.catalog import catalog
    from alerts.metrics.symbols import named_pairs

    refresh(RunContext(db, market, evening(DAYS[0]), SampleEconomy(past=False)), DAYS[0])
    recorded = figures.on_session(db, DAYS[0])
    # Of the pairs that have names, those whose symbols this market has.
    assert set(recorded) - set(named_pairs()) == set(catalog())
    assert {"pair.XLY/XLP", "pair.IJH/SPY"} <= set(recorded)
    assert all((figure.value is None) == bool(figure.reason) for figure in recorded.values())
    assert all(figure.source.startswith("simulated") for figure in recorded.values())


def test_without_stored_closes_the_census_averages_serve_and_say_so(db: Database, market: SampleMarket) -> None:
    refresh(RunContext(db, market, evening(DAYS[0])), DAYS[0])
    figure = figures.on_session(db, DAYS[0])["breadth.above_200d.small"]
    assert figure.value is not None
    assert "census averages for" in figure.provenance
    assert "provisional members" in figure.provenance


@pytest.fixture(scope="module")
def filled_two_days(prepared: list[Path], tmp_path_factory: pytest.TempPathFactory, market: SampleMarket) -> Path:
    """Two sealed sessions with a rule, filled with history afterwards."""
    path = Path(shutil.copy(prepared[1], tmp_path_factory.mktemp("filled") / "rotation.db"))
    db = open_database(path)
    with_rule(db, "small above 200d crosses 60")
    backfill(RunContext(db, market, evening(DAYS[1])), DAYS[0], DAYS[1])
    db.close()
    return path


def test_census_averages_and_stored_closes_agree(
    filled_two_days: Path, one_day: Database, path: Path, market: SampleMarket
) -> None:
    by_census = figures.on_session(one_day, DAYS[0])["breadth.above_200d.small"]
    db = open_database(Path(shutil.copy(filled_two_days, path.with_name("filled.db"))))
    refresh(RunContext(db, market, evening(DAYS[2])), DAYS[2])
    settled = figures.on_session(db, DAYS[2])["breadth.above_200d.small"]
    db.close()
    assert settled.provenance == "simulated"
    assert by_census.value == pytest.approx(settled.value, abs=12)  # two sessions and other members apart
    assert by_census.members == pytest.approx(settled.members, rel=0.1)


def test_a_crossing_is_recorded_with_its_message(two_days: Database, market: SampleMarket, line: str) -> None:
    number = with_rule(two_days, line)
    outcome = refresh(RunContext(two_days, market, evening(DAYS[2])), DAYS[2])[0]
    assert (outcome.fired, outcome.resolved) == (1, 0)
    event = events.events_of(two_days, 1001)[0]
    assert (event.session, event.kind.value, event.event.rule.number) == (DAYS[2], "fired", number)
    assert event.event.reading.figure.value == pytest.approx(value(two_days, "breadth.above_50d.large", DAYS[2]))
    assert event.event.reading.before == DatedValue(DAYS[1], value(two_days, "breadth.above_50d.large", DAYS[1]))
    with writing(two_days):
        (due,) = outbox.claim(two_days, evening(DAYS[2]), 5)
    assert due.chat == 1001
    assert "22 Aug" not in due.text
    assert "21 Aug 2025" in due.text
    assert "simulated" in due.text


def test_two_rules_of_a_chat_make_one_message(two_days: Database, market: SampleMarket, line: str) -> None:
    with_rule(two_days, line)
    with_rule(two_days, line + " once")
    refresh(RunContext(two_days, market, evening(DAYS[2])), DAYS[2])
    assert len(events.events_of(two_days, 1001)) == 2
    assert outbox.counts(two_days) == {"pending": 1}


def test_a_rule_that_speaks_once_is_kept_and_silent_afterwards(
    two_days: Database, market: SampleMarket, line: str
) -> None:
    with_rule(two_days, line + " once")
    for day in DAYS[2:]:
        refresh(RunContext(two_days, market, evening(day)), day)
    assert len(events.events_of(two_days, 1001)) == 1
    assert rules.rules_of(two_days, 1001)[0].state.phase.value == "disarmed"


def test_a_chat_that_is_not_subscribed_gets_no_message(two_days: Database, market: SampleMarket, line: str) -> None:
    with_rule(two_days, line)
    with writing(two_days):
        chats.unsubscribe(two_days, 1001, NOW)
    refresh(RunContext(two_days, market, evening(DAYS[2])), DAYS[2])
    assert len(events.events_of(two_days, 1001)) == 1
    assert outbox.counts(two_days) == {}


def test_a_session_without_its_census_waits_for_the_deadline(two_days: Database, market: SampleMarket) -> None:
    patchy = Patchy(market, census=False)
    outcome = refresh(RunContext(two_days, patchy, evening(DAYS[2])), DAYS[2])[0]
    assert not outcome.sealed
    assert outcome.lacking == (f"census (test feed: no quotes of {DAYS[2]})",)
    late = refresh(RunContext(two_days, patchy, seal_deadline(DAYS[2])), DAYS[2])[0]
    assert late.sealed
    recorded = figures.on_session(two_days, DAYS[2])
    assert recorded["valuation.discount"].value is None
    assert recorded["valuation.discount"].reason == "no census that day"
    assert recorded["size.ratio"].value is not None


def test_a_session_that_comes_complete_later_is_judged_then(
    two_days: Database, market: SampleMarket, line: str
) -> None:
    with_rule(two_days, line)
    assert not refresh(RunContext(two_days, Patchy(market, census=False), evening(DAYS[2])), DAYS[2])[0].sealed
    assert events.events_of(two_days, 1001) == []
    outcome = refresh(RunContext(two_days, market, evening(DAYS[2]) + timedelta(hours=1)), DAYS[2])[0]
    assert outcome.sealed
    assert outcome.fired == 1


def test_missing_fund_closes_are_named_and_their_metrics_missing(two_days: Database, market: SampleMarket) -> None:
    outcome = refresh(RunContext(two_days, Patchy(market, without=["RSP"]), evening(DAYS[2])), DAYS[2])[0]
    assert outcome.lacking == ("fund closes (none of RSP)",)
    recorded = figures.on_session(two_days, DAYS[2])
    assert recorded["breadth.equal_weight"].value is None
    assert "no close of RSP" in str(recorded["breadth.equal_weight"].reason)
    assert "no close of RSP" in str(recorded["price.RSP"].reason)
    assert recorded["size.ratio"].value is not None


class Split:
    """A feed that serves RSP as after a split of two for one, and otherwise answers as another does."""

    def __init__(self, feed: MarketFeed) -> None:
        self.feed, self.name, self.keeps_census, self.dates = feed, feed.name, feed.keeps_census, feed.dates
        self.contracts, self.census = feed.contracts, feed.census

    def closes(
        self, symbols: Sequence[str], *, start: date | None, through: date, progress: Progress | None = None
    ) -> Closes:
        found = self.feed.closes(symbols, start=start, through=through, progress=progress)
        if "RSP" in symbols:
            found.raw["RSP"] /= 2
        return found


def test_a_split_of_a_fund_rescales_its_prices_before_rules_see_them(two_days: Database, market: SampleMarket) -> None:
    before = {figure.session: figure for figure in figures.history(two_days, "price.RSP")}
    assert tuple(before)[-2:] == DAYS[:2]
    close = before[DAYS[1]].value
    assert close
    assert (before[DAYS[1]].coverage, before[DAYS[1]].eligible, before[DAYS[1]].members) == (1.0, 1, 1)
    with_rule(two_days, f"rsp crosses below {0.9 * close:.2f}")
    with_rule(two_days, "change 1d of rsp < -20")
    outcome = refresh(RunContext(two_days, Split(market), evening(DAYS[2])), DAYS[2])[0]
    after = {figure.session: figure for figure in figures.history(two_days, "price.RSP")}
    for day in DAYS[:2]:
        assert after[day].value == pytest.approx(before[day].value / 2, abs=0.01)  # type: ignore[operator]
        assert after[day].was == before[day].value
    assert outcome.fired == 0  # neither below a level of before the split, nor fallen by a half over one session
    crossing, change = (watch.rule.first for watch in rules.rules_of(two_days, 1001))
    assert crossing.level == pytest.approx(0.45 * close, abs=0.01)
    assert change.level == -10
    (text,) = [
        row[0] for row in two_days.conn.execute("SELECT text FROM outbox WHERE kind = 'split of price.RSP'").fetchall()
    ]
    assert "was split, 2 for 1" in text
    assert f"rsp crosses below {crossing.level:g}" in text


def test_a_feed_that_is_down_changes_nothing_but_says_so(two_days: Database, market: SampleMarket) -> None:
    before = everything(two_days)["closes"]
    outcome = refresh(RunContext(two_days, Patchy(market, census=False, funds=False), evening(DAYS[2])), DAYS[2])[0]
    assert not outcome.sealed
    assert "429" in outcome.lacking[0]
    assert everything(two_days)["closes"] == before
    assert sessions.last_sealed(two_days) == DAYS[1]


def test_missed_sessions_are_judged_oldest_first_and_say_that_they_come_late(
    two_days: Database, market: SampleMarket, line: str
) -> None:
    with_rule(two_days, line)
    outcomes = refresh(RunContext(two_days, market, evening(DAYS[3])), DAYS[3])
    assert [outcome.session for outcome in outcomes] == list(DAYS[2:])
    event = events.events_of(two_days, 1001)[-1]
    assert event.session == DAYS[2]
    with writing(two_days):
        (due,) = outbox.claim(two_days, evening(DAYS[3]), 5)
    assert "late: this session was missed" in due.text


def test_a_failure_while_recording_leaves_nothing_behind(two_days: Database, market: SampleMarket, line: str) -> None:
    with_rule(two_days, line)
    two_days.conn.execute(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with pytest.raises(Exception, match="disk full"):
        refresh(RunContext(two_days, market, evening(DAYS[2])), DAYS[2])
    assert DAYS[2] not in {event.session for event in events.events_of(two_days, 1001)}
    assert figures.on_session(two_days, DAYS[2]) == {}
    two_days.conn.execute("DROP TRIGGER full")
    assert refresh(RunContext(two_days, market, evening(DAYS[2])), DAYS[2])[0].fired == 1


def test_a_backfill_agrees_with_the_sessions_recorded_one_by_one(
    db: Database, tmp_path_factory: pytest.TempPathFactory, market: SampleMarket
) -> None:
    from storage.database import open_database

    economy = SampleEconomy(past=False)
    backfill(RunContext(db, market, evening(DAYS[0]), economy), DAYS[0], DAYS[0])
    for day in DAYS[1:]:
        refresh(RunContext(db, market, evening(day), economy), day)
    other = open_database(tmp_path_factory.mktemp("other") / "rotation.db")
    backfill(RunContext(other, market, evening(DAYS[3]), economy), DAYS[0], DAYS[3])
    for day in DAYS:
        one, all_at_once = figures.on_session(db, day), figures.on_session(other, day)
        for name in set(one) - {"rates.sep_gap"}:  # a projection counts from the day it was first seen
            assert (one[name].value is None) == (all_at_once[name].value is None), (day, name, all_at_once[name].reason)
            if one[name].value is not None:
                assert one[name].value == pytest.approx(all_at_once[name].value, rel=1e-12), (day, name)
            assert replace(one[name], value=None, coverage=None) == replace(
                all_at_once[name], value=None, coverage=None
            )
    other.close()


def test_a_backfill_corrects_what_a_session_recorded_of_provisional_members_and_fires_nothing(
    two_days: Database, filled_two_days: Path
) -> None:
    before = figures.on_session(two_days, DAYS[1])
    filled = open_database(filled_two_days)
    after = figures.on_session(filled, DAYS[1])
    assert after["size.ratio"] == before["size.ratio"]
    was, now = before["breadth.above_200d.small"], after["breadth.above_200d.small"]
    assert "provisional" in was.provenance
    assert was.value != now.value
    assert now.provenance == f"simulated, corrected on {short_day(DAYS[1])} (was {was.value:.1f} %)"
    assert all(after[name].value is not None for name, figure in before.items() if figure.value is not None)
    assert events.events_of(filled, 1001) == []
    filled.close()
