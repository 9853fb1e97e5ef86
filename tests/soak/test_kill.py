"""Six kills of the real bot at random moments; `make soak` does two hundred."""

from __future__ import annotations

from pathlib import Path

import pytest
from soak.kill import run

pytestmark = [pytest.mark.process, pytest.mark.timeout(900)]


def test_nothing_is_lost_and_every_repeat_is_marked(tmp_path: Path) -> None:
    found = run(6, 7, tmp_path)
    print(found.table())
    assert found.problems == [], found.problems[:5]
    assert found.messages > 120
    assert found.kills["sending"] + found.kills["waiting"] > 0
    assert found.in_hand > 0
