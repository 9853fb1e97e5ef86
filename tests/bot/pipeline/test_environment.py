"""What the machine around a refresh gets wrong: a cache that cannot be written, a proxy that nobody is at."""

from __future__ import annotations

import json

import pytest
from support.program import Program

pytestmark = pytest.mark.process


def test_a_first_refresh_without_cache_and_network_says_so_and_goes_on(program: Program) -> None:
    (program.folder / "file").write_text("no folder")
    proxy = "http://ada:secret@127.0.0.1:9"
    program.settings |= {"MARKET": "yahoo", "CACHE_PATH": str(program.folder / "file" / "cache")}
    program.settings |= {"ALL_PROXY": proxy, "HTTPS_PROXY": proxy, "https_proxy": proxy}
    ran = program.run("refresh", "--session", "2025-08-19", "--json")
    (outcome,) = json.loads(ran.stdout)
    assert (outcome["figures"], outcome["fired"]) == (0, 0)
    assert {lack.split(" (")[0] for lack in outcome["lacking"]} >= {"fund closes", "census", "economic series"}
    assert "Not a directory; a temporary folder is used" in ran.stderr
    assert "Name a folder that this program may write to" in ran.stderr
    assert "the connection failed" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "secret" not in ran.stderr + ran.stdout
