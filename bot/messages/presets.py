"""Packs of alerts: the list, one pack, and what was set. Telegram HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from alerts.rules.evaluate import Watch
from alerts.rules.presets import Pack
from alerts.rules.state import TRUE
from bot.messages.buttons import Buttons, previews

_ROW = 5  # numbers in a row
PACK_GONE = "That pack is not offered any more: /presets"  # a note at a button


def packs_text(packs: Iterable[Pack]) -> str:
    """The packs, each with its reason."""
    lines = ["<b>Packs of alerts</b>", ""]
    lines += [f"<b>{escape(pack.title)}</b> ({len(pack.presets)}): {escape(pack.why)}." for pack in packs]
    return "\n".join([*lines, "", "Open a pack, then set all or single alerts."])


def packs_buttons(packs: Iterable[Pack]) -> Buttons:
    """A button for each pack."""
    return [[(pack.title, f"pack:{pack.id}")] for pack in packs]


def pack_text(pack: Pack) -> str:
    """Each alert of a pack with its reason."""
    lines = [f"<b>{escape(pack.title)}</b>: {escape(pack.why)}.", ""]
    lines += [
        f"{at}. <code>{escape(preset.line)}</code>\n{escape(preset.why)}"
        for at, preset in enumerate(pack.presets, start=1)
    ]
    return "\n".join([*lines, "", "A number shows what that alert would have done, before it is set."])


def pack_buttons(pack: Pack) -> Buttons:
    """Buttons that set all of it or preview one alert."""
    numbers = [(f"{at}", previews(preset.line)) for at, preset in enumerate(pack.presets, start=1)]
    rows = [numbers[at : at + _ROW] for at in range(0, len(numbers), _ROW)]
    return [[(f"Set all {len(pack.presets)}", f"packall:{pack.id}")], *rows, [("Other packs", "presets")]]


def pack_set(pack: Pack, made: Sequence[Watch], had: int, full: int, short: int, subscribed: bool) -> str:
    """What became of a pack: rules set, `had` before, left out because the chat is `full` or the history `short`."""
    if not made and not full and not short:
        return f"You have all of {escape(pack.title)} already: /alerts"
    lines = [f"<b>{escape(pack.title)}</b>: {_count(len(made))} set" + (f", {had} you had already." if had else ".")]
    lines += [f"{watch.number}. <code>{escape(watch.rule.line)}</code>" for watch in made]
    if true := [watch for watch in made if watch.state.phase in TRUE]:
        numbers = ", ".join(str(watch.number) for watch in true)
        one = len(true) == 1
        lines += ["", f"{'Alert' if one else 'Alerts'} {numbers} {'is' if one else 'are'} true already: you hear when "
                  f"{'it has' if one else 'they have'} cleared and come{'s' if one else ''} true again. "
                  f"/why {true[0].number} shows more."]  # fmt: skip
    if full:
        lines += ["", f"{_count(full)} left out: you have as many as one chat may keep."]
    if short:
        lines += ["", f"{_count(short)} left out: the history held so far is too short."]
    if subscribed:
        lines += ["", "You are subscribed now: /unsubscribe ends that."]
    return "\n".join(lines)


def _count(number: int) -> str:
    return f"{number} alert{'s' if number != 1 else ''}"
