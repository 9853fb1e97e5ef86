"""/status, for operators (ADMIN_CHAT_IDS) alone; anyone else is answered as for any unknown command."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlite_utils import Database
from telegram import Update

from bot.commands.declaration import Command
from bot.commands.parts import Context, parts
from bot.commands.reply import chat_of, say
from bot.messages import asking as words
from bot.messages.status import status as status_text
from bot.reports import checks
from bot.reports.health import health
from bot.settings import Settings


async def status(update: Update, context: Context) -> None:
    """How the program is doing."""
    settings = parts(context).settings
    if chat_of(update) not in settings.admin_chat_ids:
        await say(update, words.not_understood("/status"))
        return
    await say(update, await parts(context).store.read(_status, settings))


def _status(db: Database, settings: Settings) -> str:
    now = datetime.now(UTC)
    found = health(db, now)
    looked_at = [
        *checks.of_health(found, now), checks.disk(settings.database_path), checks.backup_age(settings.backup_dir, now)
    ]  # fmt: skip
    return status_text(found, looked_at)


COMMANDS = (Command("status", status),)
