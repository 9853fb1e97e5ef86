"""The running bot: builds its parts, joins them, and serves until it is stopped."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from typing import Any

from telegram import Bot, Update
from telegram.error import InvalidToken
from telegram.ext import Application

from bot.charts.worker import ChartWorker
from bot.commands import dispatch
from bot.commands.reply import Parts
from bot.database import Store
from bot.pipeline import backups, schedule
from bot.pipeline.refresher import Refresher
from bot.settings import Settings, WrongSetting
from bot.transport.delivery import FREE_RATE, MOST_UNDER_WAY, Delivery
from bot.transport.errors import Decision, decide
from bot.transport.health_server import HealthServer
from bot.transport.http import AiohttpRequest
from bot.transport.polling import Polled, watch
from bot.transport.rate_limit import Answers, Pace
from storage.database import contents, open_database

log = logging.getLogger(__name__)

CONCURRENT_UPDATES = 64
CONNECTIONS = 64  # for conversations; delivery and polling have their own


def build(settings: Settings) -> Application[Any, Any, Any, Any, Any, Any]:
    """The application with all its parts, not started yet."""
    store = Store(settings.database_path)
    charts = ChartWorker(settings.cache_path / "matplotlib")
    pace = Pace(settings.messages_per_second)
    base_url, base_file_url = f"{settings.telegram_api_url}/bot", f"{settings.telegram_api_url}/file/bot"
    polling = Polled()
    health = HealthServer(store, lambda: time.monotonic() - polling.answered_at)
    courier = Bot(settings.token(), base_url, base_file_url, AiohttpRequest(connection_pool_size=MOST_UNDER_WAY))

    async def begin(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        if settings.port is not None:  # first: a port that is taken ends the start before anything is under way
            await health.start(settings.health_host, settings.port)
        await courier.initialize()
        delivery = Delivery(courier, store, pace, settings.admin_chat_ids)
        refresher = Refresher(store, settings.history_sessions, delivery.wake, settings.admin_chat_ids)
        parts = Parts(settings, store, charts, dispatch.menu())
        application.bot_data |= {"parts": parts, "delivery": delivery, "refresher": refresher}
        assert application.job_queue is not None
        refresher.scheduler = application.job_queue.scheduler
        application.bot_data["tasks"] = [
            asyncio.create_task(delivery.run(), name="delivery"),
            asyncio.create_task(dispatch.register_menu(application.bot), name="menu"),
            asyncio.create_task(watch(application, polling), name="polling watchdog"),
        ]
        backups.plan(refresher.scheduler, settings, store)
        if settings.schedule == "on":
            schedule.plan(refresher.scheduler, refresher.run)
            first = asyncio.create_task(_first_refresh(refresher), name="first refresh")
            application.bot_data["tasks"].append(first)

    async def end(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        if "delivery" in application.bot_data:
            await application.bot_data["delivery"].stop()
            await application.bot_data["refresher"].stop()
        await health.stop()
        await charts.close()
        for task in application.bot_data.get("tasks", ()):
            task.cancel()
        await asyncio.gather(*application.bot_data.get("tasks", ()), return_exceptions=True)
        await courier.shutdown()
        await store.close()

    application = (
        Application.builder()
        .token(settings.token())
        .base_url(base_url)
        .base_file_url(base_file_url)
        .concurrent_updates(dispatch.PerChatProcessor(CONCURRENT_UPDATES, store))
        .request(AiohttpRequest(connection_pool_size=CONNECTIONS))
        .get_updates_request(polling)
        .rate_limiter(Answers(pace, lambda error: decide(error) is Decision.AGAIN))
        .post_init(begin)
        .post_stop(end)
        .build()
    )
    dispatch.listen(application)
    return application


async def _first_refresh(refresher: Refresher) -> None:
    """Catch up on the sessions that closed while the program was down."""
    try:
        await refresher.run()
    except Exception:
        log.exception("the refresh at start failed; the next one follows the next close")


class AnotherPoller(Exception):
    """Another process polls with the same token."""


def serve(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM. Raises WrongSetting where Telegram refuses the token, AnotherPoller."""
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
    log.info("market: %s; Telegram at %s", settings.market_words, settings.telegram_address)
    try:
        application = build(settings)
        gc.freeze()  # what is imported stays: looking through it again and again holds up every answer
        application.run_polling(allowed_updates=Update.ALL_TYPES, bootstrap_retries=-1)
    except InvalidToken:
        raise WrongSetting(
            "TELEGRAM_BOT_TOKEN (not shown here) is not accepted by Telegram: copy it again from @BotFather "
            "(/mybots → API Token)"
        ) from None
    if application.bot_data.get("conflict"):
        raise AnotherPoller
