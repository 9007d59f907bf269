"""Keys for what is stored encrypted, made from ``SECRET_KEY``; one for each purpose.

While ``SECRET_KEY_FALLBACKS`` names former ones, what they have sealed still opens.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def fernets(purpose: bytes) -> MultiFernet:
    """Encrypts with the present key, and decrypts with it or a former one."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([fernet(key, purpose) for key in keys])


@lru_cache(maxsize=16)
def fernet(key: str, purpose: bytes) -> Fernet:
    """The cipher of one secret key for one purpose."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
