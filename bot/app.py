"""Composition root: the one place that builds the parts of the running bot and joins them."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections import defaultdict, deque
from collections.abc import Awaitable, Coroutine
from datetime import UTC, datetime
from typing import Any

from telegram import Bot, BotCommand, Update
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError
from telegram.ext import (
    Application,
    BaseUpdateProcessor,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    filters,
)

from bot.charts.worker import ChartWorker
from bot.commands import alerts, fallback, figures, mute, presets, preview, start, subscription, thesis, why
from bot.commands.reply import Context, Parts
from bot.database import Store
from bot.messages import talk
from bot.pipeline import schedule
from bot.pipeline.refresher import Refresher
from bot.settings import Settings, WrongSetting
from bot.transport.delivery import FREE_RATE, MOST_UNDER_WAY, Delivery
from bot.transport.errors import Decision, decide
from bot.transport.http import AiohttpRequest
from bot.transport.polling import Polled, watch
from bot.transport.rate_limit import Answers, Pace
from storage.database import contents
from storage.updates import KEPT, newest_handled, note_handled, was_handled

log = logging.getLogger(__name__)

CONCURRENT_UPDATES = 64
CONNECTIONS = 64  # for conversations; delivery and polling have their own
_COMMANDS = {
    "start": start.start, "help": start.help_, "privacy": start.privacy, "forgetme": start.forgetme,
    "subscribe": subscription.subscribe, "unsubscribe": subscription.unsubscribe,
    "summary": figures.summary, "breadth": figures.breadth, "size": figures.size, "valuation": figures.valuation,
    "thesis": thesis.thesis,
    "metrics": figures.metrics, "alert": alerts.alert, "alerts": alerts.alerts,
    "edit": alerts.edit, "why": why.why_numbered, "history": why.history, "presets": presets.presets,
    "snooze": mute.snooze_numbered, "mute": mute.mute_chat, "unmute": mute.unmute_chat, "quiet": mute.quiet,
}  # fmt: skip
_BUTTONS = {
    "subscribe": subscription.subscribe, "summary": figures.summary, "breadth": figures.breadth, "size": figures.size,
    "valuation": figures.valuation, "howto": alerts.how_to, "alerts": alerts.alerts,
    "forget": start.forget, "keep": start.keep,
    r"delete:\d{1,18}": alerts.delete, "set:.+": preview.preview_by_button, "save:.+": preview.save_line,
    r"draft:\d{1,18}": preview.save_draft, r"change(?::\d{1,18})?": preview.change, "cancel": preview.cancel,
    r"chart:\d{1,18}": why.chart, r"why:\d{1,18}": why.why_pressed, "history": why.history,
    r"more:\d{4}-\d{2}-\d{2}:\d{1,4}": why.more, r"rule:\d{1,18}": alerts.one,
    r"erase:\d{1,18}": alerts.erase, r"edit:\d{1,18}": alerts.edit_by_button,
    r"snooze:\d{1,18}": mute.snooze_pressed, r"nap:\d{1,18}:(?:day|week|resolve|off)": mute.nap,
    r"now:\d{1,18}": mute.alert_now, r"wait:\d{1,18}": mute.wait, "unmute": mute.unmute_chat,
    "presets": presets.presets, r"pack:[a-z]{1,20}": presets.pack, r"packall:[a-z]{1,20}": presets.set_pack,
}  # fmt: skip


class InOrder(BaseUpdateProcessor):
    """Handles the updates of one chat one after the other, those of different chats side by side, and each once.

    An update is noted as handled after it was: one that a kill cut short is handled again, and what it does may be
    done twice without harm.
    """

    def __init__(self, most: int, store: Store) -> None:
        super().__init__(most)
        self._store = store
        self._handled: deque[int] = deque(maxlen=KEPT)  # by this process
        self._before: int | None = None  # the newest one that a former process handled
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait for the chat's turn; leave out what was handled before."""
        if not isinstance(update, Update):
            await coroutine
            return
        chat = update.effective_chat.id if update.effective_chat else 0
        turn = self._turns[chat]
        async with turn:
            if await self._came_before(update.update_id):
                log.info("update %d came twice and was handled once", update.update_id)
                if isinstance(coroutine, Coroutine):
                    coroutine.close()
                return
            await coroutine
            self._handled.append(update.update_id)
            await self._store.write(note_handled, update.update_id, datetime.now(UTC))
        if not turn.locked():
            self._turns.pop(chat, None)

    async def _came_before(self, update: int) -> bool:
        """Whether the update was handled, by this process or, as the database says, by a former one."""
        if self._before is None:
            self._before = await self._store.read(newest_handled)
        if update > self._before:
            return update in self._handled
        return await self._store.read(was_handled, update)

    async def initialize(self) -> None:
        """Nothing to do."""

    async def shutdown(self) -> None:
        """Nothing to do."""


def build(settings: Settings) -> Application[Any, Any, Any, Any, Any, Any]:
    """The application with every part joined, not started yet."""
    store = Store(settings.database_path)
    charts = ChartWorker(settings.cache_path / "matplotlib")
    pace = Pace(settings.messages_per_second)
    base_url, base_file_url = f"{settings.telegram_api_url}/bot", f"{settings.telegram_api_url}/file/bot"
    polling = Polled()
    courier = Bot(settings.token(), base_url, base_file_url, AiohttpRequest(connection_pool_size=MOST_UNDER_WAY))

    async def begin(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        await courier.initialize()
        delivery = Delivery(courier, store, pace, settings.admin_chat_ids)
        refresher = Refresher(store, settings.history_sessions, delivery.wake, settings.admin_chat_ids)
        application.bot_data |= {"parts": Parts(settings, store, charts), "delivery": delivery, "refresher": refresher}
        assert application.job_queue is not None
        refresher.scheduler = application.job_queue.scheduler
        application.bot_data["tasks"] = [
            asyncio.create_task(delivery.run(), name="delivery"),
            asyncio.create_task(_register_menu(application.bot), name="menu"),
            asyncio.create_task(watch(application, polling), name="polling watchdog"),
        ]
        if settings.schedule == "on":
            schedule.plan(refresher.scheduler, refresher.run)
            first = asyncio.create_task(_first_refresh(refresher), name="first refresh")
            application.bot_data["tasks"].append(first)

    async def end(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        if "delivery" in application.bot_data:
            await application.bot_data["delivery"].stop()
            await application.bot_data["refresher"].stop()
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
        .concurrent_updates(InOrder(CONCURRENT_UPDATES, store))
        .request(AiohttpRequest(connection_pool_size=CONNECTIONS))
        .get_updates_request(polling)
        .rate_limiter(Answers(pace, lambda error: decide(error) is Decision.AGAIN))
        .post_init(begin)
        .post_stop(end)
        .build()
    )
    _listen(application)
    return application


async def _register_menu(bot: Bot) -> None:
    """Tell Telegram the commands, as soon as it can be reached."""
    for attempt in range(1, 100):
        try:
            await bot.set_my_commands([BotCommand(name, what) for name, what in talk.COMMANDS])
            return
        except TelegramError as error:
            log.warning("the menu is not registered yet: %s", error)
            await asyncio.sleep(min(2.0**attempt, 300.0))


async def _first_refresh(refresher: Refresher) -> None:
    """What was missed while the program was down."""
    try:
        await refresher.run()
    except Exception:
        log.exception("the refresh at start failed; the next one follows the next close")


def _listen(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
    messages = filters.UpdateType.MESSAGE
    for name, answer in _COMMANDS.items():
        application.add_handler(CommandHandler(name, answer, filters=messages))
    for action, press in _BUTTONS.items():
        application.add_handler(CallbackQueryHandler(press, pattern=f"^v1:{action}$"))
    application.add_handler(CallbackQueryHandler(fallback.old_button))
    application.add_handler(ChatMemberHandler(subscription.membership, ChatMemberHandler.MY_CHAT_MEMBER))
    private = messages & filters.ChatType.PRIVATE
    application.add_handler(MessageHandler(private & filters.TEXT, fallback.text))
    application.add_handler(MessageHandler(private & ~filters.StatusUpdate.ALL, fallback.other))
    application.add_error_handler(_trouble)


async def _trouble(update: object, context: Context) -> None:
    """An error nobody caught: log it, and do not leave a person without an answer."""
    error = context.error
    if isinstance(error, Conflict):
        log.critical("another process polls Telegram with this token; this one stops. Run one bot a token.")
        context.bot_data["conflict"] = True
        context.application.stop_running()
        return
    if isinstance(error, NetworkError) and not isinstance(update, Update):
        log.warning("Telegram does not answer: %s", error)
        return
    log.error("an update was not handled", exc_info=error)
    if isinstance(update, Update) and update.effective_chat is not None:
        try:
            await update.effective_chat.send_message(talk.trouble())
        except Exception as second:  # noqa: BLE001 – telling of an error must not raise another
            log.warning("and the chat could not be told: %s", second)


class AnotherPoller(Exception):
    """Another process polls with the same token."""


def serve(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM. Raises WrongSetting where Telegram refuses the token, AnotherPoller."""
    from storage.database import open_database

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
