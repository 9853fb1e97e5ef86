"""The preview of a rule, as Telegram HTML, short enough to stand under its chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from alerts.rules.condition import typed_number
from alerts.rules.reading import Reading
from alerts.rules.rule import Rule
from bot.formatting import hindsight, share, short_day, since
from bot.messages.alert_entry import lead_text
from bot.messages.rules import now_text
from bot.reports.preview import Tried

NOT_YET = "<b>Not set yet:</b>"
SHORT = 60  # sessions, under which nothing is said of how often
_ALWAYS = "⚠️ It has been true all the time: it can only fire after that has ended."
_MOSTLY = "⚠️ It is true on most days, so an alert says little."
_NEVER_TRUE = "⚠️ It was never true in this history."
_NEVER = "⚠️ It has not fired in this history."
_OFTEN = ("once a month", "once a quarter", "once a year")


def preview_text(
    rule: Rule, tried: Tried, *, now: Sequence[Reading] | None, replaces: str | None, same: int | None = None
) -> str:  # fmt: skip
    """What the rule says, where its series stand, and what it would have done.

    `now`: where the series of its conditions stand, None without figures. `replaces`: the line of the rule it replaces.
    `same`: the number of the chat's alert that is this one already.
    """
    lines = [f"{NOT_YET} <code>{escape(rule.line)}</code>"]
    if replaces:
        lines.append(f"instead of <code>{escape(replaces)}</code>")
    return "\n".join([*lines, *preview_lines(rule, tried, now=now, same=same)])


def preview_lines(rule: Rule, tried: Tried, *, now: Sequence[Reading] | None, same: int | None) -> list[str]:
    """The lines under the rule's own."""
    lines = []
    if same is not None:
        lines.append(f"You have this already (#{same}).")
    if now is not None:
        lines += ["", escape(now_text(rule, now))]
    if not tried.sessions or tried.since is None:
        lines += ["", "There is no history yet to test it on. It is judged from its first figure on."]
    else:
        lines += ["", _counts(tried)]
        lines += _warning(rule, tried)
        if tried.clear is not None:
            lines.append(
                f"That is {tried.a_year:.0f} times a year; <code>clear {typed_number(tried.clear)}</code> makes it "
                "fewer and loses none that lasted longer than ten sessions."
            )
        if tried.lead and (followed := lead_text(tried.lead)):
            lines.append(followed + ".")
        if known_later := hindsight(condition.series.of for condition in rule.conditions):
            lines.append(f"Past figures: {known_later}.")
    if rule.until or rule.repeat.value == "once":
        lines.append("Counted without <code>once</code> and <code>until</code>.")
    return lines


def decided(html: str, what: str) -> str:
    """A preview that was decided on: `what` was done stands where it said that the rule is not set yet."""
    return html.replace(NOT_YET, f"<b>{what}:</b>", 1)


def level_lines(rule: Rule, tried: Tried) -> list[tuple[str, str]]:
    """(what stands on a button, the line it previews) of the levels and the clear level that suit better."""
    found = [
        (f"{often}: {_threshold(rule, level)}", replace(rule, conditions=(replace(rule.first, level=level),)).line)
        for often, level in zip(_OFTEN, tried.levels, strict=False)
        if level is not None
    ]
    if tried.clear is not None:
        found.append((f"Add clear {typed_number(tried.clear)}", replace(rule, clear=tried.clear).line))
    return found


def _counts(tried: Tried) -> str:
    began = f" {since(tried.since)}" if tried.since else ""
    held = f"In {_sessions(tried.sessions)}{began}"
    if tried.last is None:
        text = f"{held} it would not have fired."
    else:
        times = {1: "once,", 2: "twice, last"}.get(tried.fired, f"{tried.fired} times, last")
        quiet = f"the longest quiet stretch was {_sessions(tried.quiet)}"
        text = f"{held} it would have fired {times} on {short_day(tried.last)}; {quiet}."
    if tried.by_membership:
        text += f" By new members alone: {', '.join(short_day(day) for day in tried.by_membership)}."
    if tried.share and tried.share < 1:
        text += f" It was true on {share(tried.share)} of all days."
    if tried.true_since is not None:
        text += f" True now, {since(tried.true_since, at_least=tried.at_least)}."
    return text


def _sessions(count: int) -> str:
    return f"{count:,} session{'s' if count != 1 else ''}"


def _warning(rule: Rule, tried: Tried) -> list[str]:
    if not tried.always and not tried.never:
        return []
    if tried.sessions < SHORT:
        return ["That is too short a history to judge it by."]
    lines = [_why_poor(tried)]
    found = [
        f"{often} at <code>{escape(_threshold(rule, level))}</code>"
        for often, level in zip(_OFTEN, tried.levels, strict=False)
        if level is not None
    ]
    if found:
        lines.append(f"It would fire about {', '.join(found)}.")
    return lines


def _why_poor(tried: Tried) -> str:
    """Why a rule that is true on most days, or has not fired, tells little."""
    if tried.always:
        return _ALWAYS if tried.share == 1 else _MOSTLY
    return _NEVER if tried.share or tried.share is None else _NEVER_TRUE


def _threshold(rule: Rule, level: float) -> str:
    moved = replace(rule.first, level=level)
    return f"{moved.operator.value} {typed_number(level)}"
