"""Whose word is believed about where a request comes from."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from arbvault.middleware import ProxyMiddleware
from discovery.accounts.addresses import CLAIMS, believe_proxies, client_address, counted_address

LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1")]
CHAIN = [*LOOPBACK, ip_network("10.0.0.0/8")]


def seen_as(peer: str, told: str | None, trusted: Any = LOOPBACK) -> str:
    meta = {"REMOTE_ADDR": peer} | ({} if told is None else {"HTTP_X_FORWARDED_FOR": told})
    believe_proxies(meta, trusted=trusted)
    return meta["REMOTE_ADDR"]


@pytest.mark.parametrize(
    ("peer", "told", "client"),
    [
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", " 192.0.2.7:4711 ", "192.0.2.7"),
        ("127.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:127.0.0.1", "::ffff:192.0.2.7", "192.0.2.7"),
        # What the client wrote itself stands to the left of what the proxy added.
        ("127.0.0.1", "198.51.100.1, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "127.0.0.1, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.1, nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", None, "127.0.0.1"),
    ],
)
def test_a_trusted_proxy_tells_for_whom_it_asks(peer: str, told: str, client: str) -> None:
    assert seen_as(peer, told) == client


@pytest.mark.parametrize("told", ["192.0.2.7", "127.0.0.1", "10.0.0.1, 127.0.0.1", None])
def test_nobody_else_is_believed(told: str | None) -> None:
    assert seen_as("203.0.113.9", told) == "203.0.113.9"
    assert seen_as("127.0.0.1", told, trusted=[]) == "127.0.0.1"


def test_a_chain_is_believed_as_far_as_it_is_trusted() -> None:
    assert seen_as("127.0.0.1", "198.51.100.1, 192.0.2.7, 10.0.0.3", CHAIN) == "192.0.2.7"
    assert seen_as("127.0.0.1", "198.51.100.1, 192.0.2.7, 10.0.0.3") == "10.0.0.3"
    assert seen_as("127.0.0.1", "10.0.0.4, 10.0.0.3", CHAIN) == "10.0.0.4"


@pytest.mark.parametrize(("peer", "secure"), [("127.0.0.1", True), ("203.0.113.9", False)])
def test_the_scheme_is_believed_from_the_same_alone(
    settings: Any, rf: RequestFactory, peer: str, secure: bool
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = rf.get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-Proto": "https"})
    ProxyMiddleware(lambda _request: HttpResponse())(request)
    assert request.is_secure() is secure


def test_what_a_stranger_claims_is_forgotten() -> None:
    meta = dict.fromkeys(CLAIMS, "127.0.0.1") | {"REMOTE_ADDR": "203.0.113.9"}
    believe_proxies(meta, trusted=LOOPBACK)
    assert meta == {"REMOTE_ADDR": "203.0.113.9"}


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_a_household_counts_as_one_address(rf: RequestFactory, address: str, counted: str) -> None:
    request = rf.get("/", REMOTE_ADDR=address)
    assert counted_address(request) == counted
    assert client_address(request) == address
