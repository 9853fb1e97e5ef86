import pytest
from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup, ReplyKeyboardRemove

PREFIX = "can't parse inline keyboard button: "


async def test_a_keyboard_comes_back_with_the_message(bot, ada):
    rows = [
        [InlineKeyboardButton("Details", callback_data="x" * 64)],
        [
            InlineKeyboardButton("Chart", url="https://example.org"),
            InlineKeyboardButton("Find", switch_inline_query=""),
        ],
        [InlineKeyboardButton("Copy", copy_text=CopyTextButton("SPY"), api_kwargs={"style": "primary"})],
    ]
    message = await bot.send_message(ada, "a", reply_markup=InlineKeyboardMarkup(rows))
    assert message.reply_markup.inline_keyboard[0][0].callback_data == "x" * 64
    assert [len(row) for row in message.reply_markup.inline_keyboard] == [1, 2, 1]


@pytest.mark.parametrize(
    ("button", "error"),
    [
        ({"text": "a", "callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": ""}, f"{PREFIX}Text buttons are unallowed in the inline keyboard"),
        ({"text": "a"}, f"{PREFIX}Text buttons are unallowed in the inline keyboard"),
        ({"callback_data": "a"}, f'{PREFIX}Can\'t find field "text"'),
        ({"text": 1, "callback_data": "a"}, f'{PREFIX}Field "text" must be of type String'),
        ({"text": " ", "callback_data": "a"}, "inline keyboard button text must be non-empty"),
        ({"text": "a", "callback_data": "a", "url": "https://example.org"}, "BUTTON_TYPE_INVALID"),
        ({"text": "a", "pay": True}, "BUTTON_TYPE_INVALID"),
        ({"text": "a", "copy_text": {"text": ""}}, "BUTTON_COPY_TEXT_INVALID"),
        ({"text": "a", "url": "not-a-url"}, "inline keyboard button URL 'not-a-url' is invalid: Wrong HTTP URL"),
        (
            {"text": "a", "url": "ftp://example.org"},
            "inline keyboard button URL 'ftp://example.org' is invalid: Unsupported URL protocol",
        ),
        (
            {"text": "a", "web_app": {"url": "http://example.org"}},
            "inline keyboard button Web App URL 'http://example.org' is invalid: Only HTTPS links are allowed",
        ),
        ({"text": "a", "callback_data": "a", "colour": "red"}, f"{PREFIX}Unknown field colour in InlineKeyboardButton"),
    ],
)
async def test_it_refuses_buttons_as_telegram_does(raw, ada, button, error):
    refusal = await raw.refusal("sendMessage", chat_id=ada, text="a", reply_markup={"inline_keyboard": [[button]]})
    assert refusal.removesuffix(" (local Bot API)") == f"Bad Request: {error}"


@pytest.mark.parametrize(
    ("markup", "error"),
    [
        ("{", "can't parse reply keyboard markup JSON object"),
        ([], "object expected as reply markup"),
        ({"inline_keyboard": "bad"}, 'field "inline_keyboard" must be of type Array'),
        ({"inline_keyboard": [[{"text": "a", "callback_data": "a"}]] * 101}, "reply markup is too long"),
        ({"force_reply": "yes"}, 'field "force_reply" must be of type Boolean'),
    ],
)
async def test_it_refuses_markup_as_telegram_does(raw, ada, markup, error):
    assert await raw.refusal("sendMessage", chat_id=ada, text="a", reply_markup=markup) == f"Bad Request: {error}"


async def test_a_reply_keyboard_is_seen_by_the_person_only(bot, raw, ada):
    message = await bot.send_message(ada, "a", reply_markup=ReplyKeyboardRemove())
    assert message.reply_markup is None
    assert (await raw.see("messages", chat=ada))[-1]["keyboard"] == {"remove_keyboard": True}
