"""What takes long to load is loaded by who needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.conf import settings
from django.urls import reverse

from tests.processes import environment

PROGRAM = """
import sys, django
django.setup()
from django.test import Client, RequestFactory
from django.urls import reverse
from arbvault.errors import not_found
reverse("dashboard"), reverse("mcp"), Client().get("/healthz")
not_found(RequestFactory().get("/nothing-there/"), Exception())
before = "discovery.api" in sys.modules
Client().get("/api/v1/tokens")
print(before, "discovery.api" in sys.modules)
"""


# The child counts a caller it refuses, which nothing here takes back.
@pytest.mark.django_db(transaction=True)
def test_pages_and_their_errors_do_without_the_api() -> None:
    told = environment(
        DJANGO_SETTINGS_MODULE="arbvault.settings", ALLOWED_HOSTS="testserver", DEBUG="true"
    )
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=told,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.split(), done.returncode) == (["False", "True"], 0), done.stderr


def test_addresses_of_the_api_are_written_and_found_as_any_other() -> None:
    run = "12345678-1234-5678-1234-567812345678"
    assert reverse("api:get_run", args=[run]) == f"/api/v1/runs/{run}"
    assert reverse("api:discover") == "/api/v1/products/discover"
