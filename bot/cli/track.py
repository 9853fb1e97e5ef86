"""`rotation-alerts track`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.cli.context import command, opened, print_json, settings_read

if TYPE_CHECKING:
    from bot.reports.track_record import TrackRecord


@click.command()
@click.option("--chat", type=int, help="The alerts of one chat, by its number; those of all chats by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def track(chat: int | None, as_json: bool) -> None:
    """What followed every alert that was sent, beside the base rate shown with it: misses first, then by preset.

    Over all chats no chat is named, and an alert that is no preset's has no line.
    """
    from bot.reports.track_record import track_json, track_of_all, track_of_chat

    db = opened(settings_read())
    record = track_of_all(db) if chat is None else track_of_chat(db, chat)
    if as_json:
        print_json({"chat": chat, **track_json(record)})
    else:
        _print(record)


def _print(record: TrackRecord) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from alerts.metrics.catalog import number
    from alerts.rules.base_rates import HORIZONS
    from bot.brand import NO_ADVICE
    from bot.formatting import day
    from bot.messages.track_record import SIGNS, lead_word, legend, value_text
    from bot.reports.track_record import by_preset

    console = Console(highlight=False)
    if not record.alerts:
        console.print("No alert has been sent yet.")
        return
    expected = record.expected_misses
    said = "" if expected is None else f"; {number(expected, 1)} misses expected by the shares shown"
    closes = f"closes to {day(record.through)}" if record.through else "no closes of IWM and SPY are held"
    console.print(
        f"[bold]{len(record.alerts):,} alerts sent, {record.known:,} judged, {record.missed:,} missed[/bold]{said}\n"
        f"IWM − SPY in pp by sessions ahead, total return; {closes}{'; simulated market' if record.simulated else ''}"
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for heading in ("session", "alert"):
        table.add_column(heading, no_wrap=heading == "session")
    for heading in ("shown", "of", *map(str, HORIZONS)):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in record.alerts:
        alert, shown = one.alert, one.alert.shown
        line = alert.line or alert.preset
        value = value_text(line, alert.value)
        table.add_row(
            SIGNS[one.judged.verdict],
            alert.session.isoformat(),
            escape((line or "a chat's own") + (f": {value}" if value else "")),
            "–" if shown is None or shown.median is None else number(shown.median, 1, sign=True),
            "–" if shown is None else str(shown.n),
            *(_cell(lead_word(lead)) for lead in one.followed),
        )
    console.print(table)
    presets = Table(box=None, pad_edge=False)
    presets.add_column("preset")
    for heading in ("sent", "judged", "missed", "expected", *map(str, HORIZONS)):
        presets.add_column(heading, justify="right", no_wrap=True)
    for track in by_preset(record):
        of, chance = track.record, track.record.expected_misses
        medians = ["–" if found is None else number(found[0], 1, sign=True) for found in track.medians]
        counts = (f"{len(of.alerts):,}", f"{of.known:,}", f"{of.missed:,}")
        presets.add_row(escape(track.line), *counts, "–" if chance is None else number(chance, 1), *medians)
    if presets.row_count:
        console.print("\n[bold]By preset[/bold], medians of what is known")
        console.print(presets)
    console.print(
        f"\n[dim]{legend(record)} Columns shown, of: the median shown, and of how many earlier firings. "
        f"{NO_ADVICE}[/dim]"
    )


def _cell(word: str) -> str:
    """The word, short enough for a column of figures."""
    return {"not yet": "…", "no close": "–"}.get(word, word)
