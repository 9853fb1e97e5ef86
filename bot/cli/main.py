"""The console script: its commands, each from its own file."""

from __future__ import annotations

import click

from bot.cli import (
    audit,
    backup,
    chats,
    compare,
    demo,
    doctor,
    export,
    figures,
    imports,
    odds,
    refresh,
    rules,
    run,
    settings,
    symbols,
    thesis,
    track,
    universe,
    who,
)


class _Commands(click.Group):
    """Lists its commands with the whole first sentence of each, wrapped instead of cut."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, command.get_short_help_str(limit=300)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rotation-alerts")
def main() -> None:
    """Tells investors in Telegram when leadership in US equities rotates.

    Settings come from the environment or a file .env; `rotation-alerts settings` lists them.
    """


for _command in (
    run.run,
    refresh.refresh,
    refresh.backfill,
    refresh.unseal,
    figures.summary,
    figures.figures,
    who.who,
    imports.import_,
    export.export,
    compare.compare,
    universe.universe,
    symbols.symbols,
    thesis.thesis,
    odds.odds,
    refresh.valuation_history,
    rules.rules,
    rules.backtest,
    rules.baserates,
    track.track,
    audit.audit,
    backup.backup,
    backup.restore,
    doctor.doctor,
    chats.chats,
    chats.alerts,
    chats.notice,
    settings.settings,
    demo.demo,
    demo.local_telegram,
):
    main.add_command(_command)
