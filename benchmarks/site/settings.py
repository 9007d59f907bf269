"""The site's own settings; only the addresses differ."""

from __future__ import annotations

from arbvault.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.site.urls"
