import pytest
import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

KEYBOARD = InlineKeyboardMarkup(
    [[InlineKeyboardButton("More", callback_data="more"), InlineKeyboardButton("Mute", callback_data="mute")]]
)


async def test_a_press_becomes_a_callback_query_and_its_answer_is_seen(bot, raw, ada):
    message = await bot.send_message(ada, "a", reply_markup=KEYBOARD)
    pressed = await raw.do("press", person=ada, message_id=message.message_id, text="Mute")
    assert await raw.see("answers", id=pressed["id"]) == {"answered": False}
    query = (await bot.get_updates())[-1].callback_query
    assert (query.id, query.data, query.from_user.id) == (pressed["id"], "mute", ada)
    assert query.message.reply_markup == KEYBOARD
    assert await query.answer("Muted", show_alert=True)
    assert await raw.see("answers", id=query.id) == {"answered": True, "text": "Muted", "show_alert": True}


async def test_an_old_query_cannot_be_answered(bot, raw, ada):
    message = await bot.send_message(ada, "a", reply_markup=KEYBOARD)
    pressed = await raw.do("press", person=ada, message_id=message.message_id, data="more")
    await raw.do("answers", id=pressed["id"])
    old = "^Query is too old and response timeout expired or query id is invalid$"
    for query_id in (pressed["id"], "1"):
        with pytest.raises(telegram.error.BadRequest, match=f"(?i){old}"):
            await bot.answer_callback_query(query_id)


async def test_an_answer_has_at_most_200_characters(bot, raw, ada):
    message = await bot.send_message(ada, "a", reply_markup=KEYBOARD)
    pressed = await raw.do("press", person=ada, message_id=message.message_id, data="more")
    refusal = await raw.refusal("answerCallbackQuery", callback_query_id=pressed["id"], text="x" * 201)
    assert refusal == "Bad Request: MESSAGE_TOO_LONG"


async def test_a_button_that_is_not_there_cannot_be_pressed(bot, raw, ada):
    message = await bot.send_message(ada, "a", reply_markup=KEYBOARD)
    await message.edit_reply_markup(None)
    response = await raw.client.post(
        "/_local/press", json={"person": ada, "message_id": message.message_id, "data": "more"}
    )
    assert response.status_code == 400
    assert "no such button" in response.json()["error"]


async def test_a_query_is_answered_once(bot, raw, ada):
    message = await bot.send_message(ada, "a", reply_markup=KEYBOARD)
    pressed = await raw.do("press", person=ada, message_id=message.message_id, data="more")
    await bot.answer_callback_query(pressed["id"], "First")
    with pytest.raises(telegram.error.BadRequest, match=r"(?i)query is too old"):
        await bot.answer_callback_query(pressed["id"], "Second")
    assert (await raw.see("answers", id=pressed["id"]))["text"] == "First"
