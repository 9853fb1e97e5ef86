"""Groups, topics and channels: each step of a table over the real program and the local Bot API."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from support.places import Places
from support.program import Program

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

STEPS = tomllib.loads((Path(__file__).parent / "groups.toml").read_text(encoding="utf-8"))["step"]


def test_who_may_what_and_where_it_comes(program: Program, telegram: str, figures_of_two_days: None) -> None:
    program.start("run")
    places = Places(telegram, program.folder / "rotation.db")
    failed = []
    for number, row in enumerate(STEPS, start=1):
        try:
            lacks = places.wrong(row)
        except (AssertionError, StopIteration) as error:
            lacks = [f"{type(error).__name__} {error}"]
        if lacks:
            failed.append(f"step {number} {row.get('why', '')} {row}: {lacks}")
            if len(failed) > 7:
                break
    assert not failed, "\n".join(failed) + program.logs()[-2000:]
    assert len([row for row in STEPS if "gets" in row or "note" in row]) >= 60
