"""Some dozens of events to a receiver that fails and dies; `make soak` posts ten thousand."""

from __future__ import annotations

from pathlib import Path

import pytest
from soak.webhook import soak

pytestmark = [pytest.mark.process, pytest.mark.timeout(500)]


def test_no_event_is_lost_and_each_repeat_carries_its_key(tmp_path: Path) -> None:
    done = soak(80, 40, 0.3, tmp_path)
    print(done.table())
    assert done.problems == [], done.problems[:5]
    assert done.keys == 80
    assert done.killed == 3
    assert done.failed > 8
    assert done.notes > 80  # some came twice
