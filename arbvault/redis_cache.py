"""What processes share beside the database: Django's cache, on Redis or in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ
from django.core.cache.backends import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis.exceptions import RedisError

TIMEOUT = 1.0  # seconds: what is in the cache is not worth a longer wait


def cache_config(*, cache_url: str, redis_url: str, folder: Path) -> dict[str, Any]:
    """The entry of ``CACHES``: what ``CACHE_URL`` says, else Redis, else files in ``folder``."""
    if cache_url:
        config: dict[str, Any] = environ.Env.cache_url_config(cache_url)
        return config
    if redis_url:
        return {
            "BACKEND": "arbvault.redis_cache.RedisCache",
            "LOCATION": redis_url,
            "KEY_PREFIX": "arbitragevault",
            "OPTIONS": {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT},
        }
    return {"BACKEND": "arbvault.file_cache.FileCache", "LOCATION": folder}


class RedisCache(redis.RedisCache):
    """Reads never fail: while Redis is away, nothing is in it.

    Writes raise ``RedisError``: who must not act twice would act again if they were called done.
    """

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value, or ``default``."""
        try:
            return super().get(key, default, version)
        except RedisError:
            return default

    def has_key(self, key: Any, version: int | None = None) -> bool:
        """Whether there is a value."""
        try:
            return bool(super().has_key(key, version))
        except RedisError:
            return False

    def touch(
        self, key: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Give a value a new time to live; whether it could be."""
        try:
            return bool(super().touch(key, timeout, version))
        except RedisError:
            return False
