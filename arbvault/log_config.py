"""What the site's own processes log, and how a line looks."""

from __future__ import annotations

from typing import Any


def logging_config(level: str) -> dict[str, Any]:
    """Django's ``LOGGING``: everything to stderr, from ``level`` on."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        },
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
