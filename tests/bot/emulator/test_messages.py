import json

import pytest
import telegram
from telegram.constants import ParseMode


async def test_message_ids_count_per_chat(bot, raw, ada):
    await raw.do("say", person=1002, text="hello")
    assert [(await bot.send_message(ada, "a")).message_id for _ in range(2)] == [2, 3]
    assert (await bot.send_message(1002, "b")).message_id == 2


async def test_the_limit_counts_what_is_left_without_tags(bot, raw, ada):
    await bot.send_message(ada, f"<b>{'x' * 4096}</b>", parse_mode=ParseMode.HTML)
    await bot.send_message(ada, "🙂" * 2048)
    with pytest.raises(telegram.error.BadRequest, match=r"^Message is too long$"):
        await bot.send_message(ada, "x" * 4097)
    with pytest.raises(telegram.error.BadRequest, match=r"^Message is too long$"):
        await bot.send_message(ada, "🙂" * 2048 + "x")


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"chat_id": 1001}, "message text is empty"),
        ({"chat_id": 1001, "text": ""}, "message text is empty"),
        ({"chat_id": 1001, "text": " \n"}, "text must be non-empty"),
        ({"text": "a"}, "chat_id is empty"),
        ({"chat_id": 0, "text": "a"}, "chat not found"),
        ({"chat_id": "@nobody_at_all", "text": "a"}, "chat not found"),
        ({"chat_id": 1001, "text": "a", "colour": "red"}, "unknown parameter colour in sendMessage (local Bot API)"),
        ({"chat_id": 1001, "text": "a", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        ({"chat_id": 1001, "text": "a", "reply_parameters": {"quote": "b"}}, 'can\'t find field "message_id"'),
        (
            {"chat_id": 1001, "text": "a", "link_preview_options": {"is_disabled": "yes"}},
            'field "is_disabled" must be of type Boolean',
        ),
        (
            {"chat_id": 1001, "text": "a", "link_preview_options": {"off": True}},
            "unknown field off in LinkPreviewOptions (local Bot API)",
        ),
        ({"chat_id": 1001, "text": "a", "message_thread_id": 5}, "message thread not found"),
        ({"chat_id": 1001, "text": "a", "business_connection_id": "x"}, "business connection not found"),
        (
            {"chat_id": 1001, "text": "a", "protect_content": "perhaps"},
            "parameter protect_content must be of type Boolean (local Bot API)",
        ),
    ],
)
async def test_it_refuses_parameters_as_telegram_does(raw, ada, parameters, error):
    answer = await raw.call("sendMessage", **parameters)
    assert answer == {"ok": False, "error_code": 400, "description": f"Bad Request: {error}"}


async def test_half_a_surrogate_pair_is_no_text(raw, ada):
    button = '{"inline_keyboard": [[{"text": "a", "callback_data": "\\ud83d"}]]}'
    halved = {"chat_id": ada, "text": "a", "reply_markup": button}
    bodies = {
        "strings must be encoded in UTF-8": f'{{"chat_id": {ada}, "text": "\\ud83d"}}',
        "can't parse reply keyboard markup JSON object": json.dumps(halved),
    }
    for error, body in bodies.items():
        answer = await raw.client.post(
            f"/bot{raw.token}/sendMessage", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.json()["description"] == f"Bad Request: {error}"


async def test_a_reply_carries_what_it_replies_to(bot, ada):
    message = await bot.send_message(ada, "a", reply_parameters=telegram.ReplyParameters(1))
    assert message.reply_to_message.text == "/start"
    lone = await bot.send_message(
        ada, "a", reply_parameters=telegram.ReplyParameters(99, allow_sending_without_reply=True)
    )
    assert lone.reply_to_message is None


async def test_get_form_multipart_and_json_are_one(raw, ada):
    path = f"/bot{raw.token}/sendMessage"
    fields = {"chat_id": str(ada), "text": "a 🙂"}
    answers = [
        await raw.client.get(path, params=fields),
        await raw.client.post(path, data=fields),
        await raw.client.post(path, files={name: (None, value) for name, value in fields.items()}),
        await raw.client.post(path, json=fields),
        await raw.client.post(path.replace("sendMessage", "SENDMESSAGE"), json=fields),
    ]
    assert [answer.json()["result"]["text"] for answer in answers] == ["a 🙂"] * 5


async def test_a_deleted_message_keeps_its_row(bot, raw, ada):
    message = await bot.send_message(ada, "a")
    assert await message.delete()
    rows = await raw.see("messages", chat=ada)
    assert [row["deleted"] for row in rows] == [False, True]
    with pytest.raises(telegram.error.BadRequest, match="Message to delete not found"):
        await message.delete()
    assert await bot.delete_messages(ada, [1, 2, 3])
    assert all(row["deleted"] for row in await raw.see("messages", chat=ada))


async def test_a_silent_message_is_marked(bot, raw, ada):
    await bot.send_message(ada, "a", disable_notification=True, protect_content=True)
    row = (await raw.see("messages", chat=ada))[-1]
    assert row["options"] == {"disable_notification": True}
    assert row["message"]["has_protected_content"] is True


async def test_chat_actions_are_those_that_telegram_knows(bot, raw, ada):
    assert await bot.send_chat_action(ada, "typing")
    refusal = await raw.refusal("sendChatAction", chat_id=ada, action="thinking")
    assert refusal == "Bad Request: wrong parameter action in request"
