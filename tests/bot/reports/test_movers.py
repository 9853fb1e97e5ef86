"""Who moved recorded figures of a market by hand: the parts add up to what is recorded, and refusals say why."""

from __future__ import annotations

from datetime import date

import pytest
from sqlite_utils import Database
from support.program import DAYS
from support.small_market import METRICS, fill

from alerts.metrics.catalog import metric
from alerts.metrics.movers import Cause
from bot.emulator.api.entities import parse_html
from bot.formatting import short_day
from bot.messages.movers import SHOWN, movers_text, no_movers_text
from bot.reports.movers import NoMovers, who_moved
from storage import figures
from storage.database import writing
from storage.fund_closes import day_number

NAME = "breadth.above_50d.small"


@pytest.fixture
def held(db: Database) -> Database:
    """Three sealed sessions of forty companies."""
    fill(db)
    return db


@pytest.mark.parametrize("name", METRICS)
def test_the_parts_add_up_to_the_change_of_the_recorded_figures(held: Database, name: str) -> None:
    values = {figure.session: figure.value for figure in figures.history(held, name)}
    for start, end in ((DAYS[0], DAYS[1]), (DAYS[1], DAYS[2]), (DAYS[0], DAYS[2])):
        found = who_moved(held, name, start, end)
        assert found.movers or values[start] == values[end]
        assert found.rest == 0.0
        assert float(found.explained) == pytest.approx(values[end] - values[start], abs=1e-9)  # type: ignore[operator]
        assert sum(effect for _, _, effect in found.by_cause()) == found.explained


def test_by_default_it_is_the_last_session_against_the_one_before(held: Database) -> None:
    found = who_moved(held, NAME)
    assert (found.before.session, found.after.session) == (DAYS[1], DAYS[2])
    crossed = [one for one in found.movers if one.cause in (Cause.IN, Cause.OUT)]
    assert {abs(one.effect) for one in crossed} == {abs(crossed[0].effect)}
    ordered = [(one.cause, -one.value) for one in found.movers]
    assert [pair for cause in Cause for pair in sorted(one for one in ordered if one[0] is cause)] == ordered


def test_a_close_that_is_taken_away_afterwards_stands_as_the_rest(held: Database) -> None:
    crossed = next(one for one in who_moved(held, NAME, DAYS[0], DAYS[2]).movers if one.cause is Cause.IN)
    with writing(held):
        held.conn.execute(
            "DELETE FROM closes WHERE day = ? AND company = (SELECT id FROM companies WHERE symbol = ?)",
            [day_number(DAYS[2]), crossed.symbol],
        )
    found = who_moved(held, NAME, DAYS[0], DAYS[2])
    assert found.rest != 0.0
    assert float(found.explained) + found.rest == pytest.approx(found.change)
    assert next(one for one in found.movers if one.symbol == crossed.symbol).cause is Cause.LACKS_CLOSES
    assert "corrected after the figures were recorded" in movers_text(found)


def test_the_answer_names_the_largest_of_each_cause(held: Database) -> None:
    found = who_moved(held, NAME, DAYS[0], DAYS[2])
    text = movers_text(found)
    parse_html(text)
    assert len(text) < 4096
    cause, who, _ = found.by_cause()[0]
    assert cause is Cause.IN
    assert f"<b>Crossed in</b>: {len(who)}, +" in text
    assert ", ".join(one.symbol for one in who[:SHOWN]) in text
    assert ("more" in text.split("\n")[5]) == (len(who) > SHOWN)
    told = found.as_json()
    parts = [one["effect"] for cause in told["causes"] for one in cause["companies"]]
    assert sum(parts) == pytest.approx(told["change"], abs=1e-9)


def test_the_answer_and_the_document_say_where_the_figures_come_from(held: Database) -> None:
    with writing(held):  # as a session after new ranks is recorded
        held.conn.execute(
            "UPDATE figures SET notes = '[\"provisional members\"]' WHERE metric = ? AND session = ?",
            [NAME, DAYS[2].isoformat()],
        )
    found = who_moved(held, NAME, DAYS[0], DAYS[1])
    assert movers_text(found).split("\n")[2].endswith(" companies · test, simulated")
    found = who_moved(held, NAME, DAYS[1], DAYS[2])
    first, second = short_day(DAYS[1]), short_day(DAYS[2])
    assert f"companies · {first}: test; {second}: test, provisional members, simulated\n" in movers_text(found)
    told = found.as_json()
    assert told["simulated"] is True
    assert [told[end]["source"] for end in ("from", "to")] == ["test", "test"]
    assert [told[end]["notes"] for end in ("from", "to")] == [[], ["provisional members"]]
    with writing(held):
        held.conn.execute("UPDATE origin SET market = 'yahoo'")
    assert "imulated" not in movers_text(who_moved(held, NAME, DAYS[1], DAYS[2]))


@pytest.mark.parametrize(
    ("name", "start", "end", "why", "cure"),
    [
        ("size.ratio", None, None, "no count of members", "breadth.above_200d.small"),
        (NAME, None, date(2031, 1, 2), "no figure of 2 Jan 2031", f"the last one before: --to {DAYS[2]}"),
        (NAME, DAYS[2], DAYS[2], f"{short_day(DAYS[2])} is not before {short_day(DAYS[2])}", "an earlier session"),
        (NAME, date(1999, 1, 4), DAYS[2], "no figure of 4 Jan 1999", f"the first one after: --from {DAYS[0]}"),
        (NAME, None, DAYS[0], "nothing has moved it yet", "rotation-alerts backfill"),
        (NAME, None, date(1999, 1, 4), "no figure is recorded up to 4 Jan 1999", "rotation-alerts refresh"),
    ],
)
def test_what_cannot_be_told_says_why_and_the_console_alone_hears_of_its_commands(
    held: Database, name: str, start: date | None, end: date | None, why: str, cure: str
) -> None:  # fmt: skip
    with pytest.raises(NoMovers, match=why) as error:
        who_moved(held, name, start, end)
    assert cure in error.value.console
    said = no_movers_text(metric(name), error.value)
    parse_html(said)
    assert why in said
    assert not any(word in said for word in ("`", "--", "refresh", cure))


def test_closes_that_are_dropped_are_not_taken_for_companies_that_left(held: Database) -> None:
    with writing(held):
        held.conn.execute("DELETE FROM closes WHERE day < ?", [day_number(DAYS[0])])
    with pytest.raises(NoMovers, match="the closes held suffice for 0: the history is still") as error:
        who_moved(held, NAME)
    assert "wait until the history is filled" in error.value.console
