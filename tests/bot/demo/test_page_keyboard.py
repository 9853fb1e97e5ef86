"""The chat page by keyboard alone."""

import pytest

pytest.importorskip("playwright.async_api", reason="playwright is not installed: pip install playwright")
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LAST = "#log article.theirs:last-of-type"


async def begin(page):
    await expect(page.locator("#start")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#log article.theirs")).to_have_count(1)
    await expect(page.locator("#text")).to_be_focused()


async def test_commands_are_completed_by_arrows_tab_and_enter(page):
    await begin(page)
    options = page.get_by_role("option")
    await page.keyboard.type("/")
    await expect(options).to_have_count(4)
    await page.keyboard.type("al")
    await expect(options).to_have_count(2)
    await expect(page.get_by_role("option", selected=True)).to_contain_text("/alert")
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("option", selected=True)).to_contain_text("/alerts")
    await expect(page.locator("#text")).to_have_attribute("aria-activedescendant", "command-1")
    await page.keyboard.press("Tab")
    await expect(page.locator("#text")).to_have_value("/alerts ")
    await expect(options).to_have_count(0)
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Escape")
    await expect(page.locator("#commands")).to_be_hidden()
    await page.keyboard.press("Backspace")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.locator(f"{LAST} .text")).to_have_text("1. first\n2. second")


async def test_a_command_with_words_after_it_is_sent_as_typed(page):
    await begin(page)
    await page.keyboard.type("/alert small above 200d > 60")
    await page.keyboard.press("Enter")
    await expect(page.locator(f"{LAST} .text")).to_have_text("You said: /alert small above 200d > 60")


async def test_shift_enter_breaks_the_line_and_arrow_up_brings_the_last_one_back(page):
    await begin(page)
    await page.keyboard.type("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Enter")
    await expect(page.locator(f"{LAST} .text")).to_have_text("You said: one\ntwo")
    await expect(page.locator("#text")).to_have_value("")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#text")).to_have_value("one\ntwo")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#text")).to_have_value("/start")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("#text")).to_have_value("")


async def test_a_reply_is_chosen_with_control_and_arrow_up(page):
    await begin(page)
    await page.keyboard.press("Control+ArrowUp")
    await expect(page.locator("#replying-text")).to_have_text("Rotation alerts Hello.")
    await page.keyboard.press("Control+ArrowUp")
    await expect(page.locator("#replying-text")).to_have_text("/start")
    await page.keyboard.press("Escape")
    await expect(page.locator("#replying")).to_be_hidden()


async def test_from_the_first_tab_everything_is_reached_and_its_focus_is_seen(page):
    await begin(page)
    await page.evaluate("document.body.tabIndex = -1, document.body.focus()")
    reached, rings = [], []
    for _ in range(20):
        await page.keyboard.press("Tab")
        name, ring = await page.evaluate(
            "(() => { const at = document.activeElement, style = getComputedStyle(at);"
            " return [at.getAttribute('aria-label') || at.textContent.trim(),"
            " style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1] })()"
        )
        if name in reached or await page.evaluate("document.activeElement === document.body"):
            break
        reached.append(name)
        rings.append(ring)
    wanted = ["Skip to the message box", "Ada", "Ben", "Chloé", "More", "Next session", "Play", "Messages"]
    assert reached == [*wanted, "/start", "Subscribe", "Ask", "Slow", "Commands", "Send a file", "Message", "Send"]
    assert all(rings), [name for name, ring in zip(reached, rings, strict=True) if not ring]


async def test_the_skip_link_leads_to_the_field(page):
    await begin(page)
    await page.evaluate("document.body.tabIndex = -1, document.body.focus()")
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_be_focused()


async def test_the_focus_stays_with_a_message_whose_button_was_pressed(page):
    await begin(page)
    await page.keyboard.type("/alerts ")
    await page.keyboard.press("Enter")
    await page.locator(f"{LAST} button", has_text="Delete 1").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(f"{LAST} .text")).to_have_text("2. left")
    await expect(page.get_by_role("button", name="Delete 2")).to_be_focused()


async def test_the_menu_opens_blocks_and_closes(page):
    await begin(page)
    await page.locator("#more").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#block")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#more")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await expect(page.locator("#unblock")).to_be_visible()
