"""Twenty processes ask the same question at the same moment."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from discovery.models import DiscoveryLease, TokenLedgerEntry
from tests.processes import environment

ASKERS = 20
# Forked after Django is up, so that all of them really ask at once.
SCRIPT = """
import json, os, sys
import django
django.setup()
from django.db import connection
from discovery.search.request import read_filters
from discovery.search.results import Asker
from discovery.search.discover import discover

connection.close()
go, start = os.pipe()
children = []
for _ in range(int(sys.argv[1])):
    said, say = os.pipe()
    if os.fork() == 0:
        os.close(start)
        os.read(go, 1)
        filters = read_filters(
            {"marketplace": "us", "categories": ["Books"], "bsr_range": [10_000, 50_000]}
        )
        found = discover(filters=filters, max_results=50, asker=Asker(source="api"))
        os.write(say, json.dumps([found.tokens_spent, list(found.asins)]).encode())
        os._exit(0)
    os.close(say)
    children.append(said)
os.close(start)
print(json.dumps([json.loads(open(said).read() or "null") for said in children]))
"""


@pytest.mark.django_db(transaction=True)
def test_twenty_processes_make_one_call_and_get_one_answer(live_keepa: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(ASKERS)],
        env=environment(KEEPA_BASE_URL=live_keepa.url),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert len(answers) == ASKERS
    assert all(answer[1] == answers[0][1] != [] for answer in answers)
    assert TokenLedgerEntry.objects.filter(endpoint="query").count() == 1
    assert sum(answer[0] for answer in answers) == live_keepa.app.charged_total
    assert not DiscoveryLease.objects.exists()
