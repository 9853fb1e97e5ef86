"""The thesis, as Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from alerts.metrics.catalog import metric
from alerts.rules.evaluate import Watch
from alerts.rules.series import typed_name
from alerts.thesis import Holding, Thesis, Verdict
from bot.brand import no_advice
from bot.formatting import beside_text, coverage, day, short_day, sources
from bot.messages.buttons import Buttons

_VERB = {Holding.HOLDS: "holds", Holding.NOT: "has not held", Holding.UNKNOWN: "cannot be told"}
SIGNS = {Holding.HOLDS: "✅", Holding.NOT: "❌", Holding.UNKNOWN: "❔"}


def thesis_text(told: Thesis, notes: Sequence[str] = ()) -> str:
    """A line a claim: sign, claim, its figure with its name, since when."""
    return "\n".join([*_head(told, notes), "", *map(claim_line, told.verdicts), "", f"<i>{no_advice()}</i>"])


def details_text(told: Thesis, notes: Sequence[str] = ()) -> str:
    """Each claim with its value, verdict, since when, and what would change it."""
    lines = _head(told, notes)
    for verdict in told.verdicts:
        lines += ["", *claim_lines(verdict)]
    return "\n".join([*lines, "", f"<i>{no_advice()}</i>"])


def _head(told: Thesis, notes: Sequence[str]) -> list[str]:
    figures = (verdict.figure for verdict in told.verdicts)
    counted = [figure for figure in figures if figure is not None and figure.value is not None]
    return [
        f"<b>The case for small caps: {told.holding} hold, {_judged(told)}</b>",
        f"{day(told.session)} · {escape(sources(counted))}",
        *map(escape, notes),
    ]


def thesis_buttons() -> Buttons:
    """Under the thesis."""
    return [[("Details", "details")], [("Alert me when this changes…", "claims")]]


def claims_text(told: Thesis) -> str:
    """Which claim to be told of."""
    lines = ["<b>Alert me when this changes</b>", "You are told when a claim begins to hold and when it stops.", ""]
    lines += [
        f"{at}. {SIGNS[verdict.judged.holding]} {escape(verdict.claim.text)}"
        for at, verdict in enumerate(told.verdicts, start=1)
    ]
    return "\n".join(lines)


def claims_buttons(count: int) -> Buttons:
    """A number a claim, and all of them."""
    numbers = [(str(at), f"claim:{at}") for at in range(1, count + 1)]
    return [*(numbers[at : at + 5] for at in range(0, count, 5)), [(f"All {count}", "claim:all")]]


def claims_set(made: Sequence[tuple[str, Watch]], had: int, short: int, full: int) -> str:
    """Claims that are watched now, with the alert of each. had: those that the chat watched already; short: those that
    have too little history; full: those for which the chat has no room."""
    lines = [
        f"You are told when “{escape(claim)}” changes: alert {watch.number}, <code>{escape(watch.rule.line)}</code>"
        for claim, watch in made
    ]
    if had:
        lines.append("You have that one already." if had == 1 and not made else f"{had} of them you have already.")
    if short:
        lines.append(f"Too little history yet for {'it' if short == 1 and not made else f'{short} of them'}.")
    if full:
        lines.append(f"No room for {'it' if full == 1 and not made else f'{full} of them'}: /alerts")
    return "\n".join(lines)


def claim_line(verdict: Verdict) -> str:
    """✅ Claim: figure's name and value, since when."""
    holding = verdict.judged.holding
    head = f"{SIGNS[holding]} {escape(verdict.claim.text)}"
    if holding is Holding.UNKNOWN:
        return f"{head}: {holding.value}"
    name = typed_name(metric(verdict.claim.metric))
    return f"{head}: {escape(name)} <b>{escape(verdict.shown)}</b>, {since(verdict)}"


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
    beside = beside_text(metric(verdict.claim.metric), verdict.beside)
    return [
        f"{head}: {' · '.join(parts)}",
        *([f"Beside it: {escape(beside)}"] if beside else []),
        f"<i>{escape(verdict.judged.change)}</i>",
    ]


def since(verdict: Verdict) -> str:
    """Since when a verdict is what it is."""
    if verdict.since is None:
        return ""
    return f"since {'at least ' if verdict.at_least else ''}{short_day(verdict.since)}"
