"""“A beats B”: which of two sides leads, by how much, over how long."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from alerts.metrics.catalog import metric
from alerts.phrases.predicates import NUMBER, window
from alerts.phrases.words import document, tokens
from alerts.rules.names import metric_named
from alerts.rules.numbers import number_of

_AHEAD = (
    r"beats?|beating|outperforms?|outperforming|outperformed|leads?|leading|overtakes?|outpaces?|outruns?|"
    r"wins? against|(?:does|do|doing|did|performs?|performing) better than|"
    r"(?:is|are|gets?|moves?|pulls?|go|goes)? ?ahead of|stronger than|"
    r"over(?:takes?)|tops?|tak(?:e|es) the lead(?: (?:from|over))?|tak(?:e|es) over from|"
    r"gains? more than|rises? more than|"
    r"rises? faster than|(?:is|are) up more than|win|wins"
)
_BEHIND = (
    r"lags?|lagging|trails?|underperforms?|underperforming|underperformed|(?:is|are|falls?|drops?)? ?behind|"
    r"weaker than|(?:does|do|doing|performs?) worse than|loses? (?:to|against)"
)
_RELATION = re.compile(rf"\b(?:(?P<ahead>{_AHEAD})|(?P<behind>{_BEHIND}))(?=\s|$)")
_AMOUNT = re.compile(rf"(?:\b(?:by|with)\s+)?(?:\b(?:more than|over|at least)\s+)?(?P<n>{NUMBER})")
_DEFAULT = 63  # sessions: a quarter

Value = Callable[[str], float | None]


def related(text: str, value: Value) -> tuple[str, ...]:
    """The lines of a canonical “A beats B [by N] [over W]”; () where it is none, or its sides are not held."""
    found = _RELATION.search(text)
    if found is None:
        return ()
    quarter = re.search(r"\b(?:this quarter|quarter to date|qtd)\b", text[found.end() :]) is not None
    n, rest = window(text[found.end() :])
    level = None
    if amount := _AMOUNT.search(rest):
        level = number_of(amount["n"].strip())
        rest = f"{rest[: amount.start()]} {rest[amount.end() :]}"
    left, right = tokens(text[: found.start()]), tokens(rest)
    ahead = found["ahead"] is not None
    for pair in document()["pair"]:
        for first, second, way in (("strong", "weak", ahead), ("weak", "strong", not ahead)):
            if _is(left, pair[first]) and _is(right, pair[second]) and (left or right):
                return _lines(pair | {"now": quarter}, way, n, level, value)
    return ()


def _is(side: frozenset[str], phrases: list[str]) -> bool:
    return any(side == tokens(phrase) for phrase in phrases)


def _lines(pair: dict[str, Any], up: bool, n: int | None, level: float | None, value: Value) -> tuple[str, ...]:
    lead = {int(sessions): name for sessions, name in pair.get("lead", {}).items()}
    wanted = n or _DEFAULT
    name = lead.get(wanted) if n or lead else None
    if "quarter" in pair and (pair["now"] or (n is None and not lead)):
        name = pair["quarter"]
    if name is None and "ratio" not in pair:
        name = next(iter(lead.values()))
    if name is not None:
        if level is None:
            return (f"{name} crosses {'above' if up else 'below'} 0",)
        return (f"{name} {'>' if up else '<'} {'' if up or not level else '-'}{level:.12g}",)
    ratio = pair["ratio"]
    if level is None:
        return (f"{ratio} {'rising' if up else 'falling'} {n}d",) if n else (
            f"{ratio} crosses {'above' if up else 'below'} its 200d average",
        )  # fmt: skip
    identity = metric_named(ratio)
    now = value(identity) if identity else None
    if identity is None or now is None or metric(identity).unit != "index":
        return ()
    points = f"{level / 100 * now:.2g}"
    return (f"change {wanted}d of {ratio} {'>' if up else '<'} {'' if up else '-'}{points}",)
