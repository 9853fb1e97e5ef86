"""Digests of six weeks around each change of the clocks; `make soak` does two years."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from soak.digests import run

pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize("first", [date(2025, 3, 3), date(2025, 9, 29)], ids=["spring", "autumn"])
def test_none_is_missed_doubled_or_in_a_wrong_topic(tmp_path: Path, first: date) -> None:
    found = run(first, 6, 60, tmp_path)
    print(found.table())
    assert found.problems == [], found.problems[:5]
    assert found.sent > 500
    assert found.skipped > 50
