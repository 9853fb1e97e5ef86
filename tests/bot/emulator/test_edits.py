import pytest
import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

NOT_MODIFIED = (
    "Message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("More", callback_data="more")]])


async def test_an_edit_replaces_text_and_keyboard_and_keeps_the_old_version(bot, raw, ada):
    message = await bot.send_message(ada, "<b>one</b>", parse_mode="HTML", reply_markup=KEYBOARD)
    edited = await message.edit_text("two")
    assert (edited.text, edited.reply_markup, edited.message_id) == ("two", None, message.message_id)
    assert edited.edit_date is not None
    row = (await raw.see("messages", chat=ada))[-1]
    assert [version["text"] for version in row["history"]] == ["one"]
    assert row["message"]["text"] == "two"


async def test_the_same_again_is_not_modified(bot, ada):
    message = await bot.send_message(ada, "<b>one</b>", parse_mode="HTML", reply_markup=KEYBOARD)
    with pytest.raises(telegram.error.BadRequest) as refused:
        await message.edit_text(" <strong>one</strong>\n", parse_mode="HTML", reply_markup=KEYBOARD)
    assert refused.value.message == NOT_MODIFIED
    assert (await message.edit_text("one", reply_markup=KEYBOARD)).entities == ()


async def test_only_the_keyboard_changes(bot, ada):
    message = await bot.send_message(ada, "one", reply_markup=KEYBOARD)
    assert (await message.edit_reply_markup(None)).text == "one"
    with pytest.raises(telegram.error.BadRequest, match="Message is not modified"):
        await message.edit_reply_markup(None)


async def test_it_refuses_to_edit_what_is_not_there_or_not_its_own(bot, raw, ada):
    with pytest.raises(telegram.error.BadRequest, match=r"^Message to edit not found$"):
        await bot.edit_message_text("a", ada, 99)
    with pytest.raises(telegram.error.BadRequest, match=r"^Message can't be edited$"):
        await bot.edit_message_text("a", ada, 1)
    refusal = await raw.refusal("editMessageText", chat_id=ada, text="a")
    assert refusal == "Bad Request: message identifier is not specified"
    message = await bot.send_message(ada, "a")
    with pytest.raises(telegram.error.BadRequest, match=r"^There is no caption in the message to edit$"):
        await message.edit_caption("b")
