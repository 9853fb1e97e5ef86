"""Background tasks of the service: none ends in silence."""

from __future__ import annotations

import asyncio

import pytest

from bot.app import kept_running


class Final(Exception):
    """An error that ends the program."""


async def test_what_an_error_ends_is_said_and_started_again(caplog: pytest.LogCaptureFixture) -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs < 4:
            raise ValueError(f"run {runs}")

    await kept_running("delivery", work, pause=0.001)
    assert runs == 4
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        f"delivery was ended by an error; it is started again in {pause:g} s" for pause in (0.001, 0.002, 0.004)
    ]
    assert "ValueError: run 3" in caplog.text


async def test_what_is_final_goes_through_and_what_is_cancelled_ends() -> None:
    async def refused() -> None:
        raise Final

    with pytest.raises(Final):
        await kept_running("polling", refused, final=(Final,), pause=0.001)
    waiting = asyncio.create_task(kept_running("clock", asyncio.Event().wait))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
