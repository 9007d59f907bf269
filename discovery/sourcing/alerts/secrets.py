"""Addresses of channels hold credentials: they are stored sealed, and opened only to be sent to.

The key comes from ``SECRET_KEY``. While ``SECRET_KEY_FALLBACKS`` names former ones, what they have
sealed still opens, and is sealed anew when it is next used; after that it has to be entered again.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

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
    return _fernet(settings.SECRET_KEY).encrypt(told.encode())


def opened(sealed: bytes | memoryview) -> Secret:
    """What was sealed. Raises ``Unreadable``."""
    keys = [_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    try:
        told = json.loads(MultiFernet(keys).decrypt(bytes(sealed)))
    except InvalidToken:
        raise Unreadable from None
    return Secret(address=told["address"], shown=told["shown"])


def is_of_former_key(sealed: bytes | memoryview) -> bool:
    """Whether only a former key opens it."""
    try:
        _fernet(settings.SECRET_KEY).decrypt(bytes(sealed))
    except InvalidToken:
        return True
    return False


@lru_cache(maxsize=8)
def _fernet(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
