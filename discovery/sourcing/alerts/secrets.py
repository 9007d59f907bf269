"""Addresses of channels hold credentials: they are stored sealed, and opened only to be sent to.

The key comes from ``SECRET_KEY``. While ``SECRET_KEY_FALLBACKS`` names former ones, what they have
sealed still opens, and is sealed anew when it is next used; after that it has to be entered again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from cryptography.fernet import InvalidToken
from django.conf import settings

from discovery.accounts.sealing import fernet, fernets

PURPOSE = b"arbitragevault alert channels"


class Unreadable(Exception):
    """Sealed with a key this site no longer has: the address has to be entered again."""

    code = "unreadable"


@dataclass(frozen=True, slots=True)
class Secret:
    """An address, and what may be shown of it."""

    address: str
    shown: str

    def __repr__(self) -> str:
        return f"Secret({self.shown})"


def seal(secret: Secret) -> bytes:
    """What is stored of it."""
    told = json.dumps({"address": secret.address, "shown": secret.shown})
    return fernet(settings.SECRET_KEY, PURPOSE).encrypt(told.encode())


def opened(sealed: bytes | memoryview) -> Secret:
    """What was sealed. Raises ``Unreadable``."""
    try:
        told = json.loads(fernets(PURPOSE).decrypt(bytes(sealed)))
    except InvalidToken:
        raise Unreadable from None
    return Secret(address=told["address"], shown=told["shown"])


def is_of_former_key(sealed: bytes | memoryview) -> bool:
    """Whether only a former key opens it."""
    try:
        fernet(settings.SECRET_KEY, PURPOSE).decrypt(bytes(sealed))
    except InvalidToken:
        return True
    return False
