"""What the doctor says of a database and of the disk below it: one line a thing, with the cure."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path

from sqlite_utils import Database

from bot.reports.health import Health
from storage import statistics
from storage.backup import backups_in

MB = 1_000_000
_LITTLE_DISK, _NO_DISK = 1000 * MB, 100 * MB
_OLD_BACKUP, _VERY_OLD_BACKUP = timedelta(hours=26), timedelta(hours=72)
_SLOW_OUTBOX, _STUCK_OUTBOX = timedelta(minutes=10), timedelta(hours=1)
_GIVEN_UP_LATELY = timedelta(days=3)
_LOW_COVERAGE, _POOR_COVERAGE = 0.9, 0.5


class State(IntEnum):
    """What a check found; the number is the command's exit status."""

    OK = 0
    WARN = 1
    FAIL = 2


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. cure: what to do, "" where nothing is to be done."""

    name: str
    state: State
    says: str
    cure: str = ""


def integrity(db: Database, path: Path) -> Check:
    """Whether the file is sound, and its size."""
    if found := statistics.damage(db):
        return Check(
            "database", State.FAIL, f"{path} is damaged: {found[0]}",
            "stop the bot, keep a copy of the file, then: rotation-alerts restore BACK-UP",
        )  # fmt: skip
    held = statistics.size(path)
    return Check("database", State.OK, f"{path}: sound, {held / MB:,.1f} MB")


def disk(path: Path) -> Check:
    """Free space where the database lies."""
    free = shutil.disk_usage(path.resolve().parent).free
    says = f"{free / MB:,.0f} MB free in {path.resolve().parent}"
    needed = 2 * statistics.size(path)
    if free < _NO_DISK:
        return Check("disk", State.FAIL, says, "free some space: the next session may not be recorded")
    if free < max(_LITTLE_DISK, needed):
        return Check("disk", State.WARN, says, "free some space, or move the database to a larger disk")
    return Check("disk", State.OK, says)


def backup_age(folder: Path | None, now: datetime) -> Check:
    """How old the newest scheduled back-up is."""
    if folder is None:
        return Check("back-up", State.WARN, "the bot makes none", "set BACKUP_DIR to a folder on another disk")
    newest = next(iter(backups_in(folder)), None)
    if newest is None:
        return Check("back-up", State.WARN, f"none in {folder} yet", "run: rotation-alerts backup")
    age = now - newest.made_at
    says = f"{newest.path}, {age.total_seconds() / 3600:,.0f} hours old"
    state = State.FAIL if age > _VERY_OLD_BACKUP else State.WARN if age > _OLD_BACKUP else State.OK
    cure = "is the bot running? Its log says why it made none; run: rotation-alerts backup"
    return Check("back-up", state, says, "" if state is State.OK else cure)


def sessions(found: Health) -> Check:
    """Whether the last complete sessions are sealed."""
    if found.behind is None:
        return Check("sessions", State.WARN, "none is sealed yet", "start the bot, or run: rotation-alerts refresh")
    if found.behind:
        return Check(
            "sessions", State.FAIL if found.behind > 1 else State.WARN,
            f"{found.behind} behind: the last sealed one is {found.sealed}",
            "is the bot running? Its log says what is missing; run: rotation-alerts refresh",
        )  # fmt: skip
    lacking = [f"{one.session} lacks {one.lacking}" for one in found.sessions if one.lacking]
    if lacking:
        return Check("sessions", State.WARN, f"sealed up to {found.sealed}; {lacking[0]}", "see “sources” and the log")
    return Check("sessions", State.OK, f"sealed up to {found.sealed}")


def coverage(found: Health) -> Check:
    """How many companies and figures the last session has."""
    last = found.last
    if last is None or last.coverage is None:
        return Check("coverage", State.WARN, "no figures of a census yet", "run: rotation-alerts refresh")
    says = f"{last.coverage:.1%} of companies, {last.values} of {last.figures} figures on {last.session}"
    state = State.FAIL if last.coverage < _POOR_COVERAGE else State.WARN if last.coverage < _LOW_COVERAGE else State.OK
    cure = "a history that is being filled raises it by itself; else run: rotation-alerts backfill --from DATE"
    return Check("coverage", state, says, "" if state is State.OK else cure)


def sources(found: Health) -> Check:
    """Sources that the last refresh could not use."""
    if not found.failing:
        return Check("sources", State.OK, "none fails")
    worst = "; ".join(f"{one.source} since {one.since:%Y-%m-%d %H:%M} UTC: {one.why[:200]}" for one in found.failing)
    return Check("sources", State.WARN, worst, "it is tried again by itself; see the network's lines here")


def outbox(found: Health, now: datetime) -> Check:
    """What waits to be sent, for how long, and what was refused."""
    waits = found.backlog
    says = f"{waits.due:,} due, {waits.held:,} held for later, {found.messages.get('failed', 0):,} refused for good"
    if waits.oldest is None:
        return Check("outbox", State.OK, says)
    age = now - waits.oldest
    says += f"; the oldest waits for {age.total_seconds() / 60:,.0f} minutes"
    state = State.FAIL if age > _STUCK_OUTBOX else State.WARN if age > _SLOW_OUTBOX else State.OK
    cure = "is the bot running, and does Telegram answer? What waits is sent once both are so"
    return Check("outbox", state, says, "" if state is State.OK else cure)


def webhook_out(found: Health, now: datetime) -> list[Check]:
    """What waits to be posted to WEBHOOK_OUT_URL, and what was given up; nothing where nothing ever was.

    Nothing can be done about an event that was given up: the last days' are a warning, earlier ones are only counted.
    """
    posts = found.posts
    if posts.oldest is None and not posts.failed:
        return []
    says = f"{posts.open:,} events to post, {posts.failed:,} given up after a day"
    if posts.last_failed:
        says += f" (the last on {posts.last_failed:%Y-%m-%d %H:%M} UTC)"
    lately = posts.last_failed is not None and now - posts.last_failed < _GIVEN_UP_LATELY
    age = now - posts.oldest if posts.oldest else timedelta()
    if posts.oldest:
        says += f"; the oldest waits for {age.total_seconds() / 60:,.0f} minutes"
    state = State.FAIL if age > _STUCK_OUTBOX else State.WARN if age > _SLOW_OUTBOX or lately else State.OK
    cure = "is the receiver at WEBHOOK_OUT_URL running, and does it answer 2xx? The log says what it answers"
    if age <= _SLOW_OUTBOX:
        cure = (
            "what was given up is not posted again: the receiver lacks these events. The log says what it answered; "
            f"this warning ends {_GIVEN_UP_LATELY.days} days after the last one"
        )
    return [Check("webhook out", state, says, "" if state is State.OK else cure)]


def of_health(found: Health, now: datetime) -> list[Check]:
    """The checks of what a sound database says."""
    return [sessions(found), coverage(found), sources(found), outbox(found, now), *webhook_out(found, now)]
