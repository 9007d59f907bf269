"""Is any package we ship known to be vulnerable? What cannot be looked up is a failure, not a pass.

    python -m tools.audit

Runs pip-audit over requirements.txt, and what these packages need; it wants the network. Exits 1
for a vulnerability, for a package nobody could tell about, and when there is no answer at all.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COMMAND = ("-m", "pip_audit", "--requirement", "requirements.txt", "--format", "json")


def faults_of(answer: str) -> list[str]:
    """What is wrong, one line each, in pip-audit's JSON; an answer that is none is a fault."""
    try:
        packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return ["pip-audit gave no answer: nothing was looked up."]
    faults = [
        f"{package['name']} could not be looked up: {package['skip_reason']}"
        for package in packages
        if "skip_reason" in package
    ]
    faults += [
        f"{package['name']} {package['version']} is vulnerable: {known['id']}, "
        f"fixed in {', '.join(known['fix_versions']) or 'no version yet'}"
        for package in packages
        for known in package.get("vulns", ())
    ]
    return faults if packages else ["pip-audit looked at no package."]


def main() -> int:
    # Its complaints and its progress go straight to the terminal.
    done = subprocess.run(
        [sys.executable, *COMMAND], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    faults = faults_of(done.stdout)
    for fault in faults:
        print(fault)
    if faults:
        print("Audit: this is not the all-clear.")
        return 1
    if done.returncode:
        print(f"Audit: pip-audit ended with code {done.returncode}. This is not the all-clear.")
        return 1
    print("Audit: every package was looked up, none is known to be vulnerable.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
