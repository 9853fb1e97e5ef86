"""Inline mode over the real program: what `@bot WORDS` offers in any chat."""

from __future__ import annotations

from typing import Any

import pytest
from support.program import Program, until
from support.telegram_people import Person
from support.web import web

pytestmark = pytest.mark.process


def offered(telegram: str, text: str) -> list[dict[str, Any]]:
    """The results for a query, once they are there."""
    asked = web.post(f"{telegram}/_local/inline", json={"person": 1002, "text": text}).json()["id"]
    look = lambda: web.get(f"{telegram}/_local/inline", params={"id": asked}).json()  # noqa: E731
    results: list[dict[str, Any]] = until(lambda: (found := look())["results"] is not None and found)["results"]
    return results


def test_words_offer_their_figures_with_a_chart_that_telegram_has(
    program: Program, telegram: str, figures_of_two_days: None
) -> None:
    program.start("run")
    ada = Person(telegram)
    refused = web.post(f"{telegram}/_local/inline", json={"person": 1002, "text": "iwm/spy"})
    assert "inline mode is off" in refused.json()["error"]
    web.post(f"{telegram}/_local/inline", json={"on": True})
    first = offered(telegram, "iwm/spy")[0]
    assert (first["type"], first["id"]) == ("article", "size.ratio")
    assert "20 Aug 2025" in first["input_message_content"]["message_text"]
    assert ada.ask("small above 200d")["message"]["photo"]
    first = offered(telegram, "small above 200d")[0]
    assert (first["type"], first["id"]) == ("photo", "breadth.above_200d.small")
    assert "20 Aug 2025" in first["caption"]
    assert first["photo_file_id"]
    assert len(offered(telegram, "")) >= 2
    assert offered(telegram, "xyzzy plugh") == []
