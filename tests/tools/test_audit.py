"""An audit that could not ask is no all-clear."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.audit import faults_of, known_faults

SOUND = {"name": "django", "version": "5.2.19", "vulns": []}
SKIPPED = {
    "name": "httpx",
    "skip_reason": "Dependency not found on PyPI and could not be audited: httpx (0.28.1)",
}
VULNERABLE = {
    "name": "granian",
    "version": "2.8.7",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["2.8.8"], "aliases": [], "description": ""}],
}


def answer(*packages: Any) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_all_looked_up_and_sound_is_no_fault() -> None:
    assert faults_of(answer(SOUND)) == []


def test_a_package_that_could_not_be_looked_up_is_a_fault() -> None:
    [fault] = faults_of(answer(SOUND, SKIPPED))
    assert fault.startswith("httpx could not be looked up")


def test_a_vulnerability_is_named_with_its_cure() -> None:
    [fault] = faults_of(answer(VULNERABLE, SOUND))
    assert fault == "granian 2.8.7 is vulnerable: PYSEC-2026-1, fixed in 2.8.8"


@pytest.mark.parametrize("nothing", ["", "Traceback …", "[]", "{}", answer()])
def test_no_answer_is_a_fault(nothing: str) -> None:
    assert len(faults_of(nothing)) == 1


def test_where_not_all_can_be_asked_only_what_is_known_counts() -> None:
    faults, asked, skipped = known_faults(answer(VULNERABLE, SOUND, SKIPPED))
    assert faults == ["granian 2.8.7 is vulnerable: PYSEC-2026-1, fixed in 2.8.8"]
    assert (asked, skipped) == (2, 1)


@pytest.mark.parametrize("nothing", ["", "Traceback …", "[]", "{}"])
def test_without_an_answer_nothing_counts_as_looked_up(nothing: str) -> None:
    assert known_faults(nothing) == ([], 0, 0)
