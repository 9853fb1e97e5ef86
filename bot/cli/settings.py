"""`settings`: what the program would run with."""

from __future__ import annotations

import click

from bot.cli.context import command, print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@command
def settings(as_json: bool) -> None:
    """Show every setting with its value, its default and its source. Secrets stay hidden."""
    from bot.settings import read_settings, settings_table

    found = settings_table(read_settings())
    if as_json:
        print_json([vars(one) for one in found])
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("setting", "value", "default", "source"):
        table.add_column(heading, overflow="fold")
    for one in found:
        table.add_row(one.name, one.value, "" if one.value == one.default else one.default, one.source)
    Console(highlight=False, markup=False).print(table)
