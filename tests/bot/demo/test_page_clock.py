"""The market clock above the chat, in a browser."""

import asyncio
import re

import pytest

pytest.importorskip("playwright.async_api", reason="playwright is not installed: pip install playwright")
from playwright.async_api import expect

# A state that stays true while sessions go on passing: one date would be gone before a busy browser looks.
PAST_JULY = re.compile(r"^2025-(0[89]|1\d)|^202[6-9]")
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_step_shows_that_it_works_and_then_the_next_session(chat, page):
    await expect(page.locator("#session")).to_have_text("Wed 30 Jul 2025")
    await expect(page.locator("#simulated")).to_be_visible()
    chat.clock.hold = asyncio.Event()
    await page.click("#next")
    await expect(page.locator("#working")).to_have_text("working…")
    await expect(page.locator("#next")).to_have_attribute("aria-disabled", "true")
    await expect(page.locator("#next")).to_be_focused()
    chat.clock.hold.set()
    await expect(page.locator("#session")).to_have_text("Thu 31 Jul 2025")
    await expect(page.locator("#working")).to_have_text("")


async def test_the_chart_ends_at_the_session_with_its_value(chat, page):
    chart = page.locator("#chart svg")
    await expect(chart).to_have_accessible_name("IWM/SPY, simulated, 1 Jul 2025 to 30 Jul 2025")
    await expect(chart.locator(".last")).to_have_text(f"{chat.clock.series[-1][1]:.1f}")
    points = (await chart.locator(".line").get_attribute("points")).split()
    assert len(points) == 22
    await page.click("#next")
    await expect(chart).to_have_accessible_name("IWM/SPY, simulated, 1 Jul 2025 to 31 Jul 2025")
    await chart.hover(position={"x": 5, "y": 40})
    await expect(chart.locator(".reading")).to_have_text(f"1 Jul 2025: {chat.clock.series[0][1]:.1f}")


async def test_playing_goes_on_in_every_window_until_it_is_paused(chat, page):
    second = await chat.window()
    await page.click("#play")
    await expect(second.locator("#play")).to_have_text("Pause")
    await expect(page.locator("#session")).to_have_attribute("datetime", PAST_JULY)
    await second.click("#play")
    await expect(page.locator("#play")).to_have_text("Play")
    passed = len(chat.clock.series)
    await asyncio.sleep(0.3)
    assert len(chat.clock.series) == passed


async def test_a_step_that_fails_says_so_and_the_next_one_clears_it(chat, page):
    chat.clock.fail = "The step to Thu 31 Jul 2025 failed: no closes"
    await page.click("#next")
    await expect(page.get_by_role("alert")).to_have_text("The step to Thu 31 Jul 2025 failed: no closes")
    await expect(page.locator("#session")).to_have_text("Wed 30 Jul 2025")
    await page.click("#next")
    await expect(page.locator("#clock-error")).to_be_hidden()
    await expect(page.locator("#session")).to_have_text("Thu 31 Jul 2025")


async def test_a_message_of_a_step_arrives_by_itself(chat, page):
    async def alert(session):
        await chat.application.bot.send_message(1001, f"🔔 <b>{session}</b>", "HTML")

    await page.click("#start")
    await expect(page.locator("#log article.theirs")).to_have_count(1)
    chat.clock.after = alert
    await page.click("#next")
    await expect(page.locator("#log article.theirs").last).to_contain_text("🔔 2025-07-31")


async def test_on_a_phone_the_chart_waits_until_it_is_asked_for(chat):
    page = await chat.window(360, 740)
    await expect(page.locator("#chart")).to_be_hidden()
    await page.click("#fold")
    await expect(page.locator("#chart svg")).to_be_visible()
    await expect(page.locator("#fold")).to_have_attribute("aria-expanded", "true")
