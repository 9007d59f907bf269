"""The web server's way in."""

from __future__ import annotations

import os
import socket
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arbvault.settings")
# Many threads share a few connections here; a little more than one a thread, for the readiness
# probe and what runs beside a request.
os.environ.setdefault("DATABASE_POOL_SIZE", "16")
# Busy programs: their token is not looked up each time, and what cost nothing is written together.
os.environ.setdefault("API_TOKEN_MEMO", "0.8")
os.environ.setdefault("HISTORY_GATHERED", "0.25")

from django.conf import settings

# Before anything imports prometheus_client: the processes of one machine add up their counts there.
if settings.METRICS:
    _counts = settings.ARBVAULT_VAR / "metrics" / socket.gethostname()
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(_counts))
    Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)

from django.core.wsgi import get_wsgi_application

from arbvault import lazily
from arbvault.postgres import attach

if settings.EMBEDDED_POSTGRES is not None:
    attach(settings.EMBEDDED_POSTGRES)

application = get_wsgi_application()
if not settings.DEBUG:
    lazily.load_soon()
