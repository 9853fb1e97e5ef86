"""The preview of a rule, as Telegram HTML, short enough to stand under its chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from alerts.rules.condition import typed_number
from alerts.rules.event import Reading
from alerts.rules.rule import Rule
from bot.formatting import short_day
from bot.messages.alert_entry import lead_text
from bot.messages.rules import now_text
from bot.reports.preview import Tried

SHORT = 60  # sessions, under which nothing is said of how often
_OFTEN = ("once a month", "once a quarter", "once a year")


def preview_text(rule: Rule, tried: Tried, *, now: Sequence[Reading] | None, replaces: str | None) -> str:
    """What the rule says, where its series stand, and what it would have done.

    `now`: where the series of its conditions stand, None without figures. `replaces`: the line of the rule it replaces.
    """
    lines = [f"<b>Not set yet:</b> <code>{escape(rule.line)}</code>"]
    if replaces:
        lines.append(f"instead of <code>{escape(replaces)}</code>")
    if now is not None:
        lines += ["", escape(now_text(rule, now))]
    if not tried.sessions or tried.since is None:
        lines += ["", "No history is held yet to try it on."]
    else:
        lines += ["", _counts(tried)]
        lines += _warning(rule, tried)
        if tried.lead:
            lines.append(lead_text(tried.lead) + ".")
    if rule.until or rule.repeat.value == "once":
        lines.append("Counted as if it spoke every time and had no last day.")
    return "\n".join(lines)


def _counts(tried: Tried) -> str:
    since = short_day(tried.since) if tried.since else ""
    held = f"Over {tried.sessions:,} session{'s' if tried.sessions != 1 else ''} since {since} it would have fired"
    if tried.last is None:
        return f"{held} never."
    times = "once" if tried.fired == 1 else f"{tried.fired} times"
    text = f"{held} {times}, last on {short_day(tried.last)}; the longest quiet was {tried.quiet:,} sessions."
    return text + (f" It was true on {_percent(tried.share)} of all days." if tried.share is not None else "")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share == 0 or share >= 0.01 else "less than 1 %"


def _warning(rule: Rule, tried: Tried) -> list[str]:
    if not tried.always and not tried.never:
        return []
    if tried.sessions < SHORT:
        return ["That is too short a history to judge it by."]
    lines = ["⚠️ That is true more often than not, so it tells little." if tried.always else "⚠️ It may never fire."]
    found = [
        f"{often}: <code>{escape(_threshold(rule, level))}</code>"
        for often, level in zip(_OFTEN, tried.levels, strict=False)
        if level is not None
    ]
    if found:
        lines.append(f"About {', '.join(found)}.")
    return lines


def _threshold(rule: Rule, level: float) -> str:
    moved = replace(rule.first, level=level)
    return f"{moved.operator.value} {typed_number(level)}"
