"""Which addresses lie inside: this machine, its networks, whatever is not on the open internet.

Pure but for ``addresses_of``, which asks the resolver.
"""

from __future__ import annotations

import ipaddress
import socket

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
COMPATIBLE = ipaddress.IPv6Network("::/96")  # an IPv4 address behind zeros, of no use today


class UnknownHost(Exception):
    """Nobody knows this name."""


def is_inside(text: str) -> bool:
    """Whether a numeric address lies inside; what is no address is taken to.

    IPv6 that carries an IPv4 address (mapped, 6to4, Teredo, NAT64) is judged by that one too.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return True
    if not _is_public(address):
        return True
    if isinstance(address, ipaddress.IPv4Address):
        return False
    return any(not _is_public(inner) for inner in _carried(address))


def addresses_of(host: str) -> frozenset[str]:
    """Every address the name stands for now; decimal and hexadecimal forms are such names.

    Raises ``UnknownHost``.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnknownHost from None
    return frozenset(str(entry[4][0]) for entry in found)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address in NAT64):
        return True  # said by what it carries
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or address.is_loopback
        or address.is_link_local
    )


def _carried(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64 or address in COMPATIBLE:
        carried.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return [inner for inner in carried if inner is not None]
