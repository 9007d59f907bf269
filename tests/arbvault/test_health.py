from __future__ import annotations

import pytest
from django.test import Client


def test_the_process_answers_without_a_database(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_readiness_asks_the_database(client: Client) -> None:
    assert client.get("/readyz").content == b"ok\n"
