import asyncio

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.ext import Application, CallbackQueryHandler, CommandHandler


async def greet(update, context):
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("More", callback_data="more")]])
    await update.message.reply_html("<b>Welcome</b> 👋", reply_markup=keyboard)


async def more(update, context):
    await update.callback_query.answer("There you are")
    await update.callback_query.edit_message_text("More")


async def eventually(check, seconds=60.0):
    """Wait until `check` holds."""
    for _ in range(int(seconds / 0.02)):
        if await check():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came")


async def test_an_application_polls_answers_and_stops(local, raw):
    builder = Application.builder().token(raw.token).base_url(local.base_url).base_file_url(local.base_file_url)
    application = builder.build()
    application.add_handler(CommandHandler("start", greet))
    application.add_handler(CallbackQueryHandler(more))

    async def said(text):
        rows = await raw.see("messages", chat=1001)
        return rows[-1]["message"]["text"] == text

    async with application:
        await application.updater.start_polling(timeout=10)
        await application.start()
        await raw.do("say", person=1001, text="/start")
        await eventually(lambda: said("Welcome 👋"))
        pressed = await raw.do("press", person=1001, message_id=2, text="More")
        await eventually(lambda: said("More"))
        assert (await raw.see("answers", id=pressed["id"]))["text"] == "There you are"
        await application.updater.stop()
        await application.stop()
    assert {row["outcome"] for row in await raw.see("log") if row["method"] != "getUpdates"} == {"ok"}
