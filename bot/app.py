"""The running bot: builds its parts, joins them, and serves until it is stopped."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TelegramError
from telegram.ext import Application

from alerts.market.dates import Dates
from alerts.market.sessions import read_calendar
from bot.alerting.digests import charts_due, send_due
from bot.alerting.mutes import end_due
from bot.brand import set_brand
from bot.charts.spec import Picture
from bot.charts.worker import ChartFailed, ChartWorker
from bot.commands import dispatch
from bot.commands.parts import Parts
from bot.commands.place import PlacedAnswers
from bot.database import Store
from bot.pipeline import backups, clock, retention, schedule
from bot.pipeline.refresher import Refresher, longest_seconds
from bot.settings import Settings, WrongSetting, former_settings
from bot.transport.delivery import FREE_RATE, MOST_UNDER_WAY, Delivery
from bot.transport.errors import Decision, decide, retry_seconds
from bot.transport.health_server import HealthServer
from bot.transport.http import AiohttpRequest
from bot.transport.inbox import Inbox, TooMany
from bot.transport.polling import AnotherPoller, Poller, TokenRefused
from bot.transport.rate_limit import Pace
from bot.transport.settlement import utc_now
from bot.transport.webhook import Webhook
from bot.transport.webhook_out import WebhookOut
from storage import access, chats, pictures, webhook_posts
from storage.database import claim_bot, contents, open_database

log = logging.getLogger(__name__)

CONNECTIONS = 64  # for conversations; delivery and polling have their own
CONNECTION_SECONDS = 60.0  # that a request in a conversation waits for one of them
TRIES_AT_START = 4  # of a token that Telegram refuses
SAID_AGAIN_SECONDS = 300.0  # while Telegram cannot be reached at the start
LONGEST_PAUSE = 30.0
CLOCK_SECONDS = 15.0  # between two looks at the clock
END_SECONDS = 8.0  # for everything that ends with the program


class Service:
    """All parts of the bot, not started yet."""

    def __init__(self, settings: Settings, *, by_webhook: bool = False) -> None:
        self.settings = settings
        set_brand(settings.brand_name, settings.disclaimer)
        self.store = Store(settings.database_path)
        self.charts = ChartWorker(settings.cache_folder / "matplotlib")
        pace = Pace(settings.messages_per_second, settings.chat_messages_per_second)
        base_url, base_file_url = f"{settings.telegram_api_url}/bot", f"{settings.telegram_api_url}/file/bot"
        # The poller asks for updates, not these two. Without a client for that each would make python-telegram-bot's
        # own, which reads every certificate there is.
        self.courier = Bot(
            settings.token(), base_url, base_file_url,
            request=AiohttpRequest(connection_pool_size=MOST_UNDER_WAY),
            get_updates_request=AiohttpRequest(connection_pool_size=1),
        )  # fmt: skip
        self.dates = Dates(utc_now)  # of Telegram's answers
        conversations = AiohttpRequest(connection_pool_size=CONNECTIONS, pool_timeout=CONNECTION_SECONDS)
        conversations.dates = self.dates
        self.application: Application[Any, Any, Any, Any, Any, Any] = (
            Application.builder()
            .token(settings.token())
            .base_url(base_url)
            .base_file_url(base_file_url)
            .updater(None)
            .request(conversations)
            .get_updates_request(AiohttpRequest(connection_pool_size=1))
            .rate_limiter(PlacedAnswers(pace, lambda error: decide(error) is Decision.AGAIN))
            .build()
        )
        dispatch.listen(self.application)
        self.delivery = Delivery(
            self.courier, self.store, pace, settings.admin_chat_ids, answers=lambda: self.inbox.in_hand
        )
        out = settings.webhook_out()
        self.webhook_out = WebhookOut(*out, self.store, settings.admin_chat_ids) if out else None
        self.refresher = Refresher(
            self.store, settings.history_years, self.delivery.wake, settings.admin_chat_ids,
            longest_seconds(settings.yahoo_per_second),
        )  # fmt: skip
        self.refresher.heartbeat = settings.heartbeat_url
        self.inbox = Inbox(
            self.store,
            partial(dispatch.read, self.application),
            partial(dispatch.answer, self.application),
            TooMany(settings.requests_per_minute, dispatch.too_many),
        )
        self.poller = Poller(self.application.bot, self.inbox.take, dates=self.dates)
        self.webhook = Webhook(self.application.bot, self.inbox.take, *settings.webhook()) if by_webhook else None
        source = self.webhook or self.poller
        self.health = HealthServer(
            self.store, lambda: source.silent_seconds, self.webhook.routes if self.webhook else ()
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Serve for ever. Raises WrongSetting, AnotherBot, TokenRefused, AnotherPoller."""
        if self.settings.port is not None:  # first: a port that is taken ends the start before anything is under way
            await self.health.start(self.settings.listen_on(public=self.webhook is not None), self.settings.port)
        await _reach(self.application.initialize)
        await asyncio.gather(self.courier.initialize(), self.store.write(claim_bot, self.application.bot.id))
        await self.application.start()
        await self._apply_access()
        self.application.bot_data["parts"] = Parts(self.settings, self.store, self.charts, dispatch.menu())
        assert self.application.job_queue is not None
        self.refresher.scheduler = self.application.job_queue.scheduler
        self._begin("delivery", self.delivery.run)
        if self.webhook_out is not None:
            self._begin("webhook out", self.webhook_out.run)
        elif await self.store.read(webhook_posts.in_use) and (dropped := await self.store.write(webhook_posts.end)):
            log.warning("WEBHOOK_OUT_URL is not set any more: %d events that were to be posted are not", dropped)
        self._begin("clock", self._watch_clock)
        self._begin("menu", partial(dispatch.register_menu, self.application.bot))
        schedule.each_minute(self.refresher.scheduler, self._look_each_minute)
        backups.plan(self.refresher.scheduler, self.settings, self.store)
        retention.plan(self.refresher.scheduler, self.settings, self.store)
        if self.settings.schedule == "on":
            self._begin("first refresh", self._begin_refreshes)
        await self.inbox.resume()
        if self.webhook is not None:
            await kept_running("webhook", self.webhook.run, final=(TokenRefused,))
        else:
            await kept_running("polling", self.poller.run, final=(TokenRefused, AnotherPoller))

    async def end(self) -> None:
        """Let what is under way finish for a while, and release everything. Nothing that was accepted is lost."""
        try:
            async with asyncio.timeout(END_SECONDS):
                ending = [self.inbox.stop(), self.delivery.stop(END_SECONDS / 2), self.refresher.stop()]
                if self.webhook_out is not None:
                    ending.append(self.webhook_out.stop(END_SECONDS / 2))
                await asyncio.gather(*ending)
                await self.charts.close()
                await self.health.stop()
        except TimeoutError:
            log.warning("not everything ended in %g s; what is recorded goes on after the next start", END_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.application.running:
            await self.application.stop()
        await self.application.shutdown()
        await self.application.bot.shutdown()  # where Telegram was not reached
        await self.courier.shutdown()
        await self.store.close()

    def _begin(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(kept_running(name, work), name=name))

    async def _begin_refreshes(self) -> None:
        """Plan a refresh after each close, and catch up on what closed meanwhile.

        The exchange's calendar is read off the loop: it takes a second, and what waits for an answer does not.
        """
        await asyncio.to_thread(read_calendar, datetime.now(UTC).date())
        schedule.plan(self.refresher.scheduler, self.refresher.run)
        await self.refresher.catch_up()

    async def _apply_access(self) -> None:
        """What a change of ACCESS means for chats that use the bot already."""
        settings, now = self.settings, datetime.now(UTC)
        if settings.access == "invite":
            await self.store.write(access.let_in_all_known, now)
        elif settings.access == "list":
            listed = {*settings.admin_chat_ids, *settings.access_chat_ids}
            why = "not in ACCESS_CHAT_IDS"
            if ended := await self.store.write(chats.end_other_subscriptions, listed, why, now):
                log.warning("ACCESS=list: %d subscriptions of chats that are not listed have ended", ended)

    async def _look_each_minute(self) -> None:
        """Put digests that are due and the ends of mutes into the outbox, a few hundred in each transaction."""
        while await self.store.write(end_due, datetime.now(UTC)):
            self.delivery.wake()
        await self._send_digests()

    async def _watch_clock(self) -> None:
        """Compare this machine's clock with the dates of Telegram's answers, and tell operators where that changes."""
        was_off: bool | None = None
        while True:
            if (ahead := self.dates.take()) is not None:
                compared = clock.Compared(ahead, "Telegram")
                if compared.off != was_off:
                    operators = self.settings.admin_chat_ids
                    await self.store.write(clock.note, operators, "Telegram", compared, datetime.now(UTC))
                    self.delivery.wake()
                    was_off = compared.off
            await asyncio.sleep(CLOCK_SECONDS)

    async def _send_digests(self) -> None:
        """Put the digests that are due into the outbox, a few hundred in each transaction; each chart is drawn once."""
        simulated = self.settings.market == "sample"
        while True:
            now, drawn = datetime.now(UTC), {}
            for topic, chart in (await self.store.read(charts_due, now, simulated)).items():
                if await self._drawn(chart, now):
                    drawn[topic] = chart.key()
            if not await self.store.write(send_due, now, drawn):
                return
            self.delivery.wake()

    async def _drawn(self, chart: Picture, now: datetime) -> bool:
        """Whether the chart's picture is kept for the outbox; a digest goes without one that cannot be drawn."""
        if await self.store.read(pictures.picture, chart.key()) is not None:
            return True
        try:
            png = await self.charts.draw(chart)
        except ChartFailed as error:
            log.error("digests go without their picture: %s", error)
            return False
        await self.store.write(pictures.keep_picture, chart.key(), png, now)
        return True


async def kept_running(
    name: str, work: Callable[[], Awaitable[None]], final: tuple[type[Exception], ...] = (), pause: float = 1.0
) -> None:
    """Run `work` to its end. If an error ends it, say so and start it again, unless the error is one of `final`."""
    while True:
        try:
            await work()
            return
        except final:
            raise
        except Exception:
            log.exception("%s was ended by an error; it is started again in %g s", name, pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _reach(initialize: Callable[[], Awaitable[None]]) -> None:
    """Ask Telegram who the bot is, until it answers. Raises WrongSetting where it goes on refusing the token."""
    refused, pause, said = 0, 0.5, -SAID_AGAIN_SECONDS
    while True:
        try:
            await initialize()
            return
        except InvalidToken:
            refused += 1
            if refused == TRIES_AT_START:
                raise WrongSetting(
                    "TELEGRAM_BOT_TOKEN (not shown here) is not accepted by Telegram: copy it again from @BotFather "
                    "(/mybots → API Token)"
                ) from None
        except RetryAfter as error:
            pause = max(pause, retry_seconds(error))
        except TelegramError as error:
            if (now := time.monotonic()) - said >= SAID_AGAIN_SECONDS:
                said = now
                log.warning("Telegram does not answer: %s; it is asked again until it does", error)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def serve(settings: Settings, *, by_webhook: bool = False) -> None:
    """Poll Telegram, or with `by_webhook` have it post to WEBHOOK_URL, until SIGINT or SIGTERM.

    Raises WrongSetting where Telegram refuses the token, and as `Service.run`.
    """
    db = open_database(settings.database_path)
    held = contents(db)
    db.close()
    where = settings.database_path.resolve()
    if held.new:
        log.warning("%s is new: on a host that wipes its disk, DATABASE_PATH has to lie on a volume", where)
    else:
        log.info("%s: %d sessions, the last %s; %d chats", where, held.sessions, held.last_session, held.chats)
    if settings.messages_per_second > FREE_RATE:
        log.warning(
            "MESSAGES_PER_SECOND=%g: above %g a second is Telegram's paid broadcast, 0.1 Stars a message out of the "
            "bot's balance; every alert is sent that way",
            settings.messages_per_second, FREE_RATE,
        )  # fmt: skip
    if former := former_settings():
        log.warning("%s", former)
    log.info("market: %s; Telegram at %s", settings.market_words, settings.telegram_address)
    asyncio.run(_serve(settings, by_webhook))


async def _serve(settings: Settings, by_webhook: bool) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    service = Service(settings, by_webhook=by_webhook)
    gc.freeze()  # what is imported stays: looking through it again and again holds up every answer
    running = asyncio.create_task(service.run(), name="bot")
    stopping = asyncio.create_task(stopped.wait(), name="signals")
    try:
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        running.cancel()
        outcome = (await asyncio.gather(running, return_exceptions=True))[0]
        await service.end()
    if isinstance(outcome, Exception):
        raise outcome
