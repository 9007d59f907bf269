from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO

import pytest
from django.core.management import call_command

from discovery.profiles.service import ensure_shipped_profiles


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left on the terminal."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("discover", "--json", …)`` is the command as typed in a terminal set to English."""
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")

    def typed(command: str, *arguments: str) -> Ran:
        out, err = StringIO(), StringIO()
        try:
            call_command(command, *arguments, stdout=out, stderr=err)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        else:
            code = 0
        return Ran(code, out.getvalue(), err.getvalue())

    return typed


@pytest.fixture
def shipped_profiles(transactional_db: None) -> None:
    """Prudent, Équilibré and Agressif, which every site has."""
    ensure_shipped_profiles()
