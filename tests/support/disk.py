"""A disk that is full for a while."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

ONE_PAGE = 16384  # bytes of a page of the database: a frame of the WAL is longer


@contextmanager
def full_disk() -> Iterator[None]:
    """Refuse every write of this process beyond the first page of a file, so that no COMMIT succeeds."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ONE_PAGE, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
