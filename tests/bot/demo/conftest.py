"""The chat page, served with a scripted bot and a small clock, and headless Chromium to look at it.

Browser tests share one Chromium, so they share one event loop: `asyncio(loop_scope="session")`.
"""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from support.page_bot import running
from support.page_clocks import SmallClock

from bot.demo.page import chat_page
from bot.emulator import LocalTelegram, start

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
)  # fmt: skip
NOTICE = "The market is simulated."


@dataclass
class Chat:
    """A running server with a bot, and the windows that are open on it."""

    local: LocalTelegram
    clock: SmallClock
    application: Any
    browser: Any
    contexts: list[Any] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    async def window(self, width: int = 1000, height: int = 800, **options: Any) -> Any:
        """A new window on the page, loaded and connected."""
        context = await self.browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(60_000)
        self.contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", lambda told: self.trouble.append(told.text) if told.type == "error" else None)
        page.on("request", self.check)
        await page.goto(self.local.address)
        await page.wait_for_selector("#doing:has-text('bot')")
        return page

    def check(self, request: Any) -> None:
        """Nothing may be asked of any other host."""
        if not request.url.startswith((self.local.address, "data:", "blob:")):
            self.trouble.append(f"asked for {request.url}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Any]:
    playwright = pytest.importorskip(
        "playwright.async_api", reason="playwright is not installed: pip install playwright"
    )
    playwright.expect.set_options(timeout=60_000)  # a busy machine draws late; a state that never comes still fails
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on the PATH: apt-get install chromium")
    async with playwright.async_playwright() as started:
        launched = await started.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def chat(browser: Any) -> AsyncIterator[Chat]:
    """The page with a bot at work; afterwards, that nothing went wrong in any window."""
    clock = SmallClock()
    local = await start(0, extend=chat_page(clock, NOTICE))
    async with running(local) as application:
        opened = Chat(local, clock, application, browser)
        yield opened
        for context in opened.contexts:
            await context.close()
    clock.pause()
    await local.stop()
    assert opened.trouble == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(chat: Chat) -> Any:
    """One window."""
    return await chat.window()
