"""Looks the pinned versions up among known vulnerabilities; ends with 1 where one has any.

Where the index of packages does not answer, it says so and ends with 0: that must not keep anybody from working.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CONSTRAINTS = Path(__file__).parent.parent / "constraints.txt"
SECONDS = 180


def main() -> int:
    """The exit status."""
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", str(CONSTRAINTS), "--no-deps", "--disable-pip",
        "--format", "json", "--progress-spinner", "off",
    ]  # fmt: skip
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        found = json.loads(ran.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        print("pinned versions: not looked up, the index of packages does not answer")
        return 0
    unknown = [one["name"] for one in found if "skip_reason" in one]
    affected = [one for one in found if one.get("vulns")]
    for one in affected:
        fixed = sorted({version for flaw in one["vulns"] for version in flaw["fix_versions"]})
        names = ", ".join(flaw["id"] for flaw in one["vulns"])
        print(f"{one['name']} {one['version']}: {names}; fixed in {', '.join(fixed) or 'no version yet'}")
    print(f"pinned versions: {len(found) - len(unknown)} looked up, {len(unknown)} not, {len(affected)} with flaws")
    return 1 if affected else 0


if __name__ == "__main__":
    sys.exit(main())
