"""A digest, and what is said about setting one, as Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from zoneinfo import ZoneInfo

from telegram.constants import MessageLimit

from alerts.digest_times import EXAMPLE
from alerts.metrics.catalog import families
from bot.brand import no_advice
from bot.formatting import because, capital, coverage, day, short_day, sources, visible_length
from bot.messages.alert_entry import what_text
from bot.messages.buttons import Buttons
from bot.messages.rule_status import distance
from bot.messages.summary import headline
from bot.messages.track_record import monthly_line
from bot.reports.digest import CHOICES, Digest, MovedFigure
from storage.digests import ChatDigest

FIRED_SHOWN = 8
BUTTONS: Buttons = (
    (("Breadth", "breadth"), ("Size", "size"), ("Valuation", "valuation")),
    (("My alerts", "alerts"), ("Digest settings", "digest")),
)
_ROW = 3


def digest_text(digest: Digest) -> str:
    """The regime, the figures and how they moved since the last digest, what fired, what is near its level, and once a
    month the track record."""
    shared = digest.shared
    since = f" · changes since {short_day(shared.since)}" if shared.since else ""
    lines = [
        f"📰 <b>Digest: {day(shared.session)}</b>",
        escape(headline(shared.summary)),
        "",
        *map(_figure_line, shared.figures),
        f"<i>{escape(sources(moved.reading.figure for moved in shared.figures))}{since}</i>",
    ]
    if digest.fired:
        lines += ["", "<b>Your alerts since then</b>"]
        for stored in digest.fired[:FIRED_SHOWN]:
            if stored.event.rule is not None:
                lines.append(
                    f"{short_day(stored.session)}: {what_text(stored.event.rule)} (#{stored.event.rule.number})"
                )
        if (more := len(digest.fired) - FIRED_SHOWN) > 0:
            lines.append(f"… and {more} more: /history")
    elif shared.since:
        lines += ["", "None of your alerts fired since then."]
    if digest.near:
        lines += ["", "<b>Near their level</b>"]
        for near in digest.near:
            lines.append(
                f"#{near.number} <code>{escape(near.rule.line)}</code>: {distance(near.rule.first, near.value)}"
            )
    if digest.track is not None and (said := monthly_line(digest.track)):
        lines += ["", said]
    return "\n".join([*lines, "", f"<i>{no_advice()}</i>"])


def captioned(text: str) -> list[str]:
    """The text as the caption of a chart; where it is too long for one, its first lines are, and the rest follows."""
    if visible_length(text) <= MessageLimit.CAPTION_LENGTH:
        return [text]
    head, _, rest = text.partition("\n\n")
    return [head, rest]


def _figure_line(moved: MovedFigure) -> str:
    reading, figure = moved.reading, moved.reading.figure
    of = reading.of
    name = escape(of.short or capital(of.title))
    if figure.value is None:
        return f"{name}: {because(figure)}"
    text = f"{name}: <b>{escape(of.show(figure.value))}</b>"
    if moved.then is not None and (change := of.show_change(figure.value - moved.then.value)):
        text += f" ({escape(change)})"
    counted = coverage(figure.eligible, figure.members) if of.counts == "companies" else ""
    return f"{text} · {counted}" if counted else text


def digest_settings(digest: ChatDigest | None) -> str:
    """When the chat's digest comes and what it is about, or how to get one."""
    how = (
        f"Say when: <code>/digest {EXAMPLE}</code>, <code>/digest weekdays 18h New York</code> or "
        "<code>/digest 7:30 London</code> (every day)."
    )
    if digest is None:
        return (
            "<b>Digest</b>\nA summary at a time of your choice: what changed since the last one, the regime, which of "
            f"your alerts fired, and which are near their level.\n\n{how}"
        )
    due = digest.due_at.astimezone(ZoneInfo(digest.when.zone))
    about = ", ".join(families()[name].title.lower() for name in digest.families) or "the regime alone"
    return (
        f"<b>Digest: {escape(digest.when.line)}</b>\nNext: {day(due.date())}, {due:%H:%M}. About: {escape(about)}.\n"
        f"A digest on a day without a new session is skipped.\n\n{how} <code>/digest off</code> ends it."
    )


def settings_buttons(digest: ChatDigest | None) -> Buttons:
    """A toggle for each family; none without a digest."""
    if digest is None:
        return ()
    toggles = [
        (f"{'✓' if name in digest.families else '–'} {families()[name].title}", f"digestabout:{name}")
        for name in CHOICES
    ]
    rows = [toggles[at : at + _ROW] for at in range(0, len(toggles), _ROW)]
    return [*rows, [("Show it now", "digestnow"), ("End the digest", "digestoff")]]


def digest_refused(problem: str) -> str:
    """A time that was not understood."""
    return escape(problem)


def digest_ended(had: bool) -> str:
    """A digest was ended."""
    return "The digest has ended. Your alerts are as they were." if had else "You had no digest. /digest sets one."


def chosen(digest: Sequence[str], toggled: str) -> tuple[str, ...]:
    """The families after one is toggled, in the order in which they are shown."""
    wanted = set(digest) ^ {toggled}
    return tuple(name for name in CHOICES if name in wanted)
