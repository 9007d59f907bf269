"""Django's database settings from one address."""

from __future__ import annotations

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured


def database_config(url: str, *, prepare: bool, pool_size: int) -> dict[str, Any]:
    """The entry of ``DATABASES``; raises ``ImproperlyConfigured`` for what is no PostgreSQL.

    ``pool_size``: connections kept by the process, 0 is one a thread.
    """
    config: dict[str, Any] = environ.Env.db_url_config(url)
    if config.get("ENGINE") != "django.db.backends.postgresql" or not config["NAME"]:
        # The value is not shown: it may hold a password.
        raise ImproperlyConfigured("DATABASE_URL: expected postgresql://user:password@host/name.")
    config["ENGINE"] = "arbvault.database"
    options = config.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", 10)
    options.setdefault("application_name", "arbitragevault")
    # Of statements that ask for it: see discovery/prepared.py.
    options["prepare_threshold"] = 3 if prepare else None
    config["DISABLE_SERVER_SIDE_CURSORS"] = not prepare
    if pool_size:
        options["pool"] = {
            "min_size": 1,
            "max_size": pool_size,
            "timeout": 10,
            "max_idle": 300,
        }
    else:
        config["CONN_MAX_AGE"] = 60
        config["CONN_HEALTH_CHECKS"] = True
    return config
