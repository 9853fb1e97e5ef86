"""Answers to what people type in their own words: a fund, what may be meant, what is not understood. Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from alerts.metrics.catalog import metric, number
from alerts.metrics.symbols import is_listed_abroad
from alerts.phrases.doubts import Doubt, Doubtful
from bot.brand import no_advice
from bot.formatting import capital, day, short_day
from bot.messages.buttons import Buttons, fits, previews
from bot.reports.funds import Held

ENGLISH_ONLY = "I speak English only; here is what you asked for."
NO_ADVICE_LINE = "I give no advice on what to buy or sell: these are the figures, the decision is yours."
BUTTON = 60  # characters on a button, at most


def fund_text(held: Held) -> str:
    """A fund's close, or the ratio of two, beside its averages."""
    in_dollars = held.base is None and not (held.name.startswith("^") or is_listed_abroad(held.name))
    shown = f"${held.value:,.2f}" if in_dollars else f"{held.value:,.2f}"
    if held.base is not None:
        what = f"Total-return closes, 100 on {short_day(held.base)}."
    else:
        what = "Split-adjusted close." if in_dollars else "Close."
    text = f"{escape(held.name)}: <b>{shown}</b>"
    if held.change is not None:
        text += f" ({number(held.change, 1, sign=True)} % on the session)"
    lines = [f"<b>{escape(held.name)}</b>", f"{day(held.session)} · {escape(held.source)}", "", text]
    for gap in held.gaps:
        if gap.percent is None:
            lines.append(f"{gap.n}d average: too short a history")
        else:
            side = "above" if gap.percent >= 0 else "below"
            lines.append(f"{abs(gap.percent):.1f} % {side} its {gap.n}d average ({gap.average:,.2f})")
    return "\n".join([*lines, "", f"<i>{what} {no_advice()}</i>"])


def may_mean(lines: Sequence[str], together: bool) -> str:
    """Several alerts are near to what was asked."""
    if together:
        return "\n".join(
            ["That makes two alerts:" if len(lines) == 2 else "That makes several alerts:", *_listed(lines)]
        )
    if len(lines) == 1:
        return "\n".join(["The nearest that I can watch:", *_listed(lines)])
    return "\n".join(["Which of these do you mean?", *_listed(lines), "", "A tap shows first what it would have done."])


def _listed(lines: Sequence[str]) -> list[str]:
    return [f"{at}. <code>{escape(line)}</code>" for at, line in enumerate(lines, start=1)]


def line_buttons(lines: Sequence[str]) -> list[list[tuple[str, str]]]:
    """A button that previews each line which fits into one."""
    return [
        [(_short(f"{at}. {line}" if len(lines) > 1 else line), previews(line))]
        for at, line in enumerate(lines, start=1)
        if fits(previews(line))
    ]


def doubt_text(found: Doubtful) -> str:
    """A line that parses and may not say what was meant."""
    of, level = found.rule.first.series.of, found.rule.first.level
    name, now = escape(capital(of.title)), escape(of.show(found.now))
    match found.doubt:
        case Doubt.FACTOR:
            asked = f"{name} is 100 on 2 January 2020 and {now} now, far from {level:g}. Did you mean one of these?"
        case Doubt.FRACTION:
            asked = f"{name} is in percent, {now} now. Did you mean {level * 100:g} %, or really {level:g} %?"
        case Doubt.NAMESAKE:
            asked = "Which companies are meant?"
    return "\n".join([asked, *_listed(found.instead)])


def doubt_buttons(found: Doubtful, values: dict[str, float | None]) -> list[list[tuple[str, str]]]:
    """What may be meant; of namesakes with the value of each."""
    if found.doubt is not Doubt.NAMESAKE:
        return line_buttons(found.instead)
    names = ("Profitable companies", "Losses included")
    ids = ("valuation.discount_profitable", found.rule.first.series.metric)
    rows = []
    for name, identity, line in zip(names, ids, found.instead, strict=True):
        value = values.get(identity)
        shown = name if value is None else f"{name}: {metric(identity).show(value)} now"
        if fits(previews(line)):
            rows.append([(shown, previews(line))])
    return rows


def not_understood(text: str) -> str:
    """A text is not a command, a metric, a fund or an alert."""
    shown = text if len(text) <= 60 else text[:59] + "…"
    return (
        f"I do not understand “{escape(shown)}”.\n"
        "Ask for a figure by its name, or say what to be told of, such as “tell me when small caps beat large caps”."
    )


def near_buttons(near: Sequence[tuple[str, str]]) -> Buttons:
    """The nearest things to ask, and Help. near: (text, action)."""
    return [*([(_short(text), action)] for text, action in near), [("Help", "do:help")]]


def _short(text: str) -> str:
    return text if len(text) <= BUTTON else text[: BUTTON - 1] + "…"
