"""A bot with few words on python-telegram-bot's unmodified Application: it does whatever the page has to show."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from PIL import Image, ImageDraw
from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters
from telegram.request import HTTPXRequest

from bot.emulator import LocalTelegram

Context = ContextTypes.DEFAULT_TYPE
TOKEN = "123456789:" + "Aa0_-" * 7
# Loopback is plain HTTP: no certificates to read.
PLAIN: dict[str, Any] = {"verify": False}
MENU = (("summary", "A picture"), ("alert", "Set a threshold"), ("alerts", "Your alerts"), ("format", "Every format"))
FORMATTED = (
    "😀 <b>bold <i>both</i></b> <u>under</u> <s>struck</s> <tg-spoiler>hidden</tg-spoiler> <code>/alert a > b</code>\n"
    '<pre><code class="language-python">x = 1</code></pre>\n<blockquote>said</blockquote>\n'
    '<a href="https://example.org/a">a link</a> /alerts'
)


def picture(width: int = 900, height: int = 600) -> bytes:
    """A PNG with a line across it."""
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).line([(0, height), (width // 2, height // 2), (width, 40)], fill=(0, 100, 90), width=9)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def buttons(*rows: tuple[tuple[str, str], ...]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(text, callback_data=told) for text, told in row] for row in rows]
    )


async def start(update: Update, context: Context) -> None:
    markup = buttons((("Subscribe", "toast"), ("Ask", "ask")), (("Slow", "slow"),))
    await update.effective_chat.send_message("<b>Rotation alerts</b>\nHello.", "HTML", reply_markup=markup)


async def summary(update: Update, context: Context) -> None:
    await update.effective_chat.send_action("upload_photo")
    await context.bot_data["drawn"].wait()
    await update.effective_chat.send_photo(picture(), "<b>Small caps lead</b>\n30 Jul 2025", parse_mode="HTML")


async def alerts(update: Update, context: Context) -> None:
    rows = (("Delete 1", "delete:1"),), (("Delete 2", "delete:2"),)
    await update.effective_chat.send_message("1. first\n2. second", reply_markup=buttons(*rows))


async def formats(update: Update, context: Context) -> None:
    await update.effective_chat.send_message(FORMATTED, "HTML")


async def vanish(update: Update, context: Context) -> None:
    message = await update.effective_chat.send_message("not for long")
    await asyncio.sleep(0.3)
    await message.delete()


async def many(update: Update, context: Context) -> None:
    for number in range(int(context.args[0])):
        await update.effective_chat.send_message(f"line {number}\nand more\nand more")


async def reply(update: Update, context: Context) -> None:
    await update.effective_message.reply_text("an answer", do_quote=True)


async def echo(update: Update, context: Context) -> None:
    await update.effective_chat.send_message(f"You said: {update.effective_message.text}")


async def press(update: Update, context: Context) -> None:
    query = update.callback_query
    if query.data == "toast":
        await query.answer("Subscribed")
    elif query.data == "ask":
        await query.answer("Really?", show_alert=True)
    elif query.data == "slow":
        await context.bot_data["gate"].wait()
        await query.answer("At last")
    else:
        await query.answer("Deleted")
        left = {"1", "2"} - {query.data[-1]} if "1." in query.message.text and "2." in query.message.text else set()
        text = "\n".join(f"{number}. left" for number in left) or "none"
        markup = buttons(*(((f"Delete {number}", f"delete:{number}"),) for number in left)) if left else None
        await query.edit_message_text(text, reply_markup=markup)


@asynccontextmanager
async def running(local: LocalTelegram) -> AsyncIterator[Application]:
    """The bot at work; its menu is set."""
    requests = [HTTPXRequest(connection_pool_size=16, httpx_kwargs=PLAIN) for _ in range(2)]
    builder = Application.builder().token(TOKEN).base_url(local.base_url).base_file_url(local.base_file_url)
    application = builder.request(requests[0]).get_updates_request(requests[1]).concurrent_updates(True).build()
    commands = {
        "start": start, "summary": summary, "alerts": alerts, "format": formats, "vanish": vanish, "many": many,
        "reply": reply,
    }  # fmt: skip
    for name, answer in commands.items():
        application.add_handler(CommandHandler(name, answer))
    application.add_handler(MessageHandler(filters.TEXT, echo))
    application.add_handler(CallbackQueryHandler(press))
    application.bot_data["gate"] = asyncio.Event()
    application.bot_data["drawn"] = asyncio.Event()
    application.bot_data["drawn"].set()
    async with application:
        await application.bot.set_my_commands([BotCommand(*command) for command in MENU])
        await application.updater.start_polling(timeout=10)
        await application.start()
        yield application
        await application.updater.stop()
        await application.stop()
