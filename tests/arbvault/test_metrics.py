"""What Prometheus is told, and who may read it."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from prometheus_client.parser import text_string_to_metric_families

from discovery.accounts.api_tokens import create_api_token
from discovery.models import ApiToken

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings


def told(answer: Any) -> dict[str, float]:
    """Every sample of an answer, by its name."""
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_stranger_reads_nothing(client: Client) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 401
    assert "Bearer" in answer["WWW-Authenticate"]


@pytest.mark.django_db
def test_networks_that_are_named_read_without_a_token(client: Client, settings: Settings) -> None:
    settings.METRICS_ALLOW = [ip_network("127.0.0.0/8")]
    samples = told(client.get("/metrics"))
    assert samples["arbitragevault_queue_workers"] == 0
    client.get("/healthz")
    counted = told(client.get("/metrics"))
    assert counted["arbitragevault_django_http_responses_total_by_status_view_method_total"] >= 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("is_superuser", "scopes", "status"),
    [
        (True, ["read", "search", "admin"], 200),
        (True, ["read", "search"], 403),
        (False, ["admin"], 403),
    ],
)
def test_a_token_of_an_administrator_with_the_scope_reads(
    client: Client, is_superuser: bool, scopes: list[str], status: int
) -> None:
    user = User.objects.create_user("ada", is_superuser=is_superuser)
    token, text = create_api_token(user=user)
    ApiToken.objects.filter(pk=token.pk).update(scopes=scopes)
    answer = client.get("/metrics", headers={"authorization": f"Bearer {text}"})
    assert answer.status_code == status


@pytest.mark.django_db
def test_a_wrong_token_is_counted_like_elsewhere(client: Client, settings: Settings) -> None:
    settings.API_RATE_REFUSED = 1
    wrong = {"authorization": "Bearer arb_wrong"}
    assert client.get("/metrics", headers=wrong).status_code == 401
    limited = client.get("/metrics", headers=wrong)
    assert (limited.status_code, int(limited["Retry-After"]) > 0) == (429, True)


def test_metrics_can_be_turned_off(client: Client, settings: Settings) -> None:
    settings.METRICS = False
    assert client.get("/metrics").status_code == 404


@pytest.mark.django_db
def test_strangers_cannot_fill_the_memory_with_methods_of_their_own(
    client: Client, settings: Settings
) -> None:
    settings.METRICS_ALLOW = [ip_network("127.0.0.0/8")]
    for method in ("BREW", "PROPFIND"):
        client.generic(method, "/healthz")
    text = client.get("/metrics").text
    assert 'method="other"' in text
    assert "BREW" not in text
