"""/healthz, /readyz and Prometheus' /metrics on PORT: numbers alone, no chat and no text."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from bot.database import Store
from bot.reports.health import Health, health
from bot.settings import WrongSetting
from bot.transport.telemetry import PROCESS

log = logging.getLogger(__name__)

SILENT_SECONDS = 90.0  # without an answer from Telegram, before the bot counts as not ready


class HealthServer:
    """Answers until stopped. silent: seconds since Telegram was last reached. routes: what else is served there."""

    def __init__(self, store: Store, silent: Callable[[], float], routes: Sequence[web.AbstractRouteDef] = ()) -> None:
        self._store = store
        self._silent = silent
        application = web.Application()
        application.router.add_get("/healthz", self._alive)
        application.router.add_get("/readyz", self._ready)
        application.router.add_get("/metrics", self._metrics)
        application.add_routes(routes)
        self._runner = web.AppRunner(application, access_log=None)

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises WrongSetting where the port is taken or the address is none of this machine's."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise WrongSetting(
                f"PORT={port}, HEALTH_HOST={host}: {error.strerror or error}; choose a free port, or leave PORT empty"
            ) from error
        log.info("health and metrics on %s:%d", host, port)

    async def stop(self) -> None:
        """Let go of the port."""
        await self._runner.cleanup()

    async def _alive(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _ready(self, _request: web.Request) -> web.Response:
        if (seconds := self._silent()) > SILENT_SECONDS:
            return web.Response(status=503, text=f"Telegram has not answered for {seconds:.0f} seconds\n")
        await self._store.read(health, datetime.now(UTC))
        return web.Response(text="ready\n")

    async def _metrics(self, _request: web.Request) -> web.Response:
        now = datetime.now(UTC)
        text = exposition(await self._store.read(health, now), self._silent(), now)
        return web.Response(body=text + generate_latest(PROCESS), headers={"Content-Type": CONTENT_TYPE_LATEST})


def exposition(found: Health, silent: float, now: datetime) -> bytes:
    """The numbers in Prometheus' text format. What is not known yet is left out, not 0."""
    registry = CollectorRegistry()

    def gauge(name: str, what: str, value: float | None) -> None:
        if value is not None:
            Gauge(f"rotation_{name}", what, registry=registry).set(value)

    def by(name: str, what: str, label: str, values: dict[str, int]) -> None:
        family = Gauge(f"rotation_{name}", what, [label], registry=registry)
        for key, value in values.items():
            family.labels(key).set(value)

    last = found.last
    oldest = found.backlog.oldest
    gauge("sessions_behind", "Complete sessions that are not sealed.", found.behind)
    gauge("coverage_ratio", "Share of companies behind the last session's breadth.", last.coverage if last else None)
    gauge("figures", "Figures with a value on the last session.", last.values if last else None)
    gauge("outbox_due", "Messages that should leave now.", found.backlog.due)
    gauge("outbox_held", "Messages held for a later time.", found.backlog.held)
    gauge("outbox_oldest_seconds", "Age of the oldest message due.", (now - oldest).total_seconds() if oldest else 0)
    waits = found.posts
    gauge("webhook_posts_open", "Events that wait to be posted to WEBHOOK_OUT_URL.", waits.open)
    gauge("webhook_posts_given_up", "Events that were not taken for a day.", waits.failed)
    gauge(
        "webhook_posts_oldest_seconds", "Age of the oldest event to post.",
        (now - waits.oldest).total_seconds() if waits.oldest else 0,
    )  # fmt: skip
    gauge("sources_failing", "Sources that the last refresh could not use.", len(found.failing))
    gauge("telegram_silent_seconds", "Since Telegram last answered a poll.", silent)
    for name, value in found.totals.items():
        gauge(name, f"{name.capitalize()} stored.", value)
    by("messages", "Messages of the outbox by state.", "state", found.messages)
    by("transitions", "Events of the last sealed session by kind.", "kind", found.transitions)
    return generate_latest(registry)
