"""Symbols, lists and series that a chat asked for or brought. Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from alerts.metrics.catalog import metric
from alerts.rules.evaluate import Watch
from bot.messages.buttons import Buttons, fits

SHOWN = 20  # symbols of a list in its answer


def refused_buttons() -> Buttons:
    """Under a refusal of symbols."""
    return [[("Your symbols", "symbols"), ("Help", "do:help")]]


def unavailable(why: str) -> str:
    """The source did not answer."""
    return f"That could not be fetched: {escape(why)}. Nothing was changed; try again in some minutes."


def own_symbols(metrics: Sequence[str], count: int, most: int) -> str:
    """The pairs and symbols of a chat."""
    if not metrics:
        return (
            "<b>Your symbols</b>\nNone yet. Any ticker alone, or two with a slash, is answered and kept up to date: "
            "<code>qqq/rsp</code>, <code>AAPL</code>, <code>VIX</code>."
        )
    lines = ["<b>Your symbols</b>", f"{count} of {most} symbols; the funds of the catalogue do not count.", ""]
    lines += [f"<code>{escape(metric(one).aliases[0])}</code>" for one in metrics[:40]]
    return "\n".join([*lines, "", "What nobody asks for and no alert watches goes after 90 days."])


def own_symbols_buttons(metrics: Sequence[str]) -> Buttons:
    """A button for each of the first, which shows it, and one that lets it go."""
    rows = [
        [(metric(one).aliases[0], f"metric:{one}"), ("Let go", f"letgo:{one}")]
        for one in metrics[:12]
        if fits(f"metric:{one}")
    ]
    return [*rows, [("All metrics", "metrics")]]


def let_go(name: str, *, watched: bool) -> str:
    """A symbol or pair is let go, or cannot be."""
    if watched:
        return f"An alert of this chat watches {escape(name)}: delete that first (/alerts)."
    return f"{escape(name)} is no longer among your symbols."


def split_told(metric_id: str, ratio: float, watches: Sequence[Watch]) -> str:
    """A price was split, and the levels of rules went along."""
    name = escape(metric(metric_id).aliases[0])
    what = f"{ratio:g} for 1" if ratio > 1 else f"1 for {1 / ratio:g}"
    lines = [f"<b>{name} was split, {what}</b>", "The levels of your alerts go along:"]
    lines += [f"{watch.number}. <code>{escape(watch.rule.line)}</code>" for watch in watches]
    return "\n".join(lines)
