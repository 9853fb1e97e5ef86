"""The thesis, as Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from alerts.thesis import Holding, Thesis, Verdict
from bot.formatting import coverage, day, no_advice, short_day, sources

_VERB = {Holding.HOLDS: "holds", Holding.NOT: "has not held", Holding.UNKNOWN: "cannot be told"}
SIGNS = {Holding.HOLDS: "✅", Holding.NOT: "❌", Holding.UNKNOWN: "❔"}


def thesis_text(told: Thesis, notes: Sequence[str] = ()) -> str:
    """Each claim with its value, verdict, since when, and what would change it."""
    figures = (verdict.figure for verdict in told.verdicts)
    counted = [figure for figure in figures if figure is not None and figure.value is not None]
    lines = [
        f"<b>The case for small caps: {told.holding} hold, {_judged(told)}</b>",
        f"{day(told.session)} · {escape(sources(counted))}",
        *map(escape, notes),
    ]
    for verdict in told.verdicts:
        lines += ["", *claim_lines(verdict)]
    return "\n".join([*lines, "", f"<i>{no_advice()}</i>"])


def _judged(told: Thesis) -> str:
    """How many claims can be told: "11 of 13 can be told", "all 13 can be told"."""
    total = len(told.verdicts)
    return f"{told.told} of {total} can be told" if told.told < total else f"all {total} can be told"


def claim_lines(verdict: Verdict) -> list[str]:
    """Two lines: the verdict with value, coverage and since when; what would change it."""
    head = f"{SIGNS[verdict.judged.holding]} <b>{escape(verdict.claim.text)}</b>"
    parts = [verdict.judged.holding.value]
    if verdict.judged.holding is not Holding.UNKNOWN:
        parts = [escape(verdict.shown), f"{_VERB[verdict.judged.holding]} {since(verdict)}"]
        if verdict.figure is not None and (counted := coverage(verdict.figure.eligible, verdict.figure.members)):
            parts.append(counted)
    return [f"{head}: {' · '.join(parts)}", f"<i>{escape(verdict.judged.change)}</i>"]


def since(verdict: Verdict) -> str:
    """Since when a verdict is what it is."""
    if verdict.since is None:
        return ""
    return f"since {'at least ' if verdict.at_least else ''}{short_day(verdict.since)}"
