"""What came of a message is settled by itself, kept until it is committed, and stops nobody else's messages."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database
from support.disk import full_disk
from support.post import ADA, BEN, DAY, NOW, Post, messages, posted

from bot.emulator import Fault, groups, people
from bot.transport.delivery import Delivery
from bot.transport.rate_limit import Pace
from storage import chats, outbox


async def test_a_group_that_is_erased_while_its_message_is_under_way_stops_nobody(post: Post) -> None:
    group = groups.add_group(post.local.world, ADA, groups.NewGroup("Family office", kind="group")).id
    groups.upgrade(post.local.world, group)
    post.local.faults.add(Fault("slow", method="sendMessage", chat_id=group, seconds=0.5))
    await post.due(group, "to the group")
    async with post.delivering():
        await post.until(lambda states: states == {"sending": 1})
        await post.store.write(chats.forget, group)
        await post.due(BEN, "to Ben")
        await post.until(lambda states: states == {"sent": 1})
        await asyncio.sleep(0.6)  # until the group's answer is there
        await post.due(ADA, "to Ada")
        await post.until(lambda states: states == {"sent": 2})
    assert await messages(post, BEN) == ["to Ben"]  # an id that is given again would send it once more
    assert await messages(post, ADA) == ["to Ada"]


async def test_what_cannot_be_settled_is_set_aside_and_operators_are_told_once(post: Post) -> None:
    await post.store.write(refuse, {"withdrawn"}, False)
    people.block(post.local.world, ADA)
    await post.due(ADA, "to Ada")
    await post.due(BEN, "to Ben")
    async with post.delivering(operators=[BEN]):
        await post.until(lambda states: states == {"failed": 1, "sent": 2})
    error = await post.store.read(
        lambda db: db.conn.execute("SELECT error FROM outbox WHERE state = 'failed'").fetchone()
    )
    assert "not this message" in error[0]
    told = [text for text in await messages(post, BEN) if text != "to Ben"]
    assert len(told) == 1
    assert "set aside" in told[0]


async def test_a_disk_that_is_full_for_a_while_loses_and_repeats_nothing(post: Post) -> None:
    people_there = range(2000, 2040)
    for person in people_there:
        post.local.world.add_person("Someone", person_id=person)
        post.local.world.private_chat(person)
        await post.due(person, "one", "two")
    post.local.faults.add(Fault("slow_answer", method="sendMessage", count=None, seconds=0.3))
    async with post.delivering(rate=100) as delivery:
        await post.until(lambda states: states.get("sending", 0) >= 10)
        with full_disk():
            await asyncio.sleep(8)
        await post.until(lambda states: states == {"sent": 80})
        del delivery
    for person in people_there:
        assert await messages(post, person) == ["one", "two"]
    rows = await post.store.read(
        lambda db: db.conn.execute("SELECT max(attempts), max(maybe_repeat) FROM outbox").fetchone()
    )
    assert rows == (1, 0)


async def test_stopping_on_a_full_disk_ends(post: Post) -> None:
    post.local.faults.add(Fault("slow_answer", method="sendMessage", seconds=0.5))
    await post.due(ADA, "on its way")
    delivery = Delivery(post.bot, post.store, Pace(30))
    task = asyncio.create_task(delivery.run())
    await post.until(lambda states: states == {"sending": 1})
    async with asyncio.timeout(60):
        with full_disk():
            await delivery.stop(1.0)
        await task
    assert await post.states() == {"sending": 1}
    async with post.delivering():
        await post.until(lambda states: states == {"sent": 1})
    assert (await messages(post, ADA))[1].startswith("This may be a repeat")


async def test_two_chats_that_are_turned_away_make_nobody_else_wait(post: Post) -> None:
    groups.add_group(post.local.world, ADA, groups.NewGroup("Family office"))
    others = range(2000, 2010)
    for person in others:
        post.local.world.add_person("Someone", person_id=person)
        post.local.world.private_chat(person)
    for person in (ADA, BEN):
        post.local.faults.add(Fault("too_many_requests", method="sendMessage", chat_id=person, retry_after=40))
        await post.due(person, "to wait")
    began = asyncio.get_running_loop().time()
    async with post.delivering(rate=30):
        await post.until(lambda states: states == {"pending": 2})
        for person in others:
            await post.due(person, "to go")
        await post.until(lambda states: states == {"pending": 2, "sent": 10}, seconds=30)
    assert asyncio.get_running_loop().time() - began < 30  # of the forty


async def test_a_clock_that_is_put_back_holds_no_message_until_the_old_time(post: Post) -> None:
    ahead = timedelta(days=1)
    post.local.faults.add(Fault("server_error", method="sendMessage", chat_id=ADA))
    async with post.delivering(clock=lambda: datetime.now(UTC) + ahead):
        await post.due(ADA, "again")
        await post.until(lambda states: states == {"pending": 1})
        attempted = lambda db: db.conn.execute("SELECT attempts FROM outbox").fetchone()[0]  # noqa: E731
        async with asyncio.timeout(60):
            while await post.store.read(attempted) == 0:
                await asyncio.sleep(0.05)
        ahead = timedelta(0)
        await post.until(lambda states: states == {"sent": 1})
    assert await messages(post, ADA) == ["again"]


async def test_a_message_that_a_wrong_clock_held_is_held_no_longer_than_meant(post: Post) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    def put(db: Database) -> None:
        chats.subscribe(db, ADA, NOW)
        held = outbox.Outgoing(ADA, ["held"], not_before=tomorrow + timedelta(seconds=2))
        outbox.enqueue(db, DAY, "alert", [held], tomorrow)
        outbox.enqueue(db, DAY, "notice", [outbox.Outgoing(ADA, ["next"])], NOW)

    await post.store.write(put)
    async with post.delivering():
        await post.until(lambda states: states == {"sent": 2})
    assert await messages(post, ADA) == ["held", "next"]


#: Telegram's answers, one for each decision about a message.
ANSWERS = {
    "accepted": None,
    "gone": Fault("forbidden", description="Forbidden: bot was kicked from the group chat"),
    "refused": Fault("bad_request", description="Bad Request: can't parse entities"),
    "again": Fault("server_error"),
    "wait": Fault("too_many_requests", retry_after=40),
    "unknown": Fault("drop_after"),
    "moved": Fault("migrate", migrate_to_chat_id=-1009),
}


def refuse(db: Database, states: set[str], chat_too: bool) -> None:
    """Let every change of Ada's messages to one of the states fail, and of her chat."""
    listed = ", ".join(f"'{state}'" for state in states)
    if states:
        db.conn.execute(
            f"CREATE TRIGGER one BEFORE UPDATE ON outbox WHEN new.chat IN ({ADA}, -1009) AND new.state IN ({listed}) "
            "BEGIN SELECT RAISE(ABORT, 'not this message'); END"
        )
    if chat_too:
        db.conn.execute(
            f"CREATE TRIGGER two BEFORE UPDATE ON chats WHEN new.id = {ADA} "
            "BEGIN SELECT RAISE(ABORT, 'not this chat'); END"
        )


@settings(max_examples=12)
@given(
    answer=st.sampled_from(sorted(ANSWERS)),
    states=st.sets(st.sampled_from(["sent", "withdrawn", "failed", "pending", "unknown"])),
    chat_too=st.booleans(),
)
def test_whatever_settling_raises_every_other_chat_hears_in_the_same_run(
    tmp_path_factory: pytest.TempPathFactory, answer: str, states: set[str], chat_too: bool
) -> None:
    others = (BEN, 2001)

    async def run() -> None:
        async with posted(tmp_path_factory.mktemp("run") / "rotation.db") as post:
            post.local.world.add_person("Someone", person_id=2001)
            post.local.world.private_chat(2001)
            if (fault := ANSWERS[answer]) is not None:
                post.local.faults.add(replace(fault, method="sendMessage", chat_id=ADA, count=None))
            for chat in (ADA, *others):
                await post.due(chat, "one", "two")
            await post.store.write(refuse, states, chat_too)
            async with post.delivering(), asyncio.timeout(60):
                for chat in others:
                    while await messages(post, chat) != ["one", "two"]:
                        await asyncio.sleep(0.02)

    asyncio.run(run())
