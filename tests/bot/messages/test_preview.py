"""What a preview says of a rule's past, by what it would have done."""

from __future__ import annotations

from datetime import date

import pytest

from alerts.rules.grammar import parse
from bot.messages.preview import preview_text
from bot.reports.preview import Tried

BEGAN, LAST = date(2024, 7, 1), date(2025, 5, 8)


@pytest.mark.parametrize(
    ("line", "tried", "said"),
    [
        (  # true on the first session and ever since: it has not fired, and cannot before that ends
            "iwm/spy < 80",
            Tried(306, BEGAN, share=1.0, levels=(70.3, 70.1, None), true_since=BEGAN, at_least=True),
            [
                "In 306 sessions since 1 Jul 2024 it would not have fired. True now, since at least 1 Jul 2024.",
                "⚠️ It has been true all the time: it can only fire after that has ended.",
                "It would fire about once a month at <code>&lt; 70.3</code>, once a quarter at <code>&lt; 70.1</code>.",
            ],
        ),
        (
            "small above 200d > 30",
            Tried(306, BEGAN, 3, LAST, 176, 0.92, (None, None, None), true_since=LAST),
            [
                "In 306 sessions since 1 Jul 2024 it would have fired 3 times, last on 8 May 2025; the longest quiet "
                "stretch was 176 sessions. It was true on 92 % of all days. True now, since 8 May 2025.",
                "⚠️ It is true on most days, so an alert says little.",
                "Past figures: surviving companies.",
            ],
        ),
        (
            "small above 200d > 95",
            Tried(306, BEGAN, share=0.0, levels=(None, None, 72.7)),
            [
                "In 306 sessions since 1 Jul 2024 it would not have fired.",
                "⚠️ It was never true in this history.",
                "It would fire about once a year at <code>&gt; 72.7</code>.",
                "Past figures: surviving companies.",
            ],
        ),
        (  # true at the start of the history alone
            "iwm/spy < 70",
            Tried(306, BEGAN, share=0.1),
            [
                "In 306 sessions since 1 Jul 2024 it would not have fired. It was true on 10 % of all days.",
                "⚠️ It has not fired in this history.",
            ],
        ),
        (
            "iwm/spy at a new high 252d",
            Tried(306, BEGAN, 1, LAST, 176),
            [
                "In 306 sessions since 1 Jul 2024 it would have fired once, on 8 May 2025; the longest quiet stretch "
                "was 176 sessions.",
            ],
        ),
        (
            "iwm/spy < 70",
            Tried(9, BEGAN, share=0.0),
            [
                "In 9 sessions since 1 Jul 2024 it would not have fired.",
                "That is too short a history to judge it by.",
            ],
        ),
        ("iwm/spy < 70", Tried(), ["There is no history yet to test it on. It is judged from its first figure on."]),
    ],
)  # fmt: skip
def test_the_past_of_a_rule_in_words(line: str, tried: Tried, said: list[str]) -> None:
    rule = parse(line)
    lines = preview_text(rule, tried, now=None, replaces=None).split("\n")
    assert lines[0].startswith("<b>Not set yet:</b> <code>")
    assert lines[2:] == said
