"""A chat's own names: whose id a button may carry, and what a line of another chat's becomes."""

from __future__ import annotations

import pytest

from alerts.rules.own_names import OwnNames

NAMES = OwnNames(lists={"banks": 7}, series={"vix": 7})


@pytest.mark.parametrize(
    ("carried", "whole"),
    [
        ("size.ratio", "size.ratio"),
        ("pair.QQQ/RSP", "pair.QQQ/RSP"),
        ("import.vix", "import.vix@7"),
        ("import.vix@7", "import.vix@7"),
        ("import.vix@8", None),
        ("import.vix@0", None),
        ("import.pmi", "import.pmi"),  # everybody's, or nobody's
        ("breadth.above_50d.banks", "breadth.above_50d.banks@7"),
        ("breadth.above_50d.banks@8", None),
        ("breadth.above_50d.large", "breadth.above_50d.large"),
    ],
)
def test_a_button_leads_to_what_the_chat_sees(carried: str, whole: str | None) -> None:
    assert NAMES.whole(carried) == whole


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("import.vix > 20", "import.vix@7 > 20"),
        ("import.vix@8 > 20", "import.vix@0 > 20"),  # an owner that no chat has
        ("banks above 50d > 60", "breadth.above_50d.banks@7 > 60"),
        ("breadth.above_50d.banks@8 > 60", "breadth.above_50d.banks@0 > 60"),
    ],
)
def test_a_line_names_what_is_the_chats_own_alone(typed: str, full: str) -> None:
    assert NAMES.full(typed) == full
