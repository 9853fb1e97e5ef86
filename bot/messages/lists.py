"""A chat's own lists of companies. Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from alerts.metrics.catalog import metric
from alerts.metrics.symbols import without_owner
from bot.formatting import day, sources
from bot.messages.buttons import Buttons
from bot.messages.summary import figure_line
from bot.reports.summary import FigureReading
from storage.lists import CompanyList

_SHOWN = 30  # symbols that are named


def refused(problem: str) -> str:
    """A line that makes no list."""
    return escape(problem)


def too_many(most: int) -> str:
    """One list more than a chat may have."""
    return f"A chat may have {most} lists, and this one has them. Delete one first: /list shows them."


def gone(name: str) -> str:
    """There is no such list."""
    return f"There is no list {escape(name)} here. /list shows those that there are."


def all_lists(found: Sequence[CompanyList], most: int) -> str:
    """The lists of a chat, or how to make one."""
    how = (
        "<code>/list mybanks JPM BAC WFC C GS</code> makes one, or changes the one of that name; "
        "<code>/list mybanks + MS</code> and <code>/list mybanks - C</code> change it."
    )
    if not found:
        return f"<b>Your lists</b>\nNone yet. A list of companies of your own gets figures of breadth. {how}"
    lines = [f"<b>Your lists</b> ({len(found)} of {most})"]
    lines += [f"<code>{escape(one.name)}</code>: {_named(one)}" for one in found]
    return "\n".join([*lines, "", how])


def all_lists_buttons(found: Sequence[CompanyList]) -> Buttons:
    """A button a list."""
    return [[(one.name, f"showlist:{one.name}")] for one in found]


def one_list(one: CompanyList, figures: Sequence[FigureReading]) -> str:
    """The companies of a list and its figures."""
    lines = [f"<b>{escape(one.name)}</b>, {len(one.symbols)} companies"]
    if figures:
        lines.append(f"{day(figures[0].figure.session)} · {escape(sources(entry.figure for entry in figures))}")
    lines += [_named(one), ""]
    lines += [figure_line(entry, entry.of.plain_title.removeprefix(f"{one.name}: "), counted=True) for entry in figures]
    if not figures:
        lines.append("Its figures come with the next session.")
    return "\n".join([*lines, "", f"To be told: <code>/alert {escape(one.name)} above 50d crosses above 60</code>"])


def one_list_buttons(one: CompanyList) -> Buttons:
    """Each figure with its history, and Delete."""
    names = [
        (metric(identity).aliases[0].removeprefix(f"{one.name} "), f"metric:{without_owner(identity)}")
        for identity in one.metrics
    ]
    rows = [names[at : at + 2] for at in range(0, len(names), 2)]
    return [*rows, [("Delete", f"dellist:{one.name}"), ("Your lists", "lists")]]


def deleted(one: CompanyList) -> str:
    """A list was deleted."""
    line = escape(f"/list {one.name} {' '.join(one.symbols)}")
    return f"{escape(one.name)} is deleted; alerts on it have no data. It was:\n<code>{line}</code>"


def _named(one: CompanyList) -> str:
    more = f" and {len(one.symbols) - _SHOWN} more" if len(one.symbols) > _SHOWN else ""
    return escape(", ".join(one.symbols[:_SHOWN])) + more
