"""Lines that nobody would type, and somebody will."""

from __future__ import annotations

import random
from datetime import date

import pytest

from alerts.metrics.catalog import catalog
from alerts.rules.check import RuleError
from alerts.rules.grammar import GrammarError, parse

GOOD = [
    "small above 200d > 60", "valuation discount < -25% for 3 days", "iwm/spy crosses above its 50d average once",
    "size.trend at least 1,234.5 every time", "rsp drawdown crosses -5", "regime at most 0 for 2 days once",
    "small above 200d < 40 clear 45 keep 3 days remind every 5 days until 2026-12-31", "lead 21d outside -2..2",
    "percentile 252d of iwm/spy < 5", "equal weight at a new high 252d", "import.vix-9d crosses above 1'000,5",
    "iwm/spy rising 21d and small above 200d > 50 and lead 63d inside -1 to 1 for 2 days", "regime changes once",
]  # fmt: skip
PIECES = [
    ">", "<", ">=", "≤", "for", "for 3 days", "once", "every time", "its", "50d average", "-", "−", "1e999", "NaN",
    "inf", "60", "60,", ",5", "1.2.3", "0x1f", "%", "%s", "{0}", "\\", "\x00", "\u202e", "\u200b", "\ud800", "🧨", "ﷺ",
    "①", "²", "½", "٦٠", "क्ष", "\u200f", "' OR 1=1 --", "<b>", "&amp;", "(", "[", "*", "+", "?", "\n", "\t", "crosses",
    "above", "below", ".", "..", "9" * 40, " ", "  ", "ı", "ß", "İ", "\u0301", "a" * 50, "d", "200", "days", "average",
    "clear", "and", "and and", "and iwm/spy > 1", "percentile", "pct(", "pct(all) of", "z 999999999d of", "rising 0d",
    "falling", "at a new high", "high 252d", "changes", "inside", "1..2", "..", "keep", "keep 9 days", "remind every",
    "until", "until 0000-00-00", "until 9999-12-31", "until 2026-13-01", "import.", "import.a", "zweig thrust",
    "and " * 40,
]  # fmt: skip
COUNT = 10_002
TODAY = date(2025, 7, 31)


def mutated(source: random.Random) -> str:
    line = source.choice(GOOD)
    for _ in range(source.randint(1, 6)):
        at, until = sorted(source.randint(0, len(line)) for _ in range(2))
        match source.randrange(5):
            case 0:
                line = line[:at] + source.choice(PIECES) + line[at:]
            case 1:
                line = line[:at] + line[min(until, at + 8) :]
            case 2:
                line = line[:at] + chr(source.choice((source.randrange(0x110000), source.randrange(0x250)))) + line[at:]
            case 3:
                line = line[at:] + line[:at]
            case _:
                line = line.replace(" ", source.choice(["", " ", "\u00a0", "_"]), source.randint(1, 3))
    return line


def assembled(source: random.Random) -> str:
    names = [name for of in catalog().values() for name in (of.id, of.title, *of.aliases)]
    return source.choice([" ", ""]).join(source.choice([*names, *PIECES]) for _ in range(source.randint(1, 9)))


def raw(source: random.Random) -> str:
    """Any signs at all, the lengths around the limit among them."""
    length = source.choice([0, 1, 5, 40, 299, 300, 301, 2000])
    near, far = source.choices(range(0x250), k=length), source.choices(range(0x110000), k=length)
    return "".join(map(chr, (source.choice(pair) for pair in zip(near, far, strict=True))))


@pytest.mark.parametrize("make", [mutated, assembled, raw])
def test_a_hostile_line_is_a_rule_or_is_refused_with_one_that_works(make: object) -> None:
    source = random.Random(20250731)
    parsed = refused = 0
    for _ in range(COUNT // 3):
        line = make(source)  # type: ignore[operator]
        try:
            rule = parse(line, TODAY)
        except (GrammarError, RuleError) as error:
            refused += 1
            text = str(error)
            parse(text.rsplit("An example that works: ", 1)[1], TODAY)
            text.encode()  # it is sent on: no half of a surrogate pair
        else:
            parsed += 1
            assert parse(rule.line) == rule, line
    assert parsed + refused == COUNT // 3
    assert refused > COUNT // 6
