import pytest
import telegram
from telegram.error import BadRequest, ChatMigrated, Forbidden


def statuses(update: telegram.Update) -> tuple[str, str]:
    """What the bot was and what it is now."""
    changed = update.my_chat_member
    return changed.old_chat_member.status, changed.new_chat_member.status


async def test_it_answers_403_before_the_first_words(bot):
    with pytest.raises(Forbidden, match=r"^Forbidden: bot can't initiate conversation with a user$"):
        await bot.send_message(1001, "a")
    with pytest.raises(BadRequest, match=r"^Chat not found$"):
        await bot.send_message(987654, "a")


async def test_it_answers_403_after_a_block_and_serves_after_an_unblock(bot, raw, ada):
    await raw.do("block", person=ada)
    with pytest.raises(Forbidden, match=r"^Forbidden: bot was blocked by the user$"):
        await bot.send_message(ada, "a")
    await raw.do("unblock", person=ada)
    await bot.send_message(ada, "a")
    updates = (await bot.get_updates())[1:]
    assert [statuses(update) for update in updates] == [("member", "kicked"), ("kicked", "member")]
    assert updates[0].effective_user.first_name == "Ada"


async def test_it_answers_403_for_a_deleted_account(bot, raw, ada):
    await raw.do("people", deactivate=ada)
    with pytest.raises(Forbidden, match=r"^Forbidden: user is deactivated$"):
        await bot.send_message(ada, "a")


async def test_a_group_has_administrators_and_the_bot(bot, raw):
    group = await raw.do("group", title="Club", by=1001, members=[1002])
    updates = await bot.get_updates()
    assert statuses(updates[0]) == ("left", "member")
    assert updates[1].message.new_chat_members[0].id == bot.id
    asked = {user: (await bot.get_chat_member(group["id"], user)).status for user in (1001, 1002, 1003, bot.id)}
    assert asked == {1001: "creator", 1002: "member", 1003: "left", bot.id: "member"}
    assert [member.user.id for member in await bot.get_chat_administrators(group["id"])] == [1001]
    assert (await bot.get_chat(group["id"])).title == "Club"
    assert (await bot.send_message(group["id"], "hello")).chat.type == "supergroup"


async def test_in_a_group_the_bot_is_told_of_commands_and_replies_only(bot, raw):
    group = (await raw.do("group", title="Club", by=1001))["id"]
    asked = await bot.send_message(group, "Which index?")
    await bot.get_updates(offset=-1)
    for text in ("hello all", "/leaders", "/leaders@other_bot", "/leaders@rotation_alerts_bot"):
        await raw.do("say", person=1001, chat=group, text=text)
    await raw.do("say", person=1001, chat=group, text="SPY", reply_to=asked.message_id)
    told = [update.message.text for update in (await bot.get_updates())[1:]]
    assert told == ["/leaders", "/leaders@rotation_alerts_bot", "SPY"]
    assert len(await raw.see("messages", chat=group)) == 7


async def test_it_answers_403_after_it_was_removed_or_has_left(bot, raw):
    group = (await raw.do("group", title="Club", by=1001))["id"]
    await raw.do("standing", chat=group, by=1001, status="kicked")
    with pytest.raises(Forbidden, match=r"^Forbidden: bot was kicked from the supergroup chat$"):
        await bot.send_message(group, "a")
    await raw.do("standing", chat=group, by=1001, status="member")
    assert await bot.leave_chat(group)
    with pytest.raises(Forbidden, match=r"^Forbidden: bot is not a member of the supergroup chat$"):
        await bot.send_message(group, "a")


async def test_an_upgraded_group_tells_its_new_id(bot, raw):
    group = (await raw.do("group", title="Club", by=1001, type="group"))["id"]
    new = (await raw.do("upgrade", chat=group))["id"]
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(group, "a")
    assert moved.value.new_chat_id == new
    assert (await bot.send_message(new, "a")).chat.id == new
    told = [update.message for update in (await bot.get_updates())[2:]]
    assert [(message.migrate_to_chat_id, message.migrate_from_chat_id) for message in told] == [
        (new, None),
        (None, group),
    ]


async def test_administrators_and_the_bot_may_write_as_the_group(bot, raw):
    group = await raw.do(
        "group", title="Investors", by=1001, members=[1002], bot_status="administrator", anonymous=True
    )
    written = await raw.do("say", person=1001, chat=group["id"], text="/help", anonymous=True)
    assert written["sender_chat"]["id"] == group["id"]
    assert written["from"]["username"] == "GroupAnonymousBot"
    update = (await bot.get_updates())[-1]
    assert update.message.sender_chat == update.message.chat
    assert (await bot.send_message(group["id"], "a")).sender_chat.id == group["id"]
    refused = await raw.client.post(
        "/_local/say", json={"person": 1002, "chat": group["id"], "text": "/help", "anonymous": True}
    )
    assert refused.status_code == 400
