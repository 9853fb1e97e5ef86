"""What the tests of delivery share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.post import Post, posted


@pytest.fixture
async def post(path: Path) -> AsyncIterator[Post]:
    """A local Telegram where Ada and Ben have written to the bot, and a new database."""
    async with posted(path) as made:
        yield made
