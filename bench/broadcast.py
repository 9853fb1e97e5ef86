"""A broadcast beside people who ask: messages a second with all bookkeeping, and how long an answer takes meanwhile.

    python -m bench.broadcast [--messages 20000] [--rate 1000]   50 chats asking /summary once a second
    python -m bench.broadcast --paced [--messages 300]           30 a second, where the limits are enforced

The bot and the local Bot API are processes of their own. Messages count once they are marked sent, which they are on
the server's answer alone; a sample looks, meanwhile, that no more are marked than the server has stored. Answers to
people leave within the same pace, so what a second brings is both.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from soak.kill import Bench  # noqa: E402

from bench.table import NO_AIM, Aim, arguments, line, show  # noqa: E402
from storage import chats, outbox  # noqa: E402
from storage.backup import back_up  # noqa: E402
from storage.database import open_database, writing  # noqa: E402

TEXT = (
    "🔔 <b>Fri 22 Aug 2025</b>\n\n<b>Small above 200d crossed above 60 %</b>\n<b>64.3 %</b> · 55.3 % on 21 Aug 2025 "
    "(+9.0 pp)\n88th percentile of 410 sessions · 1,508/1,508 companies · Yahoo Finance\n"
    "Alert 1: <code>small above 200d crosses above 60</code>"
)
ASKING = range(9001, 9051)
KEPT, TRIES, AHEAD = (
    "of the pace kept",
    "most tries for one (1: no 429)",
    "marked sent before the server had it",
)
MIDDLE, LATE = "answer to /summary meanwhile, p50", "answer to /summary meanwhile, p99"
#: Of each figure of a run its unit and its aim.
AIMS = {
    KEPT: ("%", Aim(at_least=99)),
    TRIES: ("", Aim(at_most=1)),
    AHEAD: ("", Aim(at_most=0)),
    MIDDLE: ("ms", Aim(at_most=10)),
    LATE: ("ms", Aim(at_most=60)),
}


def main() -> None:
    """Run, and print the figures."""
    asked = arguments(__doc__)
    asked.add_argument("--messages", type=int)
    asked.add_argument("--rate", type=float, default=1000.0)
    asked.add_argument("--paced", action="store_true")
    given = asked.parse_args()
    rate = 30.0 if given.paced else given.rate
    messages = given.messages or (300 if given.paced else 20_000)
    found: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as kept:
        figures = Path(kept) / "figures.db"
        for _ in range(given.runs):
            with tempfile.TemporaryDirectory() as folder:
                bench = Bench(Path(folder))
                bench.environment["MESSAGES_PER_SECOND"] = f"{rate:g}"
                try:
                    fill(bench, figures)
                    found.append(run(bench, messages, rate, paced=given.paced))
                finally:
                    bench.close()
    named = f"{messages:,} messages at {rate:g}/s"
    aims = AIMS | ({KEPT: ("%", NO_AIM)} if given.paced else {})
    show(
        [line(f"{named}: {name}", aims[name][0], [row[name] for row in found], aims[name][1]) for name in found[0]],
        as_json=given.json,
    )


def fill(bench: Bench, figures: Path) -> None:
    """A database with figures that /summary answers with: copied from `figures`, which the first run makes."""
    if figures.exists():
        shutil.copyfile(figures, bench.database)
        return
    for words in (("refresh",), ("backfill", "--from", "2026-08-03")):
        assert bench.start("-m", "bot", *words).wait() == 0
    back_up(bench.database, figures)


def run(bench: Bench, messages: int, rate: float, *, paced: bool) -> dict[str, float]:
    """One broadcast; what it came to, by name."""
    people = [person["id"] for person in bench.ask("people", {"first_name": "P", "count": messages, "started": True})]
    for chat in ASKING:
        bench.ask("people", {"first_name": "Q", "id": chat, "started": True})
    db = open_database(bench.database)
    now = datetime.now(UTC)
    with writing(db):
        for chat in people:
            chats.subscribe(db, chat, now)
    bot = bench.bot()
    _answer(bench, ASKING[0], 30.0)  # draws and uploads the picture: from then on it goes by its id
    if paced:
        bench.ask("pace", {"on": True})
    with writing(db):
        for chat in people:
            outbox.enqueue(db, now.date(), "alert", [outbox.Outgoing(chat, [TEXT])], now)
    questions: list[tuple[int, float]] = []
    stop = threading.Event()
    since = bench.ask("log?since=0")[-1]["number"]
    if not paced:
        threading.Thread(target=_ask, args=(bench, questions, stop), daemon=True).start()
    ahead = _until_sent(bench, messages)
    stop.set()
    time.sleep(1.0)
    waited = _waited(bench, questions, since)
    first, last, tries = db.conn.execute(
        "SELECT min(julianday(sent_at)), max(julianday(sent_at)), max(attempts) FROM outbox"
    ).fetchone()
    seconds = (last - first) * 86400
    during = len(waited)
    found = {
        KEPT: 100 * (messages - 1 + during) / seconds / rate,
        TRIES: float(tries),
        AHEAD: float(ahead),
    }
    if waited:
        found |= {
            MIDDLE: 1000 * median(waited),
            LATE: 1000 * quantiles(waited, n=100)[98],
        }
    bot.terminate()
    bot.wait(30)
    db.close()
    return found


def _until_sent(bench: Bench, messages: int) -> int:
    """Wait for the last; the most messages seen marked sent that the server did not have yet."""
    ahead = 0
    with sqlite3.connect(bench.database, timeout=30) as db:
        while True:
            marked = db.execute("SELECT count(*) FROM outbox WHERE state = 'sent'").fetchone()[0]
            stored = bench.ask("calls").get("sendMessage", 0)
            ahead = max(ahead, marked - stored)
            if marked == messages:
                return ahead
            time.sleep(0.5)


def _ask(bench: Bench, asked: list[tuple[int, float]], stop: threading.Event) -> None:
    """Fifty chats, each asking once a second."""
    while not stop.is_set():
        began = time.monotonic()
        for at, chat in enumerate(ASKING):
            if stop.is_set():
                return
            time.sleep(max(0.0, began + at / len(ASKING) - time.monotonic()))
            asked.append((chat, time.time()))
            bench.ask("say", {"person": chat, "text": "/summary"})
        time.sleep(max(0.0, began + 1.0 - time.monotonic()))


def _waited(bench: Bench, asked: list[tuple[int, float]], since: int) -> list[float]:
    """Seconds from each question to its picture, by the server's log; a chat's answers come in the order it asked."""
    answers: dict[int, list[float]] = {}
    for row in bench.ask(f"log?since={since}"):
        if row["method"] == "sendPhoto":
            answers.setdefault(row["chat_id"], []).append(row["time"])
    found = []
    for chat, moment in asked:
        if answers.get(chat):
            found.append(answers[chat].pop(0) - moment)
    return found


def _answer(bench: Bench, chat: int, seconds: float) -> None:
    """Ask /summary and wait for the picture."""
    bench.ask("say", {"person": chat, "text": "/summary"})
    end = time.monotonic() + seconds
    while not any(row["message"].get("photo") for row in bench.ask(f"messages?chat={chat}")):
        assert time.monotonic() < end, "no answer"
        time.sleep(0.05)


if __name__ == "__main__":
    main()
