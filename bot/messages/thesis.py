"""The thesis, as Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from alerts.thesis import Holding, Thesis, Verdict
from bot.formatting import NO_ADVICE, coverage, day, short_day

SIGNS = {Holding.HOLDS: "✅", Holding.NOT: "❌", Holding.UNKNOWN: "❔"}


def thesis_text(told: Thesis, notes: Sequence[str] = ()) -> str:
    """Each claim with its value, verdict, since when, and what would change it."""
    total = len(told.verdicts)
    lines = [
        f"<b>The case for small caps: {told.holding} of {total} claims hold</b>",
        f"{day(told.session)} · {escape(_sources(told))}",
        *map(escape, notes),
    ]
    if told.told < total:
        lines.append(f"{total - told.told} cannot be told.")
    for verdict in told.verdicts:
        lines += ["", *claim_lines(verdict)]
    return "\n".join([*lines, "", f"<i>{NO_ADVICE}</i>"])


def claim_lines(verdict: Verdict) -> list[str]:
    """Two lines: the verdict with value, coverage and since when; what would change it."""
    head = f"{SIGNS[verdict.judged.holding]} <b>{escape(verdict.claim.text)}</b>"
    parts = [verdict.judged.holding.value]
    if verdict.judged.holding is not Holding.UNKNOWN:
        parts = [escape(verdict.shown), f"{verdict.judged.holding.value} {since(verdict)}"]
        if verdict.figure is not None and (counted := coverage(verdict.figure.eligible, verdict.figure.members)):
            parts.append(counted)
    return [f"{head}: {' · '.join(parts)}", f"<i>{escape(verdict.judged.change)}</i>"]


def since(verdict: Verdict) -> str:
    """Since when a verdict is what it is."""
    if verdict.since is None:
        return ""
    return f"since {'at least ' if verdict.at_least else ''}{short_day(verdict.since)}"


def _sources(told: Thesis) -> str:
    """The sources of the figures, each once, without the dates of single observations."""
    seen: dict[str, None] = {}
    for verdict in told.verdicts:
        if verdict.figure is not None and verdict.figure.value is not None:
            for word in verdict.figure.source.split(", "):
                if not word.startswith("of "):
                    seen["some corrected since" if word.startswith("corrected on") else word] = None
    return ", ".join(seen)
