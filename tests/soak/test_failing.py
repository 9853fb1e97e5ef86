"""Twenty seconds of a Telegram that fails; `make soak` does ten minutes."""

from __future__ import annotations

from pathlib import Path

import pytest
from soak.failing import soak

pytestmark = [pytest.mark.process, pytest.mark.timeout(500)]


def test_nothing_is_lost_while_requests_fail_at_random(tmp_path: Path) -> None:
    done = soak(1 / 3, 3, tmp_path)
    print(done.table())
    assert done.found.problems == [], done.found.problems[:5]
    assert done.told >= 200
    assert sum(done.failed_requests.values()) > 2
    assert set(done.states) == {"sent"}
