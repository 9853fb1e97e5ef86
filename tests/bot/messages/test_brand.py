"""The operator's name and disclaimer in what is sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.brand import NAME, NO_ADVICE, set_brand
from bot.messages import groups, help
from bot.settings import WrongSetting, read_settings


@pytest.fixture
def brand() -> Iterator[None]:
    set_brand("Smith & Daughters", "Ask <your> adviser.")
    yield
    set_brand(NAME, NO_ADVICE)


@pytest.mark.usefixtures("brand")
def test_the_operators_words_stand_in_place_of_ours() -> None:
    text = help.start(simulated=False)
    assert text.startswith("<b>Smith &amp; Daughters</b>")
    assert text.endswith("<i>Ask &lt;your&gt; adviser.</i>")
    assert NO_ADVICE not in text
    assert groups.greeting(0).startswith("Smith &amp; Daughters: ")


def test_an_empty_name_is_refused_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAND_NAME", "")
    with pytest.raises(WrongSetting, match=r"^BRAND_NAME=: .*; use 1 to 64 characters"):
        read_settings()
