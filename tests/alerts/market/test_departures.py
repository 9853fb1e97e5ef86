"""Who is gone, who goes on under another symbol, who arrives large: a table a rule."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from alerts.market.departures import FastEntry, Listing, fast_entry, fifth_session, gone_from, renamed
from alerts.market.membership import Absence, Ranks, Register
from alerts.market.seasons import Season
from alerts.market.sessions import previous_sessions, sessions_between

TODAY = date(2025, 6, 20)  # the day before was a holiday
RECENT = [*previous_sessions(TODAY, 9), TODAY]
OLD = date(2001, 5, 1)


@pytest.mark.parametrize(
    ("last_seen", "listed", "gone"),
    [
        (date(2025, 6, 20), OLD, None),
        (date(2025, 6, 13), OLD, None),                    # four sessions without
        (date(2025, 6, 12), OLD, date(2025, 6, 13)),       # five
        (date(2025, 3, 3), OLD, date(2025, 3, 4)),
        (None, OLD, date(2025, 6, 13)),                    # never seen at all
        (None, date(2025, 6, 18), None),                   # too young to be missed
    ],
)  # fmt: skip
def test_a_company_is_gone_after_five_sessions_from_the_one_after_its_last_close(last_seen, listed, gone):
    assert gone_from(last_seen, listed, RECENT) == gone


def test_too_few_sessions_with_data_say_nothing():
    assert gone_from(OLD, OLD, RECENT[-4:]) is None


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (("AAXN", "Axon Enterprise, Inc.", OLD), ("AXON", "Axon Enterprise Inc", OLD), True),
        (("AAXN", "Axon Enterprise, Inc.", OLD), ("AXON", "Axon Enterprise Inc", date(2001, 5, 2)), False),
        (("AAXN", "Axon Enterprise, Inc.", OLD), ("AXON", "Another Thing Inc", OLD), False),
        (("AAXN", "Axon Enterprise, Inc.", None), ("AXON", "Axon Enterprise Inc", None), False),
        (("FB", "Facebook, Inc. Class A", OLD), ("META", "Facebook, Inc.", OLD), True),
    ],
)
def test_a_new_symbol_with_the_same_first_day_and_name_is_the_same_company(old, new, same):
    found = renamed([Listing(*old)], [Listing(*new)])
    assert found == ({old[0]: new[0]} if same else {})


@pytest.mark.parametrize(
    ("differs_at", "same"),
    [(None, True), (5, True), (39, False), (25, False)],
)
def test_twenty_closes_in_common_make_up_for_another_name(differs_at, same):
    closes = np.arange(1_000_000, 1_040_000, 1_000, dtype=np.int64)
    other = closes.copy()
    if differs_at is not None:
        other[differs_at] *= 2
    found = renamed(
        [Listing("FB", "Facebook", OLD)], [Listing("META", "Meta Platforms", OLD)], {"FB": closes, "META": other}
    )
    assert found == ({"FB": "META"} if same else {})


def test_a_symbol_that_two_companies_would_claim_is_nobodys():
    twins = [Listing("AA", "Same Name Inc", OLD), Listing("AB", "Same Name Inc", OLD)]
    assert renamed(twins, [Listing("AC", "Same Name Inc", OLD)]) == {}


def test_a_newcomer_counts_at_the_close_of_its_fifth_session_and_enters_on_the_sixth():
    listed = date(2025, 6, 12)
    assert fifth_session(listed, date(2025, 6, 17)) is None
    fifth = fifth_session(listed, TODAY)
    assert fifth == date(2025, 6, 18)
    values = pd.Series({f"S{at}": float(1_000 - at) for at in range(600)})
    for own, rank in ((2_000.0, 1), (501.5, 500), (500.5, 501)):
        found = fast_entry("NOVA", listed, fifth, pd.concat([values, pd.Series({"NOVA": own})]))
        assert found == (FastEntry("NOVA", listed, TODAY, rank, own) if rank <= 500 else None)


def ranks(season: Season, **segments: str) -> Ranks:
    frame = pd.DataFrame({"segment": segments, "market_value": dict.fromkeys(segments, 1e9)})
    return Ranks(season, frame, provisional=False)


REGISTER = Register(
    [ranks(Season(2024, 10), AA="large", BB="small"), ranks(Season(2025, 4), AA="mid", BB="small", CC="small")],
    [Absence("BB", date(2025, 6, 25), date(2025, 7, 2), "no quote and no close after 2025-06-24")],
    {"NOVA": FastEntry("NOVA", date(2025, 6, 12), TODAY, 3, 1.8e12)},
)


@pytest.mark.parametrize(
    ("session", "members"),
    [
        (date(2025, 6, 18), {"AA": "large", "BB": "small"}),
        (date(2025, 6, 20), {"AA": "large", "BB": "small", "NOVA": "large"}),
        (date(2025, 6, 25), {"AA": "large", "NOVA": "large"}),
        (date(2025, 6, 27), {"AA": "mid", "CC": "small", "NOVA": "large"}),  # ranked on 30 April: NOVA was not listed
        (date(2025, 7, 2), {"AA": "mid", "BB": "small", "CC": "small", "NOVA": "large"}),
    ],
)
def test_members_are_the_ranks_in_force_without_the_gone_and_with_who_arrived_large(session, members):
    assert REGISTER.on(session)["segment"].to_dict() == members


def test_codes_of_a_range_are_those_of_each_session():
    sessions = sessions_between(date(2025, 6, 16), date(2025, 7, 8))
    symbols = REGISTER.symbols(sessions)
    codes = REGISTER.codes(sessions, symbols, {"large": 1, "mid": 2, "small": 3})
    for row, session in zip(codes, sessions, strict=True):
        held = REGISTER.on(session)["segment"].map({"large": 1, "mid": 2, "small": 3})
        assert dict(zip(symbols, row.tolist(), strict=True)) == held.reindex(symbols, fill_value=0).to_dict()


def test_ranks_after_its_listing_decide_of_a_newcomer():
    later = Register([*REGISTER.ranks, ranks(Season(2025, 10), AA="mid")], entries=REGISTER.entries)
    assert later.on(date(2025, 12, 26))["segment"].to_dict() == {"AA": "mid"}
