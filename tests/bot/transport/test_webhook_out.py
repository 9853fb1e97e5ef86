"""Events → WEBHOOK_OUT_URL over real HTTP: what arrives, how it is signed, what becomes of each refusal."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from sqlite_utils import Database
from support.alert_events import gap, small
from support.post import NOW

from alerts.rules.event import AlertEvent, EventStatus
from alerts.rules.grammar import parse
from bot.database import Store
from bot.reports import checks
from bot.reports.checks import State
from bot.reports.health import health
from bot.settings import WrongSetting, read_settings
from bot.transport.settlement import utc_now
from bot.transport.webhook_out import MOST_UNDER_WAY, WebhookOut, seconds_until_again, signature
from storage import chats, rules, webhook_posts
from storage.chat_export import export_chat
from storage.chat_migration import move_chat
from storage.events import NewEvent, record_events

CHAT = -7
SECRET = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
FIRST, SECOND = date(2025, 8, 21), date(2025, 8, 22)


@dataclass
class Receiver:
    """A program of an operator. refuses: the statuses it gives to the first event, in turn. waits: before answers."""

    port: int = 0
    refuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    refuses_all: bool = False
    waits: asyncio.Event | None = None
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Note the post."""
        self.posts.append((dict(request.headers), await request.read()))
        first = self.posts[0][0]["webhook-id"] == request.headers["webhook-id"]
        status = self.refuses.pop(0) if first and self.refuses else 503 if self.refuses_all else 204
        if self.waits is not None:
            await self.waits.wait()
        return web.Response(status=status, headers=self.headers)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.posts]

    @property
    def told(self) -> list[tuple[int, str]]:
        """(rule, session) of each post."""
        return [(one["data"]["rule"], one["data"]["session"]) for one in self.events]


@dataclass
class Bench:
    """A receiver, and a database with a chat of two rules."""

    receiver: Receiver
    store: Store
    rules: tuple[int, ...] = ()

    def event(self, rule: int = 0, session: date = FIRST) -> AlertEvent:
        """A firing of one of the rules."""
        return small(id=self.rules[rule], number=rule + 1, session=session)

    async def happen(self, *happened: AlertEvent, status: EventStatus = EventStatus.NOTIFIED) -> None:
        new = [NewEvent(CHAT, one, status) for one in happened]
        await self.store.write(record_events, new, utc_now())

    def out(self, clock: Callable[[], datetime] = utc_now) -> WebhookOut:
        address = SecretStr(f"http://127.0.0.1:{self.receiver.port}/hook/of-mine")
        return WebhookOut(address, SECRET, self.store, [1], clock)

    @asynccontextmanager
    async def posting(self, clock: Callable[[], datetime] = utc_now) -> AsyncIterator[None]:
        out = self.out(clock)
        task = asyncio.create_task(out.run())
        yield
        await out.stop()
        await task

    async def until(self, query: str, wanted: object) -> None:
        """Once the query's one value is as wanted."""

        def look(db: Database) -> object:
            return db.conn.execute(query).fetchone()[0]

        async with asyncio.timeout(60):
            while await self.store.read(look) != wanted:
                await asyncio.sleep(0.02)

    async def sent(self, count: int) -> None:
        await self.until("SELECT count(*) FROM webhook_posts WHERE state = 'sent'", count)


@pytest.fixture
async def bench(path: Path) -> AsyncIterator[Bench]:
    receiver = Receiver()
    application = web.Application()
    application.router.add_post("/hook/of-mine", receiver.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.port = runner.addresses[0][1]
    store = Store(path)

    def prepare(db: Database) -> None:
        chats.subscribe(db, CHAT, NOW)
        for line in ("small above 200d > 60", "small above 200d > 61"):
            rules.add_rule(db, CHAT, parse(line), [], NOW)
        webhook_posts.begin(db)

    await store.write(prepare)
    made = Bench(receiver, store, tuple(one.id for one in await store.read(rules.rules_of, CHAT)))
    yield made
    if receiver.waits is not None:
        receiver.waits.set()
    await store.close()
    await runner.cleanup()


def test_the_signature_is_that_of_the_specifications_example() -> None:
    """https://github.com/standard-webhooks/standard-webhooks: the example in its libraries' tests."""
    found = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_pause_doubles_to_a_minute_and_is_as_long_as_the_receiver_asks() -> None:
    assert [seconds_until_again(attempts) for attempts in (1, 2, 3, 6, 7, 500)] == [1, 2, 4, 32, 60, 60]
    assert seconds_until_again(1, 120.0) == 120
    assert seconds_until_again(1, 1e9) == 3600


async def test_an_event_is_posted_once_signed_and_whole(bench: Bench) -> None:
    await bench.happen(bench.event(), status=EventStatus.MUTED)
    await bench.happen(gap("size.lead_21d", 2))
    async with bench.posting():
        await bench.sent(2)
    (headers, body), _ = bench.receiver.posts
    event = json.loads(body)
    assert event["type"] == "alert.fired"
    assert (event["chat"], event["status"], event["simulated"], event["version"]) == (CHAT, "muted", False, 1)
    assert event["data"] == bench.event().to_json()
    assert event["id"] == headers["webhook-id"]
    stamp = int(headers["webhook-timestamp"])
    assert abs(stamp - utc_now().timestamp()) < 120
    assert headers["webhook-signature"] == signature(SECRET, event["id"], stamp, body)
    missing = bench.receiver.events[1]
    assert missing["type"] == "alert.no_data"
    assert missing["data"]["value"] is None
    assert missing["data"]["reason"] == "coverage 80 % is under 90 %"


@pytest.mark.parametrize("refusal", [500, 404, 302, 429])
async def test_what_is_refused_comes_again_with_its_key_and_holds_up_its_own_rule_alone(
    bench: Bench, refusal: int
) -> None:
    bench.receiver.refuses = [refusal, refusal]
    if refusal == 302:
        bench.receiver.headers = {"Location": "/elsewhere"}
    await bench.happen(bench.event(0, FIRST))
    async with bench.posting():
        await bench.until("SELECT count(*) FROM webhook_posts WHERE attempts > 0", 1)
        await bench.happen(bench.event(0, SECOND), bench.event(1, SECOND))
        await bench.sent(3)
    one, other = bench.rules
    assert [said for said in bench.receiver.told if said[0] == one] == [
        (one, str(FIRST)), (one, str(FIRST)), (one, str(FIRST)), (one, str(SECOND)),
    ]  # fmt: skip
    assert bench.receiver.told.index((other, str(SECOND))) < 3  # it did not wait for them
    said = zip(bench.receiver.posts, bench.receiver.told, strict=True)
    of_first = {(post[0]["webhook-id"], post[1]) for post, event in said if event == (one, str(FIRST))}
    assert len(of_first) == 1


def tried_since(db: Database, first: datetime) -> None:
    """The open post has been tried since then."""
    db.conn.execute("UPDATE webhook_posts SET first_tried_at = ? WHERE first_tried_at IS NOT NULL", [first.isoformat()])


async def test_after_a_day_of_trying_it_is_given_up_the_next_follows_and_operators_are_told(bench: Bench) -> None:
    bench.receiver.refuses = [500, 500]
    await bench.happen(bench.event(0, FIRST), bench.event(0, SECOND))
    async with bench.posting():
        await bench.until("SELECT count(*) FROM webhook_posts WHERE error = 'HTTP 500'", 1)
        await bench.store.write(tried_since, utc_now() - timedelta(hours=25))
        await bench.until("SELECT count(*) FROM webhook_posts WHERE state = 'failed'", 1)
        await bench.sent(1)
    assert [session for _, session in bench.receiver.told] == [str(FIRST), str(FIRST), str(SECOND)]
    told = await bench.store.read(lambda db: db.conn.execute("SELECT chat, text FROM outbox").fetchall())
    assert len(told) == 1
    assert told[0][0] == 1
    assert "did not take it for a day: HTTP 500" in told[0][1]
    assert "hook" not in told[0][1]
    waits = await bench.store.read(webhook_posts.waiting)
    assert (waits.open, waits.failed) == (0, 1)


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_day_in_which_the_machine_stands_still_is_no_day_of_trying(bench: Bench, restarted: bool) -> None:
    ahead, bench.receiver.refuses = [timedelta(0)], [500, 500]
    await bench.happen(bench.event())
    async with bench.posting(lambda: utc_now() + ahead[0]):
        await bench.until("SELECT count(*) FROM webhook_posts WHERE error = 'HTTP 500'", 1)
        if not restarted:
            ahead[0] = timedelta(days=2)
            await bench.sent(1)
    if restarted:
        ahead[0] = timedelta(days=2)
        async with bench.posting(lambda: utc_now() + ahead[0]):
            await bench.sent(1)
    assert len(bench.receiver.posts) == 3
    told = await bench.store.read(lambda db: db.conn.execute("SELECT text FROM outbox").fetchall())
    assert told == []


async def test_trying_adds_up_over_restarts(bench: Bench) -> None:
    await bench.happen(bench.event())
    await bench.store.write(webhook_posts.gather, NOW)
    (post,) = await bench.store.write(webhook_posts.claim, NOW, 1, timedelta(hours=1))
    await bench.store.write(webhook_posts.mark_again, post, NOW + timedelta(hours=5), "HTTP 500")
    later = NOW + timedelta(days=3)
    await bench.store.write(webhook_posts.recover, later)
    assert await bench.store.read(webhook_posts.tried_for, post, later) == timedelta(hours=5)


async def test_a_receiver_that_takes_nothing_is_asked_by_one_post_at_a_time(bench: Bench) -> None:
    bench.receiver.refuses_all = True
    count = 3 * MOST_UNDER_WAY
    await bench.happen(*(gap(f"import.series{at}", 1) for at in range(count)))
    async with bench.posting():
        await bench.until(f"SELECT sum(attempts) >= {MOST_UNDER_WAY} FROM webhook_posts", 1)
        await bench.until("SELECT count(*) FROM webhook_posts WHERE state = 'sending'", 0)
        refused = len(bench.receiver.posts)
        assert refused <= 2 * MOST_UNDER_WAY  # of three times as many that are due
        bench.receiver.refuses_all = False
        await bench.sent(count)


async def test_an_event_that_is_refused_again_and_again_makes_no_other_wait(bench: Bench) -> None:
    out = bench.out()
    for _ in range(2 * MOST_UNDER_WAY):
        out._count(1, taken=False)
    assert out._free() == MOST_UNDER_WAY
    for event in range(2, MOST_UNDER_WAY + 1):
        out._count(event, taken=False)
    assert out._free() == 0  # it takes nothing at all
    out._count(1, taken=True)
    assert out._free() == MOST_UNDER_WAY


async def test_a_post_behind_an_earlier_one_of_its_stream_is_nothing_to_do(bench: Bench) -> None:
    await bench.happen(bench.event(0, FIRST), bench.event(0, SECOND))
    assert await bench.store.read(webhook_posts.anything, NOW)
    await bench.store.write(webhook_posts.gather, NOW)
    assert await bench.store.read(webhook_posts.anything, NOW)
    (post,) = await bench.store.write(webhook_posts.claim, NOW, 9, timedelta(hours=1))
    assert not await bench.store.read(webhook_posts.anything, NOW)
    await bench.store.write(webhook_posts.mark_again, post, NOW + timedelta(seconds=8), "HTTP 500")
    assert not await bench.store.read(webhook_posts.anything, NOW)
    assert await bench.store.read(webhook_posts.anything, NOW + timedelta(seconds=8))
    await bench.store.write(webhook_posts.mark_sent, [post], NOW)
    assert await bench.store.read(webhook_posts.anything, NOW)


@pytest.mark.parametrize(("minutes", "state"), [(5, State.OK), (20, State.WARN), (90, State.FAIL)])
async def test_the_doctor_says_what_waits_and_for_how_long(bench: Bench, minutes: int, state: State) -> None:
    nothing = checks.webhook_out(await bench.store.read(health, utc_now()), utc_now())
    assert nothing == []
    await bench.happen(bench.event(0), bench.event(1))
    now = utc_now() + timedelta(minutes=minutes)
    (found,) = checks.webhook_out(await bench.store.read(health, now), now)
    assert (found.name, found.state) == ("webhook out", state)
    assert found.says == f"2 events to post, 0 given up after a day; the oldest waits for {minutes} minutes"
    assert bool(found.cure) == (state is not State.OK)


async def test_the_doctor_warns_of_what_was_given_up_for_three_days(bench: Bench) -> None:
    now = utc_now()
    await bench.happen(bench.event())
    await bench.store.write(webhook_posts.gather, now)
    (post,) = await bench.store.write(webhook_posts.claim, now, 1, timedelta(hours=1))
    await bench.store.write(webhook_posts.mark_failed, post, now, "HTTP 500")
    for later, state in ((0, State.WARN), (2, State.WARN), (4, State.OK)):
        (found,) = checks.webhook_out(await bench.store.read(health, now), now + timedelta(days=later))
        assert (found.says, found.state) == (
            f"0 events to post, 1 given up after a day (the last on {now:%Y-%m-%d %H:%M} UTC)", state
        )  # fmt: skip
        assert ("not posted again" in found.cure) == (state is State.WARN)


async def test_a_sender_that_ends_half_way_posts_again_with_the_same_key(bench: Bench) -> None:
    bench.receiver.waits = asyncio.Event()
    await bench.happen(bench.event())
    out = bench.out()
    task = asyncio.create_task(out.run())
    async with asyncio.timeout(60):
        while not bench.receiver.posts:
            await asyncio.sleep(0.02)
    await out.stop(0.1)
    await task
    bench.receiver.waits.set()
    async with bench.posting():
        await bench.sent(1)
    assert len({headers["webhook-id"] for headers, _ in bench.receiver.posts}) == 1
    assert len(bench.receiver.posts) == 2


async def test_what_a_chat_erases_is_not_posted_and_what_it_keeps_is_in_its_export(bench: Bench) -> None:
    await bench.happen(bench.event())
    await bench.store.write(webhook_posts.gather, NOW)
    kept = await bench.store.read(export_chat, CHAT)
    assert kept["webhook_posts"][0]["body"]["data"]["line"] == "small above 200d > 60"
    await bench.store.write(move_chat, CHAT, -1007)
    assert (await bench.store.read(export_chat, -1007))["webhook_posts"][0]["chat"] == -1007
    await bench.store.write(chats.forget, -1007)
    await bench.until("SELECT count(*) FROM webhook_posts", 0)
    assert not await bench.store.read(webhook_posts.anything, NOW)


async def test_nothing_of_before_is_posted_and_nothing_after_the_setting_is_gone(bench: Bench) -> None:
    await bench.store.write(webhook_posts.end)
    await bench.happen(bench.event(0, FIRST))
    await bench.store.write(webhook_posts.begin)
    await bench.happen(bench.event(0, SECOND))
    await bench.store.write(webhook_posts.begin)  # a second start goes on where the first was
    assert await bench.store.write(webhook_posts.gather, NOW) == 1
    await bench.happen(bench.event(1, SECOND))  # not gathered yet
    assert await bench.store.write(webhook_posts.end) == 2
    assert not await bench.store.read(webhook_posts.in_use)


async def test_an_event_that_cannot_be_read_is_given_up_and_holds_up_nothing(bench: Bench) -> None:
    await bench.happen(bench.event(0), bench.event(1))
    await bench.store.write(lambda db: db.conn.execute("UPDATE events SET event = '[' WHERE id = 1"))
    async with bench.posting():
        await bench.sent(1)
    assert [rule for rule, _ in bench.receiver.told] == [bench.rules[1]]
    assert (await bench.store.read(webhook_posts.waiting)).failed == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"webhook_out_url": "https://a.example/x"}, "WEBHOOK_OUT_URL needs WEBHOOK_OUT_SECRET"),
        ({"webhook_out_url": "http://a.example/own-path"}, "WEBHOOK_OUT_URL=…: not an https address"),
        *(
            ({"webhook_out_url": wrong}, "WEBHOOK_OUT_URL=…: not an https address; use the https address")
            for wrong in (
                "https://own-path:abc/",
                "https://own-path:99999999/x",
                "https://own-path:0/",
                "https://a own-path/",
                "https://a.example/own-path\n",
                " https://a.example/own-path",
                "https://[::1/own-path",
                "https://xn--/own-path",
                "https://a..own-path/",
                "https:///own-path",
            )
        ),
        ({"webhook_out_secret": "whsec_" + "ä" * 32}, "WEBHOOK_OUT_SECRET=…: malformed"),
        ({"webhook_out_secret": "whsec_c2hvcnQ="}, "WEBHOOK_OUT_SECRET=…: malformed"),
        ({"webhook_out_secret": "no-prefix-but-thirty-two-letters"}, "WEBHOOK_OUT_SECRET=…: malformed"),
    ],
)
def test_a_wrong_setting_is_named_and_not_shown(given: dict[str, str], said: str) -> None:
    with pytest.raises(WrongSetting, match=re.escape(said)) as raised:
        read_settings(**given)
    assert "own-path" not in str(raised.value)
    assert "openssl" in str(raised.value) or "this machine alone" in str(raised.value)


@pytest.mark.parametrize(
    "address",
    [
        "https://A.example/x", "https://a.example:8443/x?y=1", "http://localhost:8090/x", "http://[::1]:8090/x",
        "https://bücher.example/x", "https://xn--bcher-kva.example/x", "https://name:word@a.example/x",
    ],
)  # fmt: skip
def test_an_address_that_the_client_takes_is_taken(address: str) -> None:
    given = read_settings(webhook_out_url=address, webhook_out_secret=SECRET.get_secret_value()).webhook_out()
    assert given is not None
    assert given[0].get_secret_value() == address
