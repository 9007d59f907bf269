"""Other processes on a test's own database, for what only real processes can show."""

from __future__ import annotations

import os
from urllib.parse import quote

from django.conf import settings
from django.db import connection


def environment(**extra: str) -> dict[str, str]:
    """The environment in which a child process meets this test's database and settings."""
    config = connection.settings_dict
    user = quote(str(config["USER"]), safe="")
    password = f":{quote(str(config['PASSWORD']), safe='')}" if config["PASSWORD"] else ""
    host, port = config["HOST"], f":{config['PORT']}" if config["PORT"] else ""
    # The folder of a socket is an option here, not a host.
    folder = config["OPTIONS"].get("host", "")
    query = f"?host={quote(str(folder), safe='')}" if folder else ""
    url = f"postgresql://{user}{password}@{host}{port}/{config['NAME']}{query}"
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("KEEPA_")},
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "arbvault.settings",
        "ARBVAULT_VAR": str(settings.ARBVAULT_VAR),
        "SECRET_KEY": settings.SECRET_KEY,
        **extra,
    }
