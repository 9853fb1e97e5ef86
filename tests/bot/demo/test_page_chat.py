"""The chat page in a browser: what a person reads, types and presses."""

import asyncio
import re

import pytest

pytest.importorskip("playwright.async_api", reason="playwright is not installed: pip install playwright")
from playwright.async_api import expect

from bot.demo.page import chat_page
from bot.emulator import start

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ADA, BEN = 1001, 1002
LAST = "#log article.theirs:last-of-type"


async def say(page, text):
    await page.fill("#text", text)
    await page.press("#text", "Enter")


async def begin(page):
    """Start the chat."""
    await page.click("#start")
    await expect(page.locator("#log article.theirs")).to_have_count(1)


async def test_an_empty_chat_begins_with_its_start_button(page):
    await expect(page.locator("#notice")).to_have_text("Local chat on this machine. The market is simulated.")
    await expect(page.locator("#form")).to_be_hidden()
    await page.click("#start")
    await expect(page.locator("#log article.mine .text")).to_have_text("/start")
    await expect(page.locator("#log article.theirs strong")).to_have_text("Rotation alerts")
    await expect(page.locator("#text")).to_be_focused()
    await expect(page.locator("#log .date")).to_have_text("Today")


async def test_every_entity_is_shown_and_a_tag_typed_by_a_person_stays_text(page):
    await begin(page)
    await say(page, "/format")
    text = page.locator(f"{LAST} .text")
    await expect(text.locator("strong em")).to_have_text("both")
    for selector, words in {
        "strong": "bold both", "u": "under", "s": "struck", "code": "/alert a > b", "blockquote": "said",
        "pre[data-language=python]": "x = 1", "a[rel='noopener noreferrer']": "a link", ".command": "/alerts",
    }.items():  # fmt: skip
        await expect(text.locator(selector)).to_have_text(words)
    assert (await text.text_content()).startswith("😀 bold both")
    await expect(text.locator(".spoiler")).to_have_css("color", "rgba(0, 0, 0, 0)")
    await text.locator(".spoiler").click()
    await expect(text.locator(".spoiler")).not_to_have_css("color", "rgba(0, 0, 0, 0)")
    await text.locator(".command").click()
    await expect(page.locator(f"{LAST} .text")).to_have_text("1. first\n2. second")
    await say(page, "<b>no</b> <img src=x onerror=alert(1)>")
    await expect(page.locator(f"{LAST} .text")).to_have_text("You said: <b>no</b> <img src=x onerror=alert(1)>")
    await expect(page.locator("#log article:last-of-type .text :is(b, strong, img)")).to_have_count(0)


async def test_a_file_is_sent_by_the_paper_clip_by_pasting_and_by_dropping_it(page):
    await begin(page)
    content = "date,close\n2025-07-30,1.5\n"
    mine = page.locator("#log article.mine .document")
    await page.fill("#text", "/import closes")
    await page.set_input_files("#file", {"name": "closes.csv", "mimeType": "text/csv", "buffer": content.encode()})
    await expect(mine).to_have_text(["closes.csv · 1 KB"])
    await expect(page.locator("#log article.mine:last-of-type .text")).to_have_text("/import closes")
    await expect(page.locator("#text")).to_have_value("")
    for at, kind in enumerate(("paste", "drop"), start=2):
        await page.evaluate(
            """([kind, content]) => {
                const carried = new DataTransfer();
                carried.items.add(new File([content], `${kind}.csv`));
                const field = kind === "drop" ? "dataTransfer" : "clipboardData";
                const event = new (kind === "drop" ? DragEvent : ClipboardEvent)(kind, {
                    [field]: carried, bubbles: true, cancelable: true });
                document.getElementById("text").dispatchEvent(event);
            }""",
            [kind, content],
        )  # fmt: skip
        await expect(mine).to_have_count(at)
        await expect(mine.last).to_have_text(f"{kind}.csv · 1 KB")
    async with page.expect_download() as started:
        await mine.first.click()
    assert (await (await started.value).path()).read_text() == content


async def test_a_tap_on_code_copies_it(chat):
    page = await chat.window(permissions=["clipboard-read", "clipboard-write"])
    await begin(page)
    await say(page, "/format")
    await page.locator(f"{LAST} code").click()
    await expect(page.locator("#toast")).to_have_text("Copied")
    assert await page.evaluate("navigator.clipboard.readText()") == "/alert a > b"


async def test_a_button_waits_until_it_is_answered_with_a_toast(chat, page):
    await begin(page)
    await page.get_by_role("button", name="Subscribe").click()
    await expect(page.locator("#toast")).to_have_text("Subscribed")
    slow = page.get_by_role("button", name="Slow")
    await slow.click()
    await expect(slow).to_have_attribute("aria-busy", "true")
    chat.application.bot_data["gate"].set()
    await expect(page.locator("#toast")).to_have_text("At last")
    await expect(slow).not_to_have_attribute("aria-busy", "true")


async def test_an_alert_waits_for_its_ok(page):
    await begin(page)
    await page.get_by_role("button", name="Ask").click()
    await expect(page.locator("#alert")).to_contain_text("Really?")
    await page.get_by_role("button", name="OK").click()
    await expect(page.locator("#alert")).to_be_hidden()


async def test_an_edit_is_marked_and_a_deleted_message_vanishes(page):
    await begin(page)
    await say(page, "/alerts")
    await page.get_by_role("button", name="Delete 1").click()
    await expect(page.locator(f"{LAST} .text")).to_have_text("2. left")
    await expect(page.locator(f"{LAST} .meta")).to_contain_text("edited")
    await expect(page.get_by_role("button", name="Delete 1")).to_have_count(0)
    await say(page, "/vanish")
    await expect(page.locator("#log").get_by_text("not for long", exact=True)).to_have_count(1)
    await expect(page.locator("#log").get_by_text("not for long", exact=True)).to_have_count(0)


async def test_a_reply_shows_what_it_answers_and_jumps_there(page):
    await begin(page)
    await say(page, "/reply")
    await expect(page.locator(f"{LAST} .quoted")).to_have_text("Ada/reply")
    await say(page, "/many 12")
    await expect(page.locator("#log").get_by_text("line 11")).to_be_visible()
    strip = page.locator("#log article.theirs .quoted")
    target = page.locator("#log article.mine", has_text="/reply")
    await page.evaluate("document.querySelector('#log').scrollTop = document.querySelector('#m4').offsetTop")
    await strip.click()
    await expect(target).to_have_class(re.compile("flash"))
    await expect(target).to_be_in_viewport()


async def test_a_person_replies_to_a_message(page):
    await begin(page)
    await page.hover(LAST)
    await page.locator(f"{LAST} .reply").click()
    await expect(page.locator("#replying-name")).to_have_text("Rotation Alerts")
    await say(page, "thanks")
    await expect(page.locator("#log article.mine .quoted")).to_contain_text("Rotation alerts Hello.")
    await expect(page.locator("#replying")).to_be_hidden()


async def test_a_picture_is_announced_loaded_and_enlarged(chat, page):
    await begin(page)
    drawn = chat.application.bot_data["drawn"]
    drawn.clear()
    await say(page, "/summary")
    await expect(page.locator("#doing.busy")).to_have_text("sending a picture")
    drawn.set()
    image = page.locator(f"{LAST} img")
    await expect(image).to_have_attribute("alt", "Picture: Small caps lead")
    await expect(page.locator("#doing")).to_have_text("bot")
    await image.evaluate("image => image.decode()")
    assert await image.evaluate("image => image.naturalWidth") == 900
    # Not blank: more than one colour, drawn from what the browser has decoded.
    colours = await image.evaluate(
        "image => { const canvas = new OffscreenCanvas(90, 60), brush = canvas.getContext('2d');"
        " brush.drawImage(image, 0, 0, 90, 60);"
        " return new Set(new Uint32Array(brush.getImageData(0, 0, 90, 60).data.buffer)).size }"
    )
    assert colours > 10
    await image.click()
    await expect(page.locator("#picture-large")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#picture-large")).to_be_hidden()


async def test_another_person_has_a_chat_of_their_own_and_a_badge(chat, page):
    await begin(page)
    chat.local.world.private_chat(BEN)
    for text in ("one", "two"):
        await chat.application.bot.send_message(BEN, text)
    ben = page.locator(f".person[data-id='{BEN}']")
    await expect(ben.locator(".badge")).to_have_text("2")
    await expect(page).to_have_title("(2) Rotation Alerts – local chat")
    await ben.click()
    await expect(page.locator("#log article")).to_have_count(2)
    await expect(page.locator(".unread-mark")).to_have_count(1)
    await expect(ben.locator(".badge")).to_have_count(0)
    await expect(page).to_have_title("Rotation Alerts – local chat")


async def test_who_looks_back_is_told_how_much_is_new(chat, page):
    await begin(page)
    await say(page, "/many 12")
    await expect(page.locator("#log").get_by_text("line 11")).to_be_in_viewport()
    await page.evaluate("document.querySelector('#log').scrollTop = 0")
    await expect(page.locator("#pill")).to_have_text("↓ To the newest")
    await chat.application.bot.send_message(ADA, "news")
    await expect(page.locator("#pill")).to_have_text("↓ 1 new message")
    await expect(page.locator("#log").get_by_text("news", exact=True)).not_to_be_in_viewport()
    await page.click("#pill")
    await expect(page.locator("#log").get_by_text("news", exact=True)).to_be_in_viewport()
    await expect(page.locator("#pill")).to_be_hidden()


async def test_a_reload_keeps_the_chat_the_person_and_the_draft(chat, page):
    await page.click(f".person[data-id='{BEN}']")
    await begin(page)
    await page.fill("#text", "half a thou")
    await page.reload()
    await expect(page.locator("#log article")).to_have_count(2)
    await expect(page.locator(f".person[data-id='{BEN}']")).to_have_attribute("aria-current", "true")
    await expect(page.locator("#text")).to_have_value("half a thou")


async def test_a_second_window_is_in_step(chat, page):
    second = await chat.window()
    await begin(page)
    await expect(second.locator("#log article")).to_have_count(2)
    await say(second, "from the second")
    await expect(page.locator(f"{LAST} .text")).to_have_text("You said: from the second")


async def test_blocking_takes_the_field_away_and_unblocking_gives_it_back(chat, page):
    await begin(page)
    await page.click("#more")
    await page.click("#block")
    await expect(page.locator("#unblock")).to_be_visible()
    await expect(page.locator("#text")).to_be_hidden()
    assert chat.local.world.chats[ADA].bot_status == "kicked"
    await page.click("#unblock")
    await expect(page.locator("#text")).to_be_visible()


async def test_the_page_comes_back_when_the_server_does(chat):
    local = await start(0, extend=chat_page(None, ""))
    context = await chat.browser.new_context()
    page = await context.new_page()
    await page.goto(local.address)
    await expect(page.locator("#doing")).to_have_text("bot")
    await local.stop()
    await expect(page.locator("#doing")).to_have_text("reconnecting…")
    again = await start(local.port, extend=chat_page(None, "Begun anew."))
    await expect(page.locator("#doing")).to_have_text("bot", timeout=60_000)
    await expect(page.locator("#notice")).to_contain_text("Begun anew.")
    await context.close()
    await again.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_at_360_px_nothing_scrolls_sideways(chat, scheme):
    page = await chat.window(360, 740, color_scheme=scheme, has_touch=True, is_mobile=True)
    await begin(page)
    for line in ("/format", "/summary", "/alerts", "a" * 300):
        await say(page, line)
        await expect(page.locator("#log article.mine").last).to_contain_text(line)
    await asyncio.sleep(0.5)
    await page.fill("#text", "/al")
    await page.tap("#fold")
    await page.fill("#text", "/al")
    await expect(page.locator("#chart svg")).to_be_visible()
    wide = await page.evaluate(
        "[...document.querySelectorAll('body, main, header, #clock, #log, #log article, footer, #commands')]"
        ".filter(box => box.scrollWidth > box.clientWidth + 1 || box.getBoundingClientRect().right > innerWidth + 1)"
        ".map(box => box.id || box.tagName)"
    )
    assert wide == []
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
