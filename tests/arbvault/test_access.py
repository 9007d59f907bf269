"""Deny by default, checked for every address there is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

# Ways to sign in that are 404 until they are configured (tests/discovery/accounts/).
SIGN_IN = {
    "/connexion/cle/",
    "/connexion/deuxieme-etape/",
    "/connexion/oidc/",
    "/connexion/oidc/retour/",
    "/connexion/secours/x/x/",
}
OPEN = {
    "/admin/login/",
    "/api/v1/",  # nothing there: 404
    *SIGN_IN,
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


@pytest.mark.parametrize("address", sorted(SIGN_IN))
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_way_to_sign_in_is_there_before_it_is_configured(
    client: Client, address: str, method: str
) -> None:
    assert getattr(client, method)(address).status_code in {404, 405}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/mon-compte/securite/", "/mon-compte/securite/cle/"])
def test_what_is_switched_on_is_shut_to_strangers(
    client: Client, settings: Any, address: str
) -> None:
    settings.MFA = "required"
    for ask in (client.get, client.post):
        assert is_login(ask(address)["Location"])


@pytest.mark.django_db
@pytest.mark.parametrize("local_login", [True, False])
def test_ways_to_sign_in_that_are_switched_on_open_nothing_by_themselves(
    client: Client, settings: Any, local_login: bool
) -> None:
    settings.MFA, settings.LOCAL_LOGIN = "required", local_login
    settings.OIDC_DISCOVERY_URL = "http://127.0.0.1:9"  # nobody answers there
    for address in SIGN_IN:
        for ask in (client.get, client.post):
            ask(address)
            assert is_login(client.get("/mon-compte/")["Location"])


def is_login(location: str) -> bool:
    return location.startswith(("/login/?next=", "/admin/login/?next="))


def test_the_walk_found_the_pages() -> None:
    assert {"/", "/admin/", *OPEN} <= set(ADDRESSES)
