"""What the site's own processes log, and how a line looks."""

from __future__ import annotations

from typing import Any

FORMATTERS = {"text": "arbvault.log_lines.TextFormatter", "json": "arbvault.log_lines.JsonLines"}


def logging_config(level: str, *, style: str = "text", secrets: tuple[str, ...] = ()) -> Any:
    """Django's ``LOGGING``: everything to stderr, from ``level`` on, as ``text`` or ``json``.

    None of ``secrets`` is ever written.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": FORMATTERS[style], "secrets": secrets}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # httpx logs every address it asks, and Keepa's addresses carry the key.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            # Tells of every request that it begins and ends.
            "mcp": {"level": "WARNING"},
        },
    }
