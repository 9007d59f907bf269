"""What processes share beside the database: Django's cache, on Redis or in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ

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
