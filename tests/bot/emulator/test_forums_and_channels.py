"""Topics, channels, rights, and who is told of members: as Telegram answers a bot."""

import pytest
from telegram.error import BadRequest, Forbidden

ALL = ["message", "callback_query", "my_chat_member", "chat_member", "channel_post"]


async def refused(call, words):
    with pytest.raises(BadRequest) as error:
        await call
    assert error.value.message == words


async def test_a_message_of_a_topic_names_it_and_an_answer_goes_there(bot, raw):
    group = (await raw.do("group", title="Club", by=1001, members=[1002], forum=True))["id"]
    topic = (await raw.do("topic", chat=group, by=1001, name="Alerts"))["id"]
    await raw.do("say", person=1002, chat=group, topic=topic, text="/summary")
    await raw.do("say", person=1002, chat=group, text="/summary")
    updates = await bot.get_updates()
    _, joined, created, inside, general = [update.message for update in updates]
    assert joined.chat.is_forum
    assert (created.message_id, created.message_thread_id, created.forum_topic_created.name) == (topic, topic, "Alerts")
    assert (inside.message_thread_id, inside.is_topic_message) == (topic, True)
    assert (general.message_thread_id, general.is_topic_message) == (None, None)
    sent = await bot.send_message(group, "a", message_thread_id=topic)
    assert (sent.message_thread_id, sent.is_topic_message) == (topic, True)
    edited = await bot.edit_message_text("b", group, sent.message_id)
    assert edited.message_thread_id == topic
    assert (await bot.send_message(group, "a")).message_thread_id is None
    content = {"name": "vix.csv", "base64": "ZGF0ZSxjbG9zZQo=", "caption": "/import vix"}
    await raw.do("file", person=1002, chat=group, topic=topic, **content)
    (file,) = [update.message for update in await bot.get_updates(offset=updates[-1].update_id + 1)]
    assert (file.message_thread_id, file.caption) == (topic, "/import vix")
    assert (file.document.file_name, file.document.mime_type, file.document.file_size) == ("vix.csv", "text/csv", 11)


async def test_closed_and_deleted_topics_and_a_forum_switched_off_are_refused(bot, raw):
    group = (await raw.do("group", title="Club", by=1001, forum=True))["id"]
    topic = (await raw.do("topic", chat=group, by=1001, name="Alerts"))["id"]
    await raw.do("topic", chat=group, by=1001, topic=topic, change="closed")
    await refused(bot.send_message(group, "a", message_thread_id=topic), "Topic_closed")
    await raw.do("standing", chat=group, by=1001, status="administrator")
    assert await bot.send_message(group, "an administrator writes all the same", message_thread_id=topic)
    await raw.do("standing", chat=group, by=1001, status="member")
    await raw.do("topic", chat=group, by=1001, topic=topic, change="open")
    assert await bot.send_message(group, "a", message_thread_id=topic)
    await raw.do("forum", chat=group, on=False)
    await refused(bot.send_message(group, "a", message_thread_id=topic), "Message thread not found")
    await raw.do("forum", chat=group, on=True)
    await raw.do("topic", chat=group, by=1001, topic=topic, change="deleted")
    await refused(bot.send_message(group, "a", message_thread_id=topic), "Message thread not found")
    await raw.do("topic", chat=group, by=1001, change="closed")
    await refused(bot.send_message(group, "a"), "Topic_closed")


async def test_only_an_administrator_with_the_right_posts_in_a_channel(bot, raw):
    channel = (await raw.do("group", title="News", by=1001, type="channel", bot_status="administrator"))["id"]
    told = (await bot.get_updates())[-1].my_chat_member
    assert (told.chat.type, told.new_chat_member.can_post_messages, told.from_user.id) == ("channel", True, 1001)
    post = await bot.send_message(channel, "a")
    assert (post.from_user, post.sender_chat.id) == (None, channel)
    words = "Need administrator rights in the channel chat"
    await raw.do("standing", chat=channel, by=1001, status="administrator", lacks=["can_post_messages"])
    await refused(bot.send_message(channel, "a"), words)
    changed = (await bot.get_updates(offset=-1))[-1].my_chat_member
    assert changed.old_chat_member.can_post_messages
    assert not changed.new_chat_member.can_post_messages
    await raw.do("standing", chat=channel, by=1001, status="kicked")
    with pytest.raises(Forbidden, match="kicked from the channel chat"):
        await bot.send_message(channel, "a")


async def test_channel_posts_reach_the_bot_and_the_linked_group(bot, raw):
    group = (await raw.do("group", title="Talk", by=1001, bot_status="administrator"))["id"]
    channel = await raw.do("group", title="News", by=1001, type="channel", bot_status="administrator", linked=group)
    await bot.get_updates(offset=-1, allowed_updates=ALL)
    await raw.do("say", person=1001, chat=channel["id"], text="Breadth is up")
    post, copied = (await bot.get_updates())[-2:]
    assert post.channel_post.sender_chat.id == channel["id"]
    assert copied.message.is_automatic_forward
    assert (copied.message.from_user.id, copied.message.sender_chat.id) == (777000, channel["id"])
    assert copied.message.forward_origin.message_id == post.channel_post.message_id
    assert (await bot.get_chat(channel["id"])).linked_chat_id == group
    unheard = await raw.client.post("/_local/say", json={"person": 1002, "chat": channel["id"], "text": "a"})
    assert unheard.status_code == 400


async def test_members_are_told_to_administrators_who_ask_and_may_be_hidden(bot, raw):
    group = (await raw.do("group", title="Club", by=1001, members=[1002], hides_members=True))["id"]
    await bot.get_updates(offset=-1, allowed_updates=ALL)
    await refused(bot.get_chat_member(group, 1002), "Chat_admin_required")
    await raw.do("member", chat=group, by=1001, person=1002, status="administrator")
    assert not [update for update in await bot.get_updates() if update.chat_member]
    await raw.do("standing", chat=group, by=1001, status="administrator")
    await raw.do("member", chat=group, by=1001, person=1002, status="member")
    told = (await bot.get_updates())[-1].chat_member
    assert (told.old_chat_member.status, told.new_chat_member.status) == ("administrator", "member")
    assert (await bot.get_chat_member(group, 1002)).status == "member"


async def test_a_group_may_allow_texts_and_no_photos(bot, raw):
    group = (await raw.do("group", title="Club", by=1001, lacks=["can_send_photos"]))["id"]
    assert (await bot.get_updates())[0].my_chat_member.new_chat_member.can_send_photos is False
    await refused(
        bot.send_photo(group, b"\x89PNG\r\n\x1a\n" + b"0" * 99, "a"), "Not enough rights to send photos to the chat"
    )
    assert await bot.send_message(group, "a")
    await raw.do("standing", chat=group, by=1001, status="member", lacks=["can_send_messages"])
    await refused(bot.send_message(group, "a"), "Not enough rights to send text messages to the chat")


async def test_topics_and_rights_outlive_the_process(local, raw, tmp_path):
    from bot.emulator.snapshot import keep, kept

    group = (await raw.do("group", title="Club", by=1001, forum=True, lacks=["can_send_photos"]))["id"]
    topic = (await raw.do("topic", chat=group, by=1001, name="Alerts"))["id"]
    keep(local.world, tmp_path)
    chat = kept(tmp_path).chats[group]
    assert (chat.topics[topic].name, chat.lacks, chat.forum) == ("Alerts", {"can_send_photos"}, True)
