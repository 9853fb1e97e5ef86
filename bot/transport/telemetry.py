"""What this process counts for Prometheus: answers, messages, refreshes. Numbers alone, no chat and no text."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

PROCESS = CollectorRegistry()

ANSWER_SECONDS = Histogram(
    "rotation_answer_seconds",
    "From the receipt of a message or a pressed button to its answer.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
    registry=PROCESS,
)
SENDS = Counter("rotation_sends", "Messages of the outbox by what Telegram said.", ["outcome"], registry=PROCESS)
WEBHOOK_POSTS = Counter(
    "rotation_webhook_posts", "Posts to WEBHOOK_OUT_URL by what the receiver said.", ["outcome"], registry=PROCESS
)
COMMAND_SECONDS = Gauge(
    "rotation_command_seconds", "How long the last run of a console command took.", ["command"], registry=PROCESS
)
COMMANDS = Counter(
    "rotation_commands", "Console commands that the bot ran, by their exit status.", ["command", "status"],
    registry=PROCESS,
)  # fmt: skip
