"""All benches one after the other, each in a process of its own, in one table.

    python -m bench [--runs 5] [--json]

What a bench measures and how it is run by itself stands at the top of its file; docs/performance.md explains the lines.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from bench.table import Line, arguments, show

ROOT = Path(__file__).resolve().parent.parent
BENCHES = (
    ("start",), ("metrics",), ("charts",), ("transport",), ("delivery",), ("broadcast",), ("broadcast", "--paced"),
    ("rules",),
)  # fmt: skip


def main() -> None:
    """Run, and print the table; a bench that fails ends it with its error."""
    given = arguments(__doc__).parse_args()
    lines: list[Line] = []
    for name, *options in BENCHES:
        began = time.monotonic()
        command = [sys.executable, "-m", f"bench.{name}", *options, "--json", "--runs", str(given.runs)]
        out = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
        lines += map(Line.from_json, json.loads(out))
        print(f"{' '.join((name, *options))}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    show(lines, as_json=given.json)


if __name__ == "__main__":
    main()
