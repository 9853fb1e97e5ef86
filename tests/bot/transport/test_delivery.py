"""Outbox → Telegram over real HTTP: what arrives, what is recorded, what becomes of each refusal."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlite_utils import Database
from support.post import ADA, BEN, DAY, NOW, Post, messages
from support.program import TOKEN
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.database import Store
from bot.emulator import Fault, groups, people
from bot.messages.buttons import callback
from bot.transport.delivery import Delivery
from bot.transport.errors import Decision, decide
from bot.transport.http import MaybeSent, NotSent
from bot.transport.rate_limit import Pace
from storage import chats, outbox


async def test_what_is_due_arrives_once_and_is_marked_sent_with_its_id(post: Post) -> None:
    await post.due(ADA, "<b>one</b>")
    async with post.delivering():
        await post.until(lambda states: states == {"sent": 1})
    assert await messages(post, ADA) == ["one"]
    ids = await post.store.read(lambda db: db.conn.execute("SELECT message_id FROM outbox").fetchall())
    assert ids == [(2,)]  # 1 was Ada's own


async def test_parts_arrive_in_order(post: Post) -> None:
    await post.due(ADA, "first", "second", "third")
    async with post.delivering():
        await post.until(lambda states: states == {"sent": 3})
    assert await messages(post, ADA) == ["first", "second", "third"]


async def test_a_blocked_chat_ends_its_subscription_and_holds_nobody_up(post: Post) -> None:
    people.block(post.local.world, ADA)
    await post.due(ADA, "to Ada")
    await post.due(BEN, "to Ben")
    async with post.delivering():
        await post.until(lambda states: states == {"withdrawn": 1, "sent": 1})
    assert await messages(post, BEN) == ["to Ben"]
    ended = await post.store.read(chats.chat, ADA)
    assert ended is not None
    assert not ended.subscribed
    assert "blocked" in str(ended.ended_why)


async def test_429_waits_as_long_as_told_and_sends_once(post: Post) -> None:
    post.local.faults.add(Fault("too_many_requests", method="sendMessage", retry_after=1))
    await post.due(ADA, "patience")
    started = asyncio.get_running_loop().time()
    async with post.delivering():
        await post.until(lambda states: states == {"sent": 1})
    assert asyncio.get_running_loop().time() - started >= 1.0
    assert await messages(post, ADA) == ["patience"]


@pytest.mark.parametrize("code", [500, 502])
async def test_a_server_error_is_tried_again_and_not_called_a_repeat(post: Post, code: int) -> None:
    post.local.faults.add(Fault("server_error", method="sendMessage", error_code=code))
    await post.due(ADA, "again")
    async with post.delivering():
        await post.until(lambda states: states == {"sent": 1})
    assert await messages(post, ADA) == ["again"]


async def test_a_lost_answer_is_unknown_and_kept_for_a_marked_repeat(post: Post) -> None:
    post.local.faults.add(Fault("drop_after", method="sendMessage"))
    await post.due(ADA, "heard?")
    async with post.delivering():
        await post.until(lambda states: states == {"unknown": 1})
    assert await messages(post, ADA) == ["heard?"]
    await post.store.write(lambda db: db.conn.execute("UPDATE outbox SET not_before = '2000'"))
    async with post.delivering():
        await post.until(lambda states: states == {"sent": 1})
    first, second = await messages(post, ADA)
    assert first == "heard?"
    assert second.startswith("This may be a repeat")
    assert second.endswith("heard?")


async def test_a_refusal_is_recorded_in_telegrams_words_and_never_tried_again(post: Post) -> None:
    await post.due(ADA, "<b>not closed")
    await post.due(ADA, "fine", session=date(2025, 8, 25))
    async with post.delivering():
        await post.until(lambda states: states == {"failed": 1, "sent": 1})
    error = await post.store.read(
        lambda db: db.conn.execute("SELECT error FROM outbox WHERE state = 'failed'").fetchone()[0]
    )
    assert "parse entities" in error
    assert await messages(post, ADA) == ["fine"]


async def test_an_operator_is_told_once_of_what_telegram_refuses(post: Post) -> None:
    await post.due(ADA, "<b>one")
    await post.due(ADA, "<b>two", session=date(2025, 8, 25))
    async with post.delivering(operators=[BEN]):
        await post.until(lambda states: states == {"failed": 2, "sent": 1})
    assert len(await messages(post, BEN)) == 1
    assert "refused by Telegram" in (await messages(post, BEN))[0]
    assert TOKEN not in (await messages(post, BEN))[0]


async def test_a_reply_whose_target_is_gone_comes_without_it(post: Post) -> None:
    await post.due(ADA, "fired")
    async with post.delivering():
        await post.until(lambda states: states == {"sent": 1})
        (target,) = await post.store.read(
            lambda db: db.conn.execute("SELECT message_id FROM outbox WHERE chat = ?", [ADA]).fetchone()
        )
        assert target is not None

        def answer(db: Database, day: int, to: int) -> None:
            outbox.enqueue(
                db, date(2025, 9, day), "alert", [outbox.Outgoing(ADA, [f"resolved {day}"], reply_to=to)], NOW
            )

        await post.store.write(answer, 2, target)
        await post.until(lambda states: states == {"sent": 2})
        await post.bot.delete_message(ADA, target)
        await post.store.write(answer, 3, target)
        await post.until(lambda states: states == {"sent": 3})
    async with httpx.AsyncClient() as client:
        rows = (await client.get(f"{post.local.address}/_local/messages", params={"chat": ADA})).json()
    said = {row["message"]["text"]: row["message"].get("reply_to_message", {}).get("message_id") for row in rows}
    assert said["resolved 2"] == target
    assert said["resolved 3"] is None


async def test_buttons_stand_under_the_last_part_and_a_held_message_waits_with_what_follows(post: Post) -> None:
    keyboard = json.dumps({"inline_keyboard": [[{"text": "Why", "callback_data": callback("why:1")}]]})
    soon = datetime.now(UTC) + timedelta(seconds=1.5)

    def put(db: Database) -> None:
        chats.subscribe(db, ADA, NOW)
        outbox.enqueue(
            db,
            DAY,
            "alert",
            [outbox.Outgoing(ADA, ["one", "two"], keyboard=keyboard, not_before=soon, silent=True)],
            NOW,
        )
        outbox.enqueue(db, DAY, "notice", [outbox.Outgoing(ADA, ["three"])], NOW)

    await post.store.write(put)
    await post.due(BEN, "meanwhile")
    async with post.delivering():
        await post.until(lambda states: states.get("sent", 0) >= 1)  # Ben's; a busy machine may be later than `soon`
        assert datetime.now(UTC) > soon or await messages(post, ADA) == []
        await post.until(lambda states: states == {"sent": 4})
    assert datetime.now(UTC) > soon
    async with httpx.AsyncClient() as client:
        rows = (await client.get(f"{post.local.address}/_local/messages", params={"chat": ADA})).json()
    told = [
        (row["message"]["text"], "reply_markup" in row["message"], "disable_notification" in row["options"])
        for row in rows
        if row["from_bot"]
    ]
    assert told == [("one", False, True), ("two", True, True), ("three", False, False)]


async def test_one_chat_that_is_told_to_wait_does_not_hold_up_another(post: Post) -> None:
    post.local.faults.add(Fault("too_many_requests", method="sendMessage", chat_id=ADA, retry_after=3))
    await post.due(ADA, "to Ada")
    await post.due(BEN, "to Ben")
    async with post.delivering():
        await post.until(lambda states: states.get("sent") == 1, seconds=2)
        assert await messages(post, BEN) == ["to Ben"]
        await post.until(lambda states: states == {"sent": 2})


async def test_hundreds_of_chats_hear_without_a_429_at_telegrams_pace(post: Post) -> None:
    post.local.pace.on = True
    post.local.pace.per_second = 200.0
    post.local.pace.reset()
    for person in range(2000, 2300):
        post.local.world.add_person("Someone", person_id=person)
        post.local.world.private_chat(person)

    def put(db: Database) -> None:
        for person in range(2000, 2300):
            chats.subscribe(db, person, NOW)
            outbox.enqueue(db, DAY, "alert", [outbox.Outgoing(person, ["hello"])], NOW)

    await post.store.write(put)
    async with post.delivering(rate=200):
        await post.until(lambda states: states == {"sent": 300})
    attempts = await post.store.read(lambda db: db.conn.execute("SELECT max(attempts) FROM outbox").fetchone()[0])
    assert attempts == 1


async def test_a_chat_that_moved_is_followed(post: Post) -> None:
    group = groups.add_group(post.local.world, ADA, groups.NewGroup("Family office", kind="group")).id
    moved = groups.upgrade(post.local.world, group).id
    await post.due(group, "to the group")
    async with post.delivering():
        await post.until(lambda states: states == {"sent": 1})
    assert await messages(post, moved) == ["to the group"]
    assert await post.store.read(chats.chat, group) is None
    found = await post.store.read(chats.chat, moved)
    assert found is not None
    assert found.subscribed


async def test_what_was_under_way_when_the_bot_ended_is_sent_and_says_so(post: Post) -> None:
    await post.due(ADA, "half-way")

    def left(db: Database) -> None:
        assert len(outbox.claim(db, NOW, 1)) == 1

    await post.store.write(left)
    async with post.delivering():
        await post.until(lambda states: states == {"sent": 1})
    assert (await messages(post, ADA))[0].startswith("This may be a repeat")


async def test_stopping_finishes_what_is_under_way(post: Post) -> None:
    post.local.faults.add(Fault("slow", method="sendMessage", seconds=0.7))
    await post.due(ADA, "on its way")
    async with post.delivering():
        await post.until(lambda states: states == {"sending": 1})
    assert await post.states() == {"sent": 1}
    assert await messages(post, ADA) == ["on its way"]


async def test_stopping_leaves_nothing_claimed_where_no_answer_comes(post: Post) -> None:
    post.local.faults.add(Fault("slow", method="sendMessage", seconds=4))
    await post.due(ADA, "no answer")
    delivery = Delivery(post.bot, post.store, Pace(30))
    task = asyncio.create_task(delivery.run())
    await post.until(lambda states: states == {"sending": 1})
    await delivery.stop(0.2)
    await task
    assert await post.states() == {"unknown": 1}
    async with post.delivering():
        await post.until(lambda states: states == {"sent": 1})
    assert (await messages(post, ADA))[-1].startswith("This may be a repeat")


async def test_a_message_put_there_by_another_process_is_found(post: Post, path: Path) -> None:
    async with post.delivering():
        await asyncio.sleep(0.2)
        other = Store(path)

        def put(db: Database) -> None:
            chats.subscribe(db, ADA, NOW)
            outbox.enqueue(db, DAY, "alert", [outbox.Outgoing(ADA, ["from beside"])], NOW)

        await other.write(put)
        await other.close()
        await post.until(lambda states: states == {"sent": 1})


async def test_one_chat_hears_three_at_once_and_then_one_a_second(post: Post) -> None:
    for number in range(12):
        await post.due(ADA if number % 2 else BEN, f"{number}", session=date(2025, 8, 1 + number))
    moments: list[float] = []
    post.local.world.on_change.append(
        lambda change: moments.append(asyncio.get_running_loop().time()) if change.kind == "message" else None
    )
    async with post.delivering(rate=30):
        await post.until(lambda states: states == {"sent": 12})
    assert moments[-1] - moments[0] >= 2.9  # six to each of two chats: three at once, then one a second


def caused(error: TelegramError, cause: Exception) -> TelegramError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "decision"),
    [
        (RetryAfter(3), Decision.WAIT),
        (Forbidden("Forbidden: bot was blocked by the user"), Decision.GONE),
        (Forbidden("Forbidden: user is deactivated"), Decision.GONE),
        (Forbidden("Forbidden: bot was kicked from the group chat"), Decision.GONE),
        (Forbidden("Forbidden: bot can't initiate conversation with a user"), Decision.GONE),
        (BadRequest("Chat not found"), Decision.GONE),
        (BadRequest("Can't parse entities: unsupported start tag"), Decision.REFUSED),
        (ChatMigrated(-100), Decision.MOVED),
        (Forbidden("Forbidden: bot is not a member of the supergroup chat"), Decision.GONE),
        (BadRequest("Message is not modified: specified new message content ..."), Decision.DONE),
        (caused(TimedOut(), NotSent("")), Decision.AGAIN),
        (caused(NetworkError(""), NotSent("")), Decision.AGAIN),
        (caused(TimedOut(), MaybeSent("")), Decision.UNKNOWN),
        (caused(NetworkError(""), MaybeSent("")), Decision.UNKNOWN),
        (caused(TimedOut(), httpx.ConnectTimeout("")), Decision.AGAIN),
        (caused(TimedOut(), httpx.PoolTimeout("")), Decision.AGAIN),
        (caused(TimedOut(), httpx.ReadTimeout("")), Decision.UNKNOWN),
        (caused(NetworkError(""), httpx.ConnectError("")), Decision.AGAIN),
        (caused(NetworkError(""), httpx.ReadError("")), Decision.UNKNOWN),
        (caused(NetworkError(""), httpx.RemoteProtocolError("")), Decision.UNKNOWN),
        (NetworkError("Bad Gateway"), Decision.AGAIN),
        (caused(NetworkError("Bad Gateway"), TelegramError("Invalid server response")), Decision.AGAIN),
        (TelegramError("Invalid server response"), Decision.UNKNOWN),
        (InvalidToken("Unauthorized"), Decision.AGAIN),
    ],
)
def test_every_answer_has_one_decision(error: TelegramError, decision: Decision) -> None:
    assert decide(error) is decision
