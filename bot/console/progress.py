"""How far a command has come, while a person waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.histories import Report


@contextmanager
def progress(quiet: bool) -> Iterator[Report]:
    """A bar on standard error while a person waits; nothing where nobody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _what, _done, _total: None
        return
    words = {"funds": "Fund closes", "census": "Census", "closes": "Closes of companies", "figures": "Figures",
             "economy": "Economic series", "valuations": "Valuation history"}  # fmt: skip
    with Progress(
        TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    ) as bar:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(words.get(what, what), total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield report
