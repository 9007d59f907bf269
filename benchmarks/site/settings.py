"""The site's own settings; the addresses differ, and the API's callers are counted, not refused."""

from __future__ import annotations

from arbvault.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.site.urls"

API_RATE_PER_TOKEN = API_RATE_PER_ADDRESS = 10**9
