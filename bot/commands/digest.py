"""/digest: a summary at a time of the chat's choice."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlite_utils import Database
from telegram import Update

from alerts.digest_times import DigestTime, DigestTimeError, read_digest_time
from bot.alerting.digests import chart_topic
from bot.charts.spec import Picture
from bot.commands.declaration import Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, may_change, replace_text, say, show
from bot.messages import digest as words
from bot.messages.summary import NO_FIGURES
from bot.reports.charts import chart_for
from bot.reports.digest import CHOICES, DEFAULT, chat_digest, digest_figures
from storage import chats, digests
from storage.digests import ChatDigest
from storage.preferences import preferences_of


async def digest(update: Update, context: Context) -> None:
    """/digest Mondays 7:30 Berlin sets it, /digest off ends it; /digest alone says what is set."""
    line = argument(update).strip()
    await answer_button(update)
    if update.callback_query is not None or not line:
        await _show(update, context)
        return
    if not await may_change(update):
        return
    if line.lower() in ("off", "none", "end", "stop"):
        await say(update, words.digest_ended(await parts(context).store.write(digests.end_digest, chat_of(update))))
        return
    zone = (await parts(context).store.read(preferences_of, chat_of(update))).zone
    try:
        when = read_digest_time(line, zone)
    except DigestTimeError as error:
        await say(update, words.digest_refused(str(error)))
        return
    made = await parts(context).store.write(_set, chat_of(update), when, datetime.now(UTC))
    await say(update, words.digest_settings(made), words.settings_buttons(made))


async def about(update: Update, context: Context) -> None:
    """Put a family into the digest, or leave it out."""
    if not await may_change(update):
        return
    found = await parts(context).store.write(_toggle, chat_of(update), argument(update))
    await answer_button(update)
    await replace_text(update, words.digest_settings(found), words.settings_buttons(found))


async def now(update: Update, context: Context) -> None:
    """Show what the digest would say now."""
    await answer_button(update)
    text, chart = await parts(context).store.read(_made, chat_of(update), parts(context).simulated)
    await show(update, context, text or NO_FIGURES, chart, words.BUTTONS)


async def off(update: Update, context: Context) -> None:
    """End the digest."""
    if not await may_change(update):
        return
    had = await parts(context).store.write(digests.end_digest, chat_of(update))
    await answer_button(update)
    await replace_text(update, words.digest_ended(had))


async def _show(update: Update, context: Context) -> None:
    found = await parts(context).store.read(digests.digest_of, chat_of(update))
    await say(update, words.digest_settings(found), words.settings_buttons(found))


def _set(db: Database, chat: int, when: DigestTime, now: datetime) -> ChatDigest:
    """Whoever wants a digest is subscribed by it."""
    chats.subscribe(db, chat, now)
    before = digests.digest_of(db, chat)
    return digests.set_digest(db, chat, when, before.families if before else DEFAULT, now)


def _toggle(db: Database, chat: int, family: str) -> ChatDigest | None:
    found = digests.digest_of(db, chat)
    if found is not None:
        digests.set_families(db, chat, words.chosen(found.families, family))
    return digests.digest_of(db, chat)


def _made(db: Database, chat: int, simulated: bool) -> tuple[str | None, Picture | None]:
    found = digests.digest_of(db, chat)
    families = found.families if found else DEFAULT
    shared = digest_figures(db, families, found.reached if found else None)
    if shared is None:
        return None, None
    return words.digest_text(chat_digest(db, chat, shared)), chart_for(db, chart_topic(families), simulated)


COMMANDS = (Command("digest", digest, "A summary at a set time: /digest Mondays 7:30 Berlin", place=155),)
BUTTONS = (
    Button("digest", digest),
    Button("digestabout", about, "|".join(CHOICES)),
    Button("digestnow", now),
    Button("digestoff", off),
)
