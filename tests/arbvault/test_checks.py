from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from django.core.checks import run_checks

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


def ids() -> set[str | None]:
    """What our own checks find (the tags are theirs alone)."""
    return {
        message.id
        for message in run_checks(
            tags=["hosting", "keepa", "queue", "sign_in"], include_deployment_checks=True
        )
    }


@pytest.fixture(autouse=True)
def a_sound_site(settings: Settings) -> None:
    settings.KEEPA_SANDBOX = False
    settings.KEEPA_BASE_URL = "https://api.keepa.com"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache"}
    }


def test_a_sound_site_has_nothing_to_say() -> None:
    assert ids() == set()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"retry": 900, "timeout": 1200}, "arbvault.E001"),
        ({"max_attempts": 0}, "arbvault.E002"),
        ({"ack_failures": False}, "arbvault.E002"),
        ({"catch_up": True}, "arbvault.E003"),
    ],
)
def test_a_queue_that_could_pay_twice_is_an_error(
    settings: Settings, change: dict[str, Any], expected: str
) -> None:
    settings.Q_CLUSTER = settings.Q_CLUSTER | change
    assert ids() == {expected}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("KEEPA_BASE_URL", "http://proxy.example", "arbvault.E004"),
        ("KEEPA_SANDBOX", True, "arbvault.I001"),
        ("ALLOWED_HOSTS", ["*"], "arbvault.W003"),
        ("TRUSTED_PROXIES", [ip_network("0.0.0.0/0")], "arbvault.W006"),
        (
            "CACHES",
            {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}},
            "arbvault.W004",
        ),
    ],
)
def test_a_doubtful_setting_is_named(
    settings: Settings, name: str, value: Any, expected: str
) -> None:
    setattr(settings, name, value)
    assert ids() == {expected}


def test_debug_on_an_open_network_is_a_warning(settings: Settings) -> None:
    settings.HOST, settings.DEBUG = "0.0.0.0", True  # noqa: S104
    assert ids() == {"arbvault.W002"}


def test_alerts_without_a_mail_server_are_a_warning(settings: Settings) -> None:
    settings.ALERT_EMAILS = ["anne@example.com"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert ids() == {"arbvault.W005"}


SSO = {
    "OIDC_DISCOVERY_URL": "https://id.example",
    "OIDC_CLIENT_ID": "vault",
    "OIDC_CLIENT_SECRET": "secret",
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"LOCAL_LOGIN": False}, {"arbvault.E007"}),
        (SSO | {"LOCAL_LOGIN": False}, set()),
        (SSO | {"OIDC_DISCOVERY_URL": "http://id.example"}, {"arbvault.E005"}),
        (SSO | {"OIDC_DISCOVERY_URL": "http://localhost:8080"}, set()),
        (SSO | {"OIDC_CLIENT_SECRET": ""}, {"arbvault.E006"}),
        ({"MFA": "required", "SITE_ADDRESS": "https://vault.example"}, set()),
        ({"MFA": "optional", "SITE_ADDRESS": "http://vault.example"}, {"arbvault.W008"}),
        (SSO | {"MFA": "optional", "LOCAL_LOGIN": False}, {"arbvault.W007"}),
    ],
)
def test_sign_in_settings_that_contradict_each_other_are_named(
    settings: Settings, given: dict[str, Any], expected: set[str]
) -> None:
    for name, value in given.items():
        setattr(settings, name, value)
    assert ids() == expected
