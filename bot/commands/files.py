"""A CSV file sent to the bot becomes a series of the chat's own; /import lists those that there are.

What was chosen so far stands in the buttons, and the file in the message that theirs replies to: nothing is kept of a
file that is not imported.
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlite_utils import Database
from telegram import Document, Message, Update
from telegram.error import TelegramError

from alerts.market.csv_import import NAME, NotReadable, OwnSeries, Unclear, read, text_of
from alerts.metrics.imported import proposed_lag
from bot.commands.declaration import Button, Command
from bot.commands.parts import Context, parts
from bot.commands.reply import answer_button, argument, chat_of, keyboard, may_change, replace_text, say
from bot.messages import files as words
from bot.messages.buttons import Buttons
from bot.pipeline.imports import keep_within
from storage import imports
from storage.owners import owner_for

MOST_BYTES = 1_000_000
MOST = 20  # series of a chat
_NO_NAME = re.compile(r"[^a-z0-9_-]+")


@dataclass(frozen=True)
class Choices:
    """How a file is read. day_first, decimal: None where the file itself tells. lag: days, None where nobody said."""

    day_first: bool | None = None
    decimal: str | None = None
    lag: int | None = None

    @property
    def data(self) -> str:
        """As a button carries them: "d,60": the day first, a decimal comma, 60 days."""
        dates = {None: "-", True: "d", False: "m"}[self.day_first]
        return f"{dates}{self.decimal or '-'}{'' if self.lag is None else self.lag}"

    @classmethod
    def of(cls, data: str) -> Choices:
        """The choices of a button's data."""
        return cls(
            {"-": None, "d": True, "m": False}[data[0]],
            None if data[1] == "-" else data[1],
            int(data[2:]) if data[2:] else None,
        )


async def received(update: Update, context: Context) -> None:
    """A file: a preview of the series that it makes, or what has to be asked first."""
    message = update.effective_message
    if message is None or message.document is None or not await may_change(update):
        return
    await _preview(update, context, message, Choices())


async def chosen(update: Update, context: Context) -> None:
    """The preview again, as a button says that the file is to be read."""
    if not await may_change(update):
        return
    await answer_button(update)
    if (message := await _file_message(update)) is not None:
        await _preview(update, context, message, Choices.of(argument(update)))


async def imported(update: Update, context: Context) -> None:
    """Keep the series of the file that the preview was of."""
    if not await may_change(update):
        return
    await answer_button(update)
    message = await _file_message(update)
    if message is None or message.document is None:
        return
    choices, name = Choices.of(argument(update)), _name_of(message)
    found = await _read(update, context, message.document, choices)
    if found is None or isinstance(found, Unclear):
        return
    file = (message.document.file_name or "a file")[:100]
    own = dataclasses.replace(found, lag=choices.lag)
    changed = await parts(context).store.write(_kept, chat_of(update), name, own, file)
    if changed is None:
        await say(update, words.too_many(MOST))
    else:
        await replace_text(update, words.imported(name, found, changed), words.imported_buttons(name))


async def dropped(update: Update, _context: Context) -> None:
    """Import nothing."""
    await answer_button(update)
    await replace_text(update, words.NOT_IMPORTED)


async def own(update: Update, context: Context) -> None:
    """/import: the chat's own series, and how to bring one."""
    await answer_button(update)
    found = await parts(context).store.read(_own, chat_of(update))
    await say(update, words.own_series(found, MOST), words.own_series_buttons(found))


async def delete(update: Update, context: Context) -> None:
    """Delete the series that a button names."""
    if not await may_change(update):
        return
    await answer_button(update)
    gone = await parts(context).store.write(_deleted, chat_of(update), argument(update))
    await say(update, words.deleted(argument(update), known=gone))


async def _preview(update: Update, context: Context, message: Message, choices: Choices) -> None:
    assert message.document is not None
    name = _name_of(message)
    if message.document.file_size is not None and message.document.file_size > MOST_BYTES:
        await _reply(message, words.too_large(message.document.file_size), ())
        return
    found = await _read(update, context, message.document, choices)
    if found is None:
        return
    if isinstance(found, Unclear):
        await _reply(message, words.question(found.asks, found.example), _answers(found.asks, choices))
        return
    there = name in await parts(context).store.read(imports.names_of, chat_of(update))
    proposed = proposed_lag(found.observations)
    rows: list[list[tuple[str, str]]] = [[("Import", f"csvsave:{choices.data}"), ("Cancel", "csvdrop")]]
    if proposed and choices.lag is None:
        later = dataclasses.replace(choices, lag=proposed)
        rows.insert(0, [(f"Import, known {proposed} days later", f"csvsave:{later.data}")])
    await _reply(message, words.preview(name, found, proposed=proposed, there=there), rows)


def _answers(asks: str, choices: Choices) -> Buttons:
    if asks == "dates":
        return [
            [
                ("Day first", f"csv:{dataclasses.replace(choices, day_first=True).data}"),
                ("Month first", f"csv:{dataclasses.replace(choices, day_first=False).data}"),
            ]
        ]
    return [
        [
            ("Decimal point", f"csv:{dataclasses.replace(choices, decimal='.').data}"),
            ("Decimal comma", f"csv:{dataclasses.replace(choices, decimal=',').data}"),
        ]
    ]


async def _read(update: Update, context: Context, document: Document, choices: Choices) -> OwnSeries | Unclear | None:
    """The series of a file; Unclear where it has to be asked how; None where it is none, which is said."""
    try:
        file = await context.bot.get_file(document.file_id)
        content = bytes(await file.download_as_bytearray())
    except TelegramError as error:
        await say(update, words.not_fetched(error.message))
        return None
    today = datetime.now(UTC).date()
    try:
        return await asyncio.to_thread(_series, content, today, choices)
    except Unclear as error:
        return error
    except NotReadable as error:
        await say(update, words.not_readable(str(error)))
        return None


def _series(content: bytes, today: date, choices: Choices) -> OwnSeries:
    return read(text_of(content, MOST_BYTES), today, day_first=choices.day_first, decimal=choices.decimal)


async def _file_message(update: Update) -> Message | None:
    """The message with the file that the pressed button's message replies to; None where it is gone, which is said."""
    shown = update.callback_query.message if update.callback_query else None
    found = shown.reply_to_message if isinstance(shown, Message) else None
    if found is None or found.document is None:
        await say(update, words.FILE_GONE)
        return None
    return found


async def _reply(message: Message, text: str, buttons: Buttons) -> None:
    await message.reply_text(
        text, parse_mode="HTML", reply_markup=keyboard(buttons), do_quote=True, allow_sending_without_reply=True
    )  # fmt: skip


def _name_of(message: Message) -> str:
    """The name of a series: of the caption ("/import vix", "vix"), else of the file."""
    caption = re.sub(r"^/import(?:@\w+)?", "", (message.caption or "").strip()).strip()
    file = (message.document.file_name or "") if message.document else ""
    for given in (caption, re.sub(r"\.\w{1,5}$", "", file)):
        name = _NO_NAME.sub("-", given.casefold()).strip("-_")[:40]
        if NAME.fullmatch(name):
            return name
    return "series"


def _kept(db: Database, chat: int, name: str, found: OwnSeries, file: str) -> int | None:
    """How many observations are new; None where the chat has as many series as it may."""
    names = imports.names_of(db, chat)
    if name not in names and len(names) >= MOST:
        return None
    owner = names.get(name) or owner_for(db, chat)
    return keep_within(db, f"import.{name}@{owner}", found, file, datetime.now(UTC))


def _own(db: Database, chat: int) -> dict[str, imports.Import]:
    known = imports.imports(db)
    return {name: known[f"import.{name}@{owner}"] for name, owner in imports.names_of(db, chat).items()}


def _deleted(db: Database, chat: int, name: str) -> bool:
    owner = imports.names_of(db, chat).get(name)
    return owner is not None and imports.forget_import(db, f"import.{name}@{owner}")


_CHOICES = r"[dm-][.,-]\d{0,3}"
COMMANDS = (Command("import", own, "Series of your own: send a CSV file", place=168),)
BUTTONS = (
    Button("csv", chosen, _CHOICES),
    Button("csvsave", imported, _CHOICES),
    Button("csvdrop", dropped),
    Button("series", own),
    Button("delseries", delete, NAME.pattern),
)
