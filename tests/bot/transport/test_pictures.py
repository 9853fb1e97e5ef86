"""Pictures of the outbox: uploaded once, sent again by Telegram's id, left out where they are not allowed."""

from __future__ import annotations

import struct
import zlib

from support.post import ADA, BEN, DAY, NOW, Post

from bot.emulator.groups import NewGroup, add_group, add_topic
from storage import chats, groups, outbox, pictures


def png(width: int = 400, height: int = 300) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress((b"\0" + b"\0" * 3 * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def test_a_picture_is_uploaded_once_and_goes_to_topics_and_channels(post: Post) -> None:
    world = post.local.world
    forum = add_group(world, ADA, NewGroup("Forum", forum=True))
    topic = add_topic(world, forum.id, ADA, "Alerts").id
    plain = add_group(world, ADA, NewGroup("Plain", lacks=("can_send_photos",)))
    channel = add_group(world, ADA, NewGroup("News", kind="channel", bot_status="administrator"))
    keyboard = '{"inline_keyboard": [[{"text": "Why", "callback_data": "v1:why:1"}]]}'

    def put(db):
        pictures.keep_picture(db, "key", png(), NOW)
        groups.keep_topic(db, forum.id, topic, NOW)
        groups.add_group(db, channel.id, NOW, channel=True)
        for chat in (ADA, BEN, forum.id, plain.id, channel.id):
            chats.subscribe(db, chat, NOW)
            message = outbox.Outgoing(chat, ["<b>head</b>", "rest"], keyboard=keyboard, picture="key")
            outbox.enqueue(db, DAY, "digest", [message], NOW)

    await post.store.write(put)
    async with post.delivering(rate=5.0):
        await post.until(lambda states: states == {"sent": 10}, 60)
    stored = {chat: [row.message for row in world.chats[chat].stored.values() if row.from_bot]
              for chat in (ADA, BEN, forum.id, plain.id, channel.id)}  # fmt: skip
    assert len(world.uploads.by_path) == 1
    for chat in (ADA, BEN, forum.id, channel.id):
        assert [message.get("caption", message.get("text")) for message in stored[chat]] == ["head", "rest"]
        assert "photo" in stored[chat][0]
    assert [message.get("text") for message in stored[plain.id]] == ["head", "rest"]
    assert {message["message_thread_id"] for message in stored[forum.id]} == {topic}
    assert "reply_markup" in stored[ADA][1]
    assert not any("reply_markup" in message for message in stored[channel.id])
