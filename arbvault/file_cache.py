"""Django's cache of files, of which a full or read-only disk takes the writing only."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache


class FileCache(FileBasedCache):
    """Reads never fail: what cannot be read, or has expired and cannot be removed, is not there.

    Writes raise ``OSError``: who must not act twice would act again if they were said to be done.
    """

    def __init__(self, dir: str, params: dict[str, Any]) -> None:
        with suppress(OSError):  # the folder cannot be made: the last thing done, a write says so
            super().__init__(dir, params)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value, or ``default``."""
        try:
            return super().get(key, default, version)
        except OSError:
            return default

    def has_key(self, key: Any, version: int | None = None) -> bool:
        """Whether there is a value."""
        try:
            return bool(super().has_key(key, version))
        except OSError:
            return False

    def touch(
        self, key: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Give a value a new time to live; whether it could be."""
        try:
            return bool(super().touch(key, timeout, version))
        except OSError:
            return False
