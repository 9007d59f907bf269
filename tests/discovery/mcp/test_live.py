"""The library's own client against the site as it is run for real, by the example of the guide."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from discovery.models import Run, Scope
from discovery.runs.worker import work_on
from tests.discovery.mcp.conftest import Agent, spent
from tests.processes import START_SECONDS, web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("profiles")]

EXAMPLE = Path(settings.BASE_DIR) / "docs" / "examples" / "mcp_client.py"


def said_by_example(url: str, token: str, mode: str) -> str:
    """What the script prints; meanwhile the runs it starts are worked on here."""
    with subprocess.Popen(
        [sys.executable, str(EXAMPLE), f"{url}/mcp", "--mode", mode],
        env={"ARBITRAGEVAULT_TOKEN": token, "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as script:
        deadline = time.monotonic() + START_SECONDS
        while script.poll() is None and time.monotonic() < deadline:
            for run in Run.objects.filter(state=Run.State.QUEUED):
                work_on(run_id=run.pk)
            try:
                script.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                continue
        script.kill()
        assert script.stdout is not None
        said = script.stdout.read()
    assert script.returncode == 0, said
    return said


def test_a_client_searches_for_its_user_and_then_for_nothing(
    keepa: Any, live_keepa: Any, tmp_path: Path
) -> None:
    anne = Agent(User.objects.create_user("anne"), [Scope.READ, Scope.SEARCH])
    with web_server(var=tmp_path, DEBUG="true", KEEPA_BASE_URL=live_keepa.url) as url:
        said = said_by_example(url, anne.token, "auto")
        assert "12 tools: find_niches" in said
        assert "It costs" in said
        assert "done" in said
        assert Run.objects.get().owner == anne.user
        paid = spent()
        assert paid > 0
        # The handshake of earlier versions; all is known by now.
        again = said_by_example(url, anne.token, "legacy")
        assert "It costs" not in again
        assert again.splitlines()[-5:] == said.splitlines()[-5:]
        assert spent() == paid
