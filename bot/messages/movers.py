"""Who moved a figure, as Telegram HTML."""

from __future__ import annotations

from fractions import Fraction
from html import escape

from alerts.metrics.catalog import Metric, number
from alerts.metrics.movers import Cause, is_share
from bot.formatting import capital, coverage, labelled, short_day
from bot.reports.movers import Mover, Movers, NoMovers

SHOWN = 15  # symbols of a cause
_NOTHING = "No company crossed, came or went."


def movers_text(found: Movers) -> str:
    """The change, and its parts by cause with the companies, the largest first."""
    of, before, after = found.of, found.before, found.after
    assert before.value is not None
    assert after.value is not None
    lines = [
        f"<b>Who moved it: {escape(capital(of.title))}</b>",
        f"{short_day(before.session)} to {short_day(after.session)}: {escape(of.show(before.value))} → "
        f"<b>{escape(of.show(after.value))}</b> ({escape(of.show_change(found.change))})",
        f"{coverage(before.eligible, before.members)} → {coverage(after.eligible, after.members)} companies · "
        f"{escape(provenance(found))}",
        "",
    ]
    for cause, who, effect in found.by_cause():
        lines.append(f"<b>{cause_words(cause, found)}</b>: {len(who):,}, {effect_words(effect, found)}")
        more = len(who) - SHOWN
        lines.append(escape(", ".join(one.symbol for one in who[:SHOWN])) + (f" and {more:,} more" if more > 0 else ""))
    if not found.movers:
        lines.append(_NOTHING)
    if rest := rest_words(found):
        lines.append(f"<i>{rest}</i>")
    return "\n".join([*lines, "", f"<i>{legend(found)}</i>"])


def no_movers_text(of: Metric, error: NoMovers) -> str:
    """Why it cannot be told who moved a figure."""
    return f"<b>Who moved it: {escape(capital(of.title))}</b>\nThat cannot be told: {escape(error.reason)}."


def provenance(found: Movers) -> str:
    """The sources and notes of both figures, and whether they are simulated. Plain text."""
    before, after = found.before, found.after
    told = after.provenance
    if before.provenance != told:
        told = f"{short_day(before.session)}: {before.provenance}; {short_day(after.session)}: {told}"
    return labelled(told, simulated=found.simulated)


def cause_words(cause: Cause, found: Movers) -> str:
    """The cause, with the ranks where new ones are in force."""
    if cause is Cause.JOINED:
        return "Joined by the new ranks" if found.new_ranks else "Joined"
    if cause is Cause.LEFT:
        return "Left by the new ranks" if found.new_ranks else "Left"
    return capital(cause.value)


def effect_words(effect: Fraction | float, found: Movers) -> str:
    """+3.12 pp of a share, +12 of a number."""
    if is_share(found.of.id):
        return f"{number(float(effect), 2, sign=True)} pp"
    return number(float(effect), 0, sign=True)


def one_words(one: Mover, found: Movers) -> str:
    """A company's part, with a decimal more."""
    digits = 3 if is_share(found.of.id) else 0
    return number(float(one.effect), digits, sign=True)


def rest_words(found: Movers) -> str:
    """What the parts leave over; "" where they add up to the recorded change."""
    if not found.rest:
        return ""
    return (
        f"{effect_words(found.rest, found)} by closes and averages that came or were corrected after the figures "
        "were recorded."
    )


def legend(found: Movers) -> str:
    """How the parts add up. Plain text."""
    if not is_share(found.of.id):
        return "A company counts by the step of its sign: new high +1, new low −1. The parts add up to the change."
    return (
        "A company that crosses counts by its share of those counted; one that comes or goes by how far its side is "
        "from the share before. The parts add up to the change. The largest companies first; their sectors are not "
        "known to the source."
    )
