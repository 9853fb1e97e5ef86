"""The console script: its commands, each from its own file."""

from __future__ import annotations

import click

from bot.console import gathering, local, odds, running, series, showing, thesis, trying, universe


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rotation-alerts")
def main() -> None:
    """Tells investors in Telegram when leadership in US equities rotates.

    Settings come from the environment or a file .env: TELEGRAM_BOT_TOKEN, DATABASE_PATH (rotation.db), MARKET (yahoo or
    sample), TELEGRAM_API_URL, MESSAGES_PER_SECOND (30), MAX_RULES_PER_CHAT (50), HISTORY_SESSIONS (300), SCHEDULE (on),
    CACHE_PATH, LOG_LEVEL (INFO).
    """


for _command in (
    running.run,
    gathering.refresh,
    gathering.backfill,
    showing.summary,
    showing.figures,
    series.import_,
    series.export,
    universe.universe,
    thesis.thesis,
    odds.odds,
    gathering.valuation_history,
    trying.rules,
    trying.backtest,
    trying.baserates,
    local.demo,
    local.local_telegram,
):
    main.add_command(_command)
