"""`backup`, `restore`: the database copied while the bot runs, and put back while it does not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.context import command, settings_read

if TYPE_CHECKING:
    from storage.database import Contents


@click.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@command
def backup(path: Path | None) -> None:
    """Copy the database to PATH, checked, while the bot runs.

    Without PATH: to a new file in BACKUP_DIR, of which the newest BACKUP_KEEP stay.
    """
    from bot.settings import WrongSetting
    from storage.backup import back_up, name_at, prune

    settings = settings_read()
    target = path
    if target is None:
        if settings.backup_dir is None:
            raise WrongSetting("BACKUP_DIR is not set: name a file (rotation-alerts backup PATH), or set BACKUP_DIR")
        target = settings.backup_dir / name_at(datetime.now(UTC))
    size = back_up(settings.database_path, target)
    click.echo(f"{target}: {size / 1e6:,.1f} MB, checked.")
    if path is None and settings.backup_dir is not None:
        for old in prune(settings.backup_dir, settings.backup_keep):
            click.echo(f"{old}: deleted, BACKUP_KEEP={settings.backup_keep} newer ones stay.")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@command
def restore(path: Path) -> None:
    """Put the back-up PATH in the place of the database; the file that was there stays beside it.

    The bot must be stopped. A damaged back-up, and one of a later version, is refused.
    """
    from storage import in_use
    from storage.backup import restore as put_back
    from storage.database import open_database

    settings = settings_read()
    database = settings.database_path
    in_use.hold_alone(database)
    done = put_back(path, database, datetime.now(UTC))
    open_database(database).close()  # migrated to this version
    click.echo(f"{database} is now {path}: {_words(done.held)}.")
    if done.kept is not None:
        was = _words(done.replaced) if done.replaced else "it could not be read"
        click.echo(f"The file it replaces is kept as {done.kept}: {was}.")
    if done.unsent:
        click.echo(f"{done.unsent:,} messages were open in it; they go out and say that they may be repeats.")
    if done.held.last_session:
        click.echo(
            f"Sessions after {done.held.last_session} are gathered and evaluated at the next refresh: chats may be "
            "told twice of what happened since."
        )
    if done.only_in_backup:
        click.echo(
            f"{done.only_in_backup:,} of its chats are not in the file it replaces. If they erased themselves since "
            "(/forgetme), they are stored again: ask them, or erase them."
        )


def _words(held: Contents) -> str:
    return f"{held.sessions:,} sessions, the last {held.last_session or 'none'}; {held.chats:,} chats"
