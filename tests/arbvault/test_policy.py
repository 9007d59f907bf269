from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from arbvault.middleware import LARGEST_BODY
from discovery.lists.reading.tables import MOST_BYTES

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


@pytest.mark.parametrize("address", ["/login/", "/listes/ajouter/", "/api/v1/products/discover"])
def test_what_is_far_too_large_is_refused_unread_whoever_sends_it(
    client: Client, address: str
) -> None:
    class Unread:
        def read(self, *_size: int) -> NoReturn:
            raise AssertionError("nobody may write this down")

        readline = read

    sent: dict[str, Any] = {"wsgi.input": Unread()}
    answer = client.generic(
        "POST",
        address,
        content_type="multipart/form-data; boundary=b",
        headers={"accept-language": "fr"},
        CONTENT_LENGTH=str(LARGEST_BODY + 1),
        **sent,
    )
    assert answer.status_code == 413
    assert "5 Mo" in answer.content.decode().replace("\xa0", " ").replace("\u202f", " ")
    assert "Permissions-Policy" in answer
    if address.startswith("/api/"):
        assert answer.json()["code"] == "too_large"


@pytest.mark.django_db
def test_what_is_a_little_too_large_is_refused_where_it_was_chosen(
    client_of: Callable[..., Any],
) -> None:
    file = SimpleUploadedFile("list.csv", b"x" * (MOST_BYTES + 1))
    answer = client_of("anne").post("/listes/ajouter/", {"file": file})
    assert answer.status_code == 413
    page = answer.content.decode()
    assert 'id="list-form"' in page
    assert "5 Mo au plus" in page
