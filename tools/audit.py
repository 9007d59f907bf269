"""Is any package we ship known to be vulnerable? What cannot be looked up is a failure, not a pass.

    python -m tools.audit            requirements.txt, and what these packages need
    python -m tools.audit --known    what is installed; fails for a vulnerability alone

Both want the network. The first exits 1 for a vulnerability, for a package nobody could tell about,
and when there is no answer at all; the second, made for continuous integration, says what could not
be looked up and goes on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 90  # seconds
INSTALLED = (
    "-m",
    "pip_audit",
    "--local",
    "--format",
    "json",
    "--progress-spinner",
    "off",
    "--timeout",
    "5",
)
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


def known_faults(answer: str) -> tuple[list[str], int, int]:
    """The vulnerabilities in pip-audit's JSON; how many packages were looked up, how many not."""
    try:
        packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return [], 0, 0
    skipped = sum("skip_reason" in package for package in packages)
    return (
        [fault for fault in faults_of(answer) if " is vulnerable: " in fault],
        len(packages) - skipped,
        skipped,
    )


def audit_installed() -> int:
    """0, unless a package that is installed is known to be vulnerable."""
    try:
        done = subprocess.run(
            [sys.executable, *INSTALLED],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        faults, asked, skipped = known_faults(done.stdout)
    except subprocess.TimeoutExpired:
        faults, asked, skipped = [], 0, 0
    for fault in faults:
        print(fault)
    if not asked:
        print("Audit: NOT AUDITED, nobody answered. `make audit` elsewhere tells.")
    else:
        unknown = f" NOT AUDITED: {skipped} others." if skipped else ""
        print(f"Audit: {asked} packages looked up, {len(faults)} known to be vulnerable.{unknown}")
    return 1 if faults else 0


def main() -> int:
    if "--known" in sys.argv[1:]:
        return audit_installed()
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
