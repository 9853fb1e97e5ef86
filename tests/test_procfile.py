"""The Procfile's processes, started by honcho as a host would start them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.program import TOKEN, Program

ROOT = Path(__file__).resolve().parent.parent
pytestmark = [pytest.mark.process, pytest.mark.timeout(200)]


@pytest.mark.parametrize(
    ("process", "said"),
    [
        ("worker", "TELEGRAM_BOT_TOKEN is not set"),
        ("web", "run --webhook needs WEBHOOK_URL and WEBHOOK_SECRET"),
    ],
)
def test_a_process_starts_and_names_the_setting_that_it_needs(program: Program, process: str, said: str) -> None:
    settings = {"TELEGRAM_BOT_TOKEN": TOKEN} if process == "web" else {}
    settings["PATH"] = f"{Path(sys.executable).parent}:{program.environment['PATH']}"
    ran = subprocess.run(
        [sys.executable, "-m", "honcho", "--procfile", str(ROOT / "Procfile"), "--app-root", str(program.folder),
         "start", process],
        cwd=program.folder, env=program.environment | settings, capture_output=True, text=True, timeout=100,
        check=False,
    )  # fmt: skip
    assert said in ran.stdout + ran.stderr
    assert ran.returncode == 2
