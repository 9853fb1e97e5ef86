"""Telegram over HTTP: polling, paced delivery of the outbox, retries."""
