"""Django's cache on Redis, where there is one (``cache_config``)."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis.exceptions import RedisError


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
