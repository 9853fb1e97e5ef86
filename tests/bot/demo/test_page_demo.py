"""The demo as a person meets it: the real program in a process, its page in a browser, from /start to an alert.

With SCREENSHOTS=folder the pictures for the documentation are taken on the way (`make screenshots`).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.async_api", reason="playwright is not installed: pip install playwright")
from playwright.async_api import expect
from support.program import Program, until

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(900)]
in_browser = pytest.mark.asyncio(loop_scope="session")

THEIRS = "#log article.theirs"
LAST = f"{THEIRS}:last-of-type"
SCREENSHOTS = os.environ.get("SCREENSHOTS")


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a demo has kept that filled its market and set its first alerts, ended once while it did; made once."""
    program = Program(tmp_path_factory.mktemp("begun"))
    try:
        address = launch(program)
        until(lambda: b"filling the market" in asked(address), 200)
        stop(program)
        address = start(program)
        until(lambda: b"Alert 3 is set" in asked(address, "messages?chat=1001"), 120)
        stop(program)
    finally:
        program.started[-1].kill()
    return program.folder


@pytest.fixture
def demo(program: Program, begun: Path) -> Iterator[str]:
    """A demo that goes on where that one ended; the address of its page."""
    shutil.copytree(begun, program.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.log"))
    address = start(program)
    yield address
    stop(program)


def start(program: Program, *words: str) -> str:
    """Start a demo and wait until its market is filled; the address of its page."""
    address = launch(program, *words)
    until(lambda: b'"working": false' in asked(address) and b'"session": null' not in asked(address), 500)
    return address


def launch(program: Program, *words: str) -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program.start("demo", "--no-browser", "--port", str(port), *words, HISTORY_YEARS="0")
    return f"http://127.0.0.1:{port}"


def stop(program: Program) -> None:
    process = program.started[-1]
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0, program.logs()


def asked(address: str, route: str = "clock") -> bytes:
    try:
        with urllib.request.urlopen(f"{address}/_local/{route}", timeout=5) as answer:
            body: bytes = answer.read()
            return body.replace(b'":', b'": ').replace(b'":  ', b'": ')
    except OSError:
        return b""


async def window(browser: Any, address: str, width: int = 1280, scheme: str = "light") -> Any:
    context = await browser.new_context(viewport={"width": width, "height": 860}, color_scheme=scheme)
    context.set_default_timeout(60_000)
    page = await context.new_page()
    await page.goto(address)
    await page.wait_for_selector("#doing:has-text('bot')")
    return page


async def say(page: Any, text: str) -> Any:
    """Type a message, wait for what the bot says to it, and return it: its first message, where it has several."""
    before = await page.locator(THEIRS).count()
    await page.fill("#text", text)
    await page.press("#text", "Enter")
    answer = page.locator(THEIRS).nth(before)
    await expect(answer).to_be_visible(timeout=60_000)
    return answer


async def press(page: Any, button: str) -> None:
    """Press a button of the last message and wait for what the bot says to it."""
    before = await page.locator(THEIRS).count()
    await page.locator(f"{LAST} button", has_text=button).first.click()
    await expect(page.locator(THEIRS)).to_have_count(before + 1, timeout=60_000)


async def step(page: Any) -> None:
    """One session on."""
    session = await page.locator("#session").text_content()
    await page.click("#next")
    await expect(page.locator("#session")).not_to_have_text(session, timeout=60_000)


async def photograph(page: Any, name: str) -> None:
    if SCREENSHOTS:
        await page.wait_for_timeout(500)
        await page.screenshot(path=str(Path(SCREENSHOTS) / f"{name}.png"))


@in_browser
async def test_from_start_to_an_alert_that_arrives_by_itself(browser: Any, demo: str) -> None:
    page = await window(browser, demo)
    await expect(page.locator("#notice")).to_contain_text("simulated")
    await expect(page.locator("#session")).to_have_text("Thu 22 Jan 2026")
    await expect(page.locator("#log")).to_contain_text("Alert 3 is set", timeout=60_000)  # Ada has begun already
    await say(page, "/start")
    await page.locator(f"{LAST} button", has_text="Today's summary").click()
    picture = page.locator(f"{LAST} img").first
    await expect(picture).to_be_visible(timeout=60_000)
    await expect(page.locator(LAST)).to_contain_text("signs of rotation")
    size = await picture.evaluate("img => img.decode().then(() => [img.naturalWidth, img.naturalHeight])")
    assert size[0] >= 1000
    assert await picture.evaluate(COLOURS) > 20
    await photograph(page, "summary")

    await say(page, "/alert small above 200d crosses above 45")
    await expect(page.locator(LAST)).to_contain_text("Not set yet")
    await press(page, "Save")
    await expect(page.locator(LAST)).to_contain_text("Alert 4 is set")
    await step(page)
    await step(page)
    alert = page.locator(THEIRS, has_text="🔔").filter(has_text="IWM/SPY")
    await expect(alert).to_have_count(1, timeout=60_000)
    await expect(alert).to_contain_text("rose above its 200d average")
    await expect(alert).to_contain_text("simulated")
    await photograph(page, "alert")

    await say(page, "/alerts")
    await expect(page.locator(LAST)).to_contain_text("Your alerts, 4")
    await photograph(page, "alerts")
    await tap(page, "4", "Alert 4")
    await tap(page, "Delete", "Alert 4 is deleted")
    await tap(page, "Undo", "Alert 4 is back")
    await tap(page, "Open it", "small above 200d crosses above 45")
    await tap(page, "Delete", "Alert 4 is deleted")

    shown = await page.locator("#log article").count()
    await page.reload()
    await expect(page.locator("#log article")).to_have_count(shown)

    await page.locator("#people button", has_text="Ben").click()
    await expect(page.locator("#start")).to_be_visible()
    await page.click("#start")
    await expect(page.locator(LAST)).to_contain_text("Rotation alerts")
    await page.locator("#people button", has_text="Ada").click()
    await expect(page.locator("#log article")).to_have_count(shown)
    await page.context.close()
    for width in (360, 390, 1280):
        for scheme in ("light", "dark"):
            looked = await window(browser, demo, width, scheme)
            await expect(looked.locator("#log article")).to_have_count(shown)
            assert await looked.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await looked.locator(THEIRS, has_text="🔔").last.scroll_into_view_if_needed()
            if width != 360:
                await photograph(looked, f"chat-{width}-{scheme}")
            await looked.context.close()


@in_browser
async def test_an_alert_by_taps_alone(browser: Any, demo: str) -> None:
    page = await window(browser, demo, 390)
    await expect(page.locator("#log")).to_contain_text("Alert 3 is set", timeout=120_000)
    await say(page, "/alert")
    shown = await page.locator(THEIRS).count()
    await photograph(page, "editor-families")
    await tap(page, "Breadth", "Which figure?")
    await tap(page, "Small above 200d", "When shall I tell you?")
    await photograph(page, "editor-directions")
    await tap(page, "Rises through a level", "New alert, not set yet")
    await expect(page.locator(f"{LAST} img").first).to_be_visible(timeout=60_000)
    await photograph(page, "editor-level")
    await tap(page, "10th", "✓ 10th")
    await tap(page, "Save", "Alert 4 is set: small above 200d crosses above")
    await photograph(page, "editor-saved")
    await expect(page.locator(THEIRS)).to_have_count(shown)  # one message, edited in place

    await say(page, "/alert")
    for button, said in (
        ("Breadth", "Which figure?"),
        ("Small above 200d", "When shall I"),
        ("Rises through a level", "not set yet"),
    ):
        await tap(page, button, said)
    taps = 3 + await reach(page, 62.5)
    await tap(page, "More…", "Repeat")
    await photograph(page, "editor-options")
    await tap(page, "Add clear", "clear")
    taps += 2 + await reach(page, 58, "clear")
    await tap(page, "Save", "Alert 5 is set: small above 200d crosses above 62.5 clear 58")
    assert taps < 30

    await tap(page, "All alerts", "Your alerts, 5", new=True)
    await photograph(page, "alerts-390")
    await tap(page, "5", "62.5 clear 58")
    await tap(page, "Edit", "Alert 5, change not saved yet", new=True)
    await tap(page, "+ 63", "crosses above 63 clear 58.5")
    await tap(page, "Save", "Alert 5 is set: small above 200d crosses above 63 clear 58.5")
    await tap(page, "All alerts", "Your alerts, 5", new=True)
    await tap(page, "5", "63 clear 58.5")
    await tap(page, "Share", "t.me/", new=True)
    before = await page.locator(THEIRS).count()
    await page.locator(f"{LAST} .command", has_text="t.me/").click()  # whoever opens the link sees the preview
    await expect(page.locator(THEIRS)).to_have_count(before + 1, timeout=60_000)
    await expect(page.locator(LAST)).to_contain_text("You have this already (#5).")
    await say(page, "/thesis")
    await tap(page, "Alert me when this changes", "begins to hold", new=True)
    await photograph(page, "thesis-claims")
    await tap(page, "1", "changes: alert 6", new=True)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.context.close()


async def tap(page: Any, button: str, said: str, *, new: bool = False) -> None:
    """Tap a button under the last message, and wait for what that message says then, or the new one after it."""
    before, shown = await page.locator(THEIRS).count(), await page.locator(LAST).text_content()
    keys = page.locator(f"{LAST} button")
    texts = [one.strip() for one in await keys.all_inner_texts()]
    at = next(at for at, one in enumerate(texts) if one.startswith(button) or one.endswith(f" {button}"))
    # By its whole text: an edit may have moved the buttons since they were read.
    await keys.filter(has_text=re.compile(rf"^\s*{re.escape(texts[at])}\s*$")).first.click()
    if new:
        await expect(page.locator(THEIRS)).to_have_count(before + 1, timeout=60_000)
    else:  # the words may stand there before, beside other buttons
        await expect(page.locator(LAST)).not_to_have_text(shown, timeout=60_000)
    await expect(page.locator(LAST)).to_contain_text(said, timeout=60_000)


async def reach(page: Any, target: float, prefix: str = "") -> int:
    """Tap − and + until a level is the target; how many taps that took."""
    for taps in range(1, 40):
        texts = [one.strip() for one in await page.locator(f"{LAST} button").all_inner_texts()]
        moves = [one for one in texts if one.startswith(("−", "+")) and prefix in one]
        offered = {float(one.split()[-1].replace("−", "-")): one for one in moves}
        nearest = min(offered, key=lambda level: abs(level - target))
        await tap(page, offered[nearest], f"{'clear' if prefix else 'above'} {nearest:g}")
        if nearest == target:
            return taps
    raise AssertionError(f"{target} is not reached")


@in_browser
async def test_from_a_line_to_its_preview_its_alert_a_snooze_and_its_end(browser: Any, demo: str) -> None:
    page = await window(browser, demo)
    await expect(page.locator("#log")).to_contain_text("Alert 3 is set", timeout=60_000)
    await say(page, "small above 20d > 57")
    preview = page.locator(LAST)
    await expect(preview).to_contain_text("Not set yet: small above 20d > 57")
    await expect(preview).to_contain_text("it would have fired 37 times")
    picture = page.locator(f"{LAST} img").first
    await expect(picture).to_be_visible(timeout=60_000)
    assert await picture.evaluate(COLOURS) > 20
    await photograph(page, "preview")
    await press(page, "Save")
    await expect(page.locator(LAST)).to_contain_text("Alert 4 is set")

    await step(page)
    fired = page.locator(THEIRS, has_text="🔔").filter(has_text="Fri 23 Jan 2026 ·")
    await expect(fired).to_have_count(1, timeout=60_000)
    await expect(fired).to_contain_text("Small above 20d rose through 57 %")
    await photograph(page, "alert-with-buttons")
    await fired.locator("button", has_text="Why").click()
    await expect(page.locator(LAST)).to_contain_text("Last 10 observations", timeout=60_000)
    await expect(page.locator(LAST)).to_contain_text("State: firing since 23 Jan 2026")
    await photograph(page, "why")
    await fired.locator("button", has_text="Chart").click()
    await expect(page.locator(f"{LAST} img")).to_be_visible(timeout=60_000)
    before = await page.locator(THEIRS).count()
    await fired.locator("button", has_text="Snooze").click()
    await expect(page.locator(THEIRS)).to_have_count(before + 1, timeout=60_000)
    await page.locator(f"{LAST} button", has_text="Until it resolves").click()
    await expect(page.locator(LAST)).to_contain_text("Alert 4 is silent until it resolves", timeout=60_000)

    await step(page)
    await step(page)
    resolved = page.locator(THEIRS, has_text="Ended: back below 57 %")
    await expect(resolved).to_have_count(1, timeout=60_000)
    await expect(resolved).to_contain_text("after 2 trading days (highest 62")
    await photograph(page, "resolved")

    for theme in ("light", "dark"):
        await say(page, f"/theme {theme}")
        await expect(page.locator(LAST)).to_contain_text(f"Pictures are {theme} from now on")
        answer = await say(page, "/sectors")
        picture = answer.locator("img").first
        await expect(picture).to_be_visible(timeout=60_000)
        await expect(page.locator(THEIRS, has_text="Leading:").last).to_be_visible(timeout=60_000)
        corner = await picture.evaluate(CORNER)
        assert (sum(corner) > 600) is (theme == "light"), corner
        await picture.scroll_into_view_if_needed()
        await photograph(page, f"sectors-{theme}")
    await page.context.close()


#: How many different colours a picture shows: a blank one has a single one.
COLOURS = """img => { const canvas = document.createElement('canvas'); canvas.width = 200; canvas.height = 200;
  const pen = canvas.getContext('2d'); pen.drawImage(img, 0, 0, 200, 200);
  return new Set(new Uint32Array(pen.getImageData(0, 0, 200, 200).data.buffer)).size; }"""


#: Red, green and blue of a picture's corner: its background.
CORNER = """img => { const canvas = document.createElement('canvas'); canvas.width = canvas.height = 1;
  const pen = canvas.getContext('2d'); pen.drawImage(img, 0, 0, 4, 4, 0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3); }"""


@in_browser
async def test_stopping_and_starting_goes_on_where_it_was(browser: Any, demo: str, program: Program) -> None:
    page = await window(browser, demo)
    await expect(page.locator("#log")).to_contain_text("Alert 3 is set", timeout=60_000)
    await page.click("#next")
    await expect(page.locator("#session")).to_have_text("Fri 23 Jan 2026", timeout=60_000)
    shown = await page.locator("#log article").count()
    await page.context.close()
    stop(program)
    address = start(program)
    page = await window(browser, address)
    await expect(page.locator("#session")).to_have_text("Fri 23 Jan 2026", timeout=60_000)
    await expect(page.locator("#log article")).to_have_count(shown)
    await page.context.close()
    stop(program)
    address = start(program, "--fresh")
    page = await window(browser, address)
    await expect(page.locator("#session")).to_have_text("Thu 22 Jan 2026")
    await expect(page.locator("#log")).to_contain_text("Alert 3 is set", timeout=120_000)
    await page.context.close()


def test_a_port_in_use_is_named_with_the_cure(program: Program) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = program.run("demo", "--no-browser", "--port", str(port))
    assert ran.returncode == 2
    assert f"--port {port}" in ran.stderr
    assert f"--port {port + 1}" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def test_a_folder_that_is_not_there_is_named_with_the_cure(program: Program) -> None:
    ran = program.run("demo", "--no-browser", "--database", "nowhere/demo.db")
    assert ran.returncode == 2
    assert "nowhere" in ran.stderr
    assert "create it" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def test_without_a_browser_the_address_is_enough(program: Program) -> None:
    start_words = {"BROWSER": "", "DISPLAY": "", "PATH": os.environ["PATH"]}
    program.settings |= start_words
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program.start("demo", "--port", str(port))
    until(lambda: b"session" in asked(f"http://127.0.0.1:{port}"), 30)
    stop(program)
    assert f"http://127.0.0.1:{port}/" in program.logs()
    assert "Traceback" not in program.logs()


async def choose(page: Any, name: str) -> None:
    await page.locator(f"#people .person[aria-label^='{name}']").click()


@in_browser
async def test_a_group_is_set_up_and_hears_in_its_topic_and_a_channel_gets_a_digest(
    browser: Any, demo: str, program: Program
) -> None:
    page = await window(browser, demo)
    await choose(page, "Investors · General")
    await expect(page.locator(LAST)).to_contain_text("For administrators")

    await choose(page, "Investors · Alerts")
    await say(page, "/subscribe")
    await expect(page.locator(LAST)).to_contain_text("come into this topic")
    await photograph(page, "group")

    await choose(page, "Investors · General")
    await page.locator(f"{LAST} button", has_text="Set up").click()  # opens Ada's own chat
    await expect(page.locator(LAST)).to_contain_text("until you press Done", timeout=60_000)
    await say(page, "/alert small above 200d > 2 remind every 1 day")
    await press(page, "Save")
    await expect(page.locator(LAST)).to_contain_text("▸ Investors")
    saved = page.locator(THEIRS, has_text="Saved: small above 200d > 2 remind every 1 day").locator(".text")
    await expect(saved).to_contain_text("▸ Investors")
    assert (await saved.text_content()).count("▸") == 1
    await page.locator(f"{LAST} button", has_text="Alert now").click()
    await expect(page.locator(LAST)).to_contain_text("🔔", timeout=60_000)
    await photograph(page, "managing")
    await step(page)
    await choose(page, "Investors · Alerts")
    await expect(page.locator(LAST)).to_contain_text("small above 200d", timeout=60_000, ignore_case=True)
    await photograph(page, "topic")

    await choose(page, "Chloé")
    await page.click("#start")
    await expect(page.locator(THEIRS)).not_to_have_count(0, timeout=60_000)
    await say(page, "/groups")
    await press(page, "Rotation notes")
    await say(page, "/digest daily 7:30 Berlin")
    await expect(page.locator(LAST)).to_contain_text("▸ Rotation notes")
    with sqlite3.connect(program.folder / "rotation-demo.db", timeout=60) as db:  # it is due now
        db.execute("UPDATE digests SET due_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')")
    await choose(page, "Rotation notes")
    await expect(page.locator(THEIRS).first).to_contain_text("Digest:", timeout=120_000)
    await expect(page.locator(f"{THEIRS} .buttons")).to_have_count(0)
    await expect(page.locator(f"{THEIRS} img")).to_have_count(1)
    await photograph(page, "channel")
    await page.context.close()
