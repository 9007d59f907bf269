"""Addresses to listen on: whether they can be used, and what to do when not."""

from __future__ import annotations

import hashlib
import os
import socket
from contextlib import suppress
from pathlib import Path

import httpx


class PortUnusable(Exception):
    """An address cannot be served on; the message says why and what to do about it."""


def require_free_port(host: str, port: int) -> None:
    """Raise PortUnusable, with what to do, when the address cannot be served on."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        socket.create_server(address, family=family).close()
    except socket.gaierror:
        raise PortUnusable(f"HOST={host}: this name is not an address of this machine.") from None
    except PermissionError:
        raise PortUnusable(
            f"PORT={port}: not permitted to this user; choose one above 1023."
        ) from None
    except OSError as error:
        raise PortUnusable(
            f"Port {port} of {host} cannot be used ({os.strerror(error.errno or 0)}).\n"
            f"Stop what uses it, or choose another: PORT={port + 1} make run"
        ) from None


def free_port(wanted: int) -> int:
    """`wanted` on the loopback interface when it is free, else any that is."""
    for port in (wanted, 0):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)) as probe:
            return int(probe.getsockname()[1])
    raise PortUnusable("No free port on 127.0.0.1 for the Keepa sandbox.")


def sandbox_port(var: Path) -> int:
    """A port of this checkout's own, so that two checkouts run side by side.

    The supervisor leaves a note when it had to take another one.
    """
    with suppress(OSError, ValueError):
        return int((var / "sandbox-port").read_text())
    return 20000 + int.from_bytes(hashlib.sha256(os.fsencode(var)).digest()[:4]) % 10000


def address_of(host: str, port: int) -> str:
    """Where a browser on this machine finds what listens on `host`."""
    shown = {"0.0.0.0": "localhost", "::": "localhost", "": "localhost"}.get(host, host)  # noqa: S104 # nosec B104: only compared with
    return f"[{shown}]:{port}" if ":" in shown else f"{shown}:{port}"


def answers(url: str) -> bool:
    """Whether this address is served without a failure of the server."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False
