"""Where a request comes from: which proxies are believed, and what counts as one address."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from django.http import HttpRequest

    Address = IPv4Address | IPv6Address
    Network = IPv4Network | IPv6Network

IPV6_PREFIX = 64  # bits; what a provider gives to one household, at least
LONGEST = 45  # characters of an address; the path of a Unix socket is cut
# What proxies tell of whom they speak for. From anybody else they are only claims.
CLAIMS = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
)


def client_address(request: HttpRequest) -> str:
    """Who asked: an IPv4 or IPv6 address, never a trusted proxy's if it told for whom it asks.

    ``arbvault.middleware.ProxyMiddleware`` has put it there. Empty where there is none: on a Unix
    socket.
    """
    return request.META.get("REMOTE_ADDR") or ""


def counted_address(request: HttpRequest) -> str:
    """``client_address`` as limits count it: an IPv6 address stands for its /64 network."""
    text = client_address(request)
    address = _address(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), IPV6_PREFIX), strict=False))
    return text[:LONGEST]


def believe_proxies(meta: dict[str, Any], *, trusted: Sequence[Network]) -> None:
    """Make ``REMOTE_ADDR`` of a WSGI environment the client's, and forget what nobody may claim.

    The list in ``X-Forwarded-For`` grows to the right, so it is walked from there: each entry is
    believed only as long as the one who added it is trusted.
    """
    address = _address(meta.get("REMOTE_ADDR", ""))
    if address is None or not _is_trusted(address, trusted):
        for claim in CLAIMS:
            meta.pop(claim, None)
    else:
        for entry in reversed(meta.pop("HTTP_X_FORWARDED_FOR", "").split(",")):
            told = _address(entry)
            if told is None:
                break
            address = told
            if not _is_trusted(address, trusted):
                break
    if address is not None:
        meta["REMOTE_ADDR"] = str(address)


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


@lru_cache(maxsize=4096)  # of the proxies, and of busy clients
def _address(text: str) -> Address | None:
    """The address in one entry, which some proxies write with a port; ``None`` for another text."""
    text = text.strip()
    if text.startswith("["):  # [2001:db8::1]:4711
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # 192.0.2.1:4711
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))  # without its zone
    return address
