from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client


def policy(response: Any) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


def test_pages_run_no_inline_script_and_load_none_from_elsewhere(client: Client) -> None:
    shown = policy(client.get("/healthz"))
    assert shown["default-src"] == "'none'"
    assert shown["script-src"] == "'self'"
    assert shown["style-src"] == "'self'"


@pytest.mark.parametrize("address", ["/healthz", "/login/", "/static/no/such.js"])
def test_no_page_may_use_the_camera_nor_the_place(client: Client, address: str) -> None:
    features = client.get(address)["Permissions-Policy"].split(", ")
    assert {"camera=()", "microphone=()", "geolocation=()", "payment=()", "usb=()"} <= {*features}
    assert all(re.fullmatch(r"[a-z-]+=\(\)", feature) for feature in features)


@pytest.mark.django_db
def test_only_the_admin_gets_the_freedom_its_theme_needs(client_of: Callable[..., Any]) -> None:
    shown = policy(client_of("anne", is_staff=True, is_superuser=True).get("/admin/"))
    assert shown["script-src"] == "'self' 'unsafe-eval'"
    assert shown["frame-ancestors"] == "'none'"
    assert shown["default-src"] == "'none'"
