"""The site's settings, made deterministic: nothing of the developer's environment leaks in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VAR = Path(__file__).resolve().parent.parent / "var" / "test"

_KEPT = {
    name: os.environ[name]
    for name in ("API_EXAMPLES", "DATABASE_URL", "KEEPA_SAMPLES")
    if name in os.environ
}
for _name in list(os.environ):
    if _name.startswith(
        ("API_", "KEEPA_", "ARBVAULT_", "DATABASE_", "CACHE_", "OIDC_", "REDIS_", "SIGN_IN_")
    ) or _name in {
        "ALLOWED_HOSTS",
        "ALERT_EMAILS",
        "ALERTS_ALLOW_PRIVATE_ADDRESSES",
        "CSRF_TRUSTED_ORIGINS",
        "DEBUG",
        "DISCOVERY_PAGE_SIZE",
        "DISCOVERY_TTL",
        "EMAIL_URL",
        "HISTORY_GATHERED",
        "HOST",
        "HTTPS",
        "LEASE_SECONDS",
        "LOCAL_LOGIN",
        "MFA",
        "PORT",
        "SANDBOX_PORT",
        "SCORING_TTL",
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "SESSION_IDLE",
        "SITE_ADDRESS",
        "STALE_GRACE",
        "STATIC_ROOT",
        "TIME_ZONE",
        "TRUSTED_PROXIES",
    }:
        del os.environ[_name]
os.environ.update(_KEPT, ARBVAULT_VAR=str(VAR), SECRET_KEY="only for tests " * 4)
if sys.dont_write_bytecode:
    # The checkout stays clean, and yet the hundreds of processes tests start compile nothing twice.
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(VAR / "bytecode")
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": sys.pycache_prefix}
# Playwright keeps an event loop in the tests' thread, where the tests use the database too.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from arbvault.database.config import database_config  # noqa: E402
from arbvault.postgres import Cluster  # noqa: E402
from arbvault.settings import *  # noqa: E402, F403
from arbvault.settings import (  # noqa: E402
    DATABASES,
    EMBEDDED_POSTGRES,
    STATIC_ROOT,
    STORAGES,
)

if EMBEDDED_POSTGRES is not None:
    # Not the developer's server: this one forgoes safety for speed. The sessions that run at
    # once in a checkout share it.
    EMBEDDED_POSTGRES = Cluster(VAR / "postgres", durable=False, max_connections=400)
    DATABASES = {"default": database_config(EMBEDDED_POSTGRES.url, prepare=True, pool_size=0)}

# One name a session, so that two sessions do not meet (pytest-xdist adds one a worker).
_session = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid():x}")[:8]
DATABASES["default"]["CONN_MAX_AGE"] = 0
DATABASES["default"]["TEST"] = {"NAME": f"test_arbvault_{_session}"}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
LOGGING_CONFIG = None  # pytest captures the logs
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a missing folder
