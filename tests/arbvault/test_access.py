"""Deny by default, checked for every address there is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

OPEN = {
    "/admin/login/",
    "/api/v1/",  # nothing there: 404
    "/healthz",
    "/i18n/setlang/",
    "/login/",
    "/logout/",
    "/mot-de-passe/choisir/x/x/",
    "/mot-de-passe/oublie/",
    "/mot-de-passe/oublie/envoye/",
    "/readyz",
}
# For programs: they hear 401, and no page of a sign-in.
PROGRAMS = ("/api/", "/mcp")
SAMPLES = {"int": "1", "uuid": "12345678-1234-5678-1234-567812345678"}


def addresses(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    for entry in resolver.url_patterns:
        path = prefix + sample(entry)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, path)
        else:
            yield path


def sample(entry: URLPattern | URLResolver) -> str:
    """A path that the entry's pattern accepts."""
    text = str(entry.pattern)
    if isinstance(entry.pattern, RoutePattern):
        return re.sub(r"<(?:(\w+):)?\w+>", lambda m: SAMPLES.get(m[1] or "str", "x"), text)
    return re.sub(r"\(\?P<\w+>[^)]*\)", "x", text).strip("^$").replace("\\Z", "")


ADDRESSES = sorted(set(addresses(get_resolver())))
GUARDED = [address for address in ADDRESSES if address not in OPEN]


@pytest.mark.django_db
@pytest.mark.parametrize("address", GUARDED)
def test_a_stranger_gets_nowhere(client: Client, address: str) -> None:
    response = client.get(address)
    if address == "/metrics":
        assert response.status_code == 401
    elif address.startswith(PROGRAMS):
        # 405: only other methods exist here, and each of them asks who calls.
        assert response.status_code in {401, 405} or is_login(response.get("Location", ""))
    else:
        assert response.status_code == 302
        assert is_login(response["Location"])


def is_login(location: str) -> bool:
    return location.startswith(("/login/?next=", "/admin/login/?next="))


def test_the_walk_found_the_pages() -> None:
    assert {"/", "/admin/", *OPEN} <= set(ADDRESSES)
