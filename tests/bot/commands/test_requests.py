"""What people type, in plain words, misspelt, in sentences: the answer of the real program to each of a table."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from support.program import Program
from support.telegram_people import Person, buttons, text

pytestmark = [pytest.mark.process, pytest.mark.timeout(900)]

REQUESTS = tomllib.loads((Path(__file__).parent / "requests.toml").read_text(encoding="utf-8"))["request"]


def wrong(rows: list[dict[str, Any]], wanted: dict[str, Any]) -> list[str]:
    """What the answer, which may be a picture and the text that follows it, lacks."""
    said, keys = "\n".join(map(text, rows)), buttons(rows[-1])
    lacks = [f"says {part!r}" for part in wanted["says"] if part.casefold() not in said.casefold()]
    if "button" in wanted and not any(key.startswith(wanted["button"]) for key in keys):
        lacks.append(f"button {wanted['button']!r} among {keys}")
    if wanted.get("picture") and not any("photo" in row["message"] for row in rows):
        lacks.append("a picture")
    return lacks


def test_what_people_type_gets_what_they_meant(program: Program, telegram: str, figures_of_two_days: None) -> None:
    program.start("run")
    ada = Person(telegram)
    failed: dict[str, list[str]] = {}
    for wanted in REQUESTS:
        before = len(ada.rows())
        try:
            ada.ask(wanted["typed"], wanted.get("answers", 1), 60)
        except AssertionError:
            failed[wanted["typed"]] = ["an answer"]
            if len(failed) > 5:
                break
            continue
        answer = [row for row in ada.rows()[before:] if row["from_bot"]]
        if lacks := wrong(answer, wanted):
            failed[wanted["typed"]] = [*lacks, *(text(row)[:200] for row in answer)]
    assert len(REQUESTS) >= 80
    assert not failed, "\n".join(f"{typed}: {lacks}" for typed, lacks in failed.items())
