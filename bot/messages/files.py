"""Files that become series of a chat's own. Telegram HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from alerts.market.csv_import import OwnSeries
from alerts.metrics.catalog import minus
from bot.formatting import short_day
from bot.messages.buttons import Buttons
from storage.imports import Import

_LONGEST = 1500  # characters of what is wrong with a file
FILE_GONE = "The file is out of reach: send it again."
NOT_IMPORTED = "Nothing was imported, and nothing is kept of the file."


def question(asks: str, example: str) -> str:
    """What has to be known before a file can be read."""
    what = "Which number is the day?" if asks == "dates" else "Is the sign in it a decimal sign or a thousands sign?"
    return f"<code>{escape(example)}</code> can be read in two ways. {what}"


def preview(name: str, found: OwnSeries, *, proposed: int, there: bool) -> str:
    """The series that a file would make."""
    import pandas as pd  # there already: the series is one of its

    rows = found.observations
    first, last = rows.index[0].date(), rows.index[-1].date()
    dated = [(stamp.date(), float(value)) for stamp, value in zip(pd.DatetimeIndex(rows.index), rows, strict=True)]
    shown = [*dated[:2], *dated[-2:]] if len(dated) > 4 else dated
    lines = [f"<b>import.{escape(name)}</b>", f"{len(rows):,} values from {short_day(first)} to {short_day(last)}"]
    if found.gaps:
        lines[-1] += f", {found.gaps:,} lines without one"
    lines += ["", *(f"{short_day(day)}: {_number(value)}" for day, value in shown)]
    if len(rows) > 4:
        lines.insert(-2, "…")
    lines.append("")
    if there:
        lines.append("You have a series of that name: values of the same dates are written over, others added.")
    if proposed:
        step = "monthly" if proposed == 60 else "quarterly"
        lines.append(f"A {step} series is usually known {proposed} days after its date; a button counts it so.")
    return "\n".join([*lines, "It is this chat's own: no other chat sees it."])


def imported(name: str, found: OwnSeries, changed: int) -> str:
    """A series was imported."""
    last = _number(float(found.observations.iloc[-1]))
    return (
        f"<b>import.{escape(name)}</b>: {len(found.observations):,} values, {changed:,} of them new or changed.\n"
        f"To be told: <code>/alert import.{escape(name)} crosses above {last}</code>"
    )


def imported_buttons(name: str) -> Buttons:
    """Under an imported series."""
    return [[("Alert me", f"alert:import.{name}"), ("Your series", "series")]]


def not_readable(problem: str) -> str:
    """A file is no series."""
    text = problem.replace("say --dates day-first or --dates month-first", "the buttons ask which")
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return f"Nothing was imported:\n{escape(shown)}"


def not_fetched(why: str) -> str:
    """Telegram did not give the file."""
    return f"The file could not be fetched from Telegram ({escape(why)}): send it again."


def too_large(size: int) -> str:
    """A file is larger than 1 MB."""
    return f"The file has {size / 1e6:.1f} MB; 1 MB is the most. Keep the columns date and value alone."


def too_many(most: int) -> str:
    """One series more than a chat may have."""
    return f"A chat may have {most} series of its own, and this one has them. Delete one first: /import"


def own_series(found: Mapping[str, Import], most: int) -> str:
    """A chat's own series, and how to bring one."""
    how = (
        "Send a CSV file (a date and a value a line, up to 1 MB) to make a series of this chat's own; the file's name, "
        "or what you write under it, is its name."
    )
    if not found:
        return f"<b>Your series</b>\nNone yet. {how}"
    lines = [f"<b>Your series</b> ({len(found)} of {most})"]
    lines += [
        f"<code>import.{escape(name)}</code>: {one.rows:,} values, of {escape(one.file)}" for name, one in found.items()
    ]
    return "\n".join([*lines, "", how])


def own_series_buttons(found: Mapping[str, Import]) -> Buttons:
    """Each series with a button that shows it, and one that deletes it."""
    return [[(name, f"metric:import.{name}"), ("Delete", f"delseries:{name}")] for name in found]


def deleted(name: str, *, known: bool) -> str:
    """A series was deleted."""
    return f"import.{escape(name)} is deleted; alerts on it have no data." if known else "It was deleted before."


def _number(value: float) -> str:
    return minus(f"{value:,.8g}") if value < 0 else f"{value:,.8g}"
