from __future__ import annotations

from django.apps import AppConfig


class ArbvaultConfig(AppConfig):
    name = "arbvault"

    def ready(self) -> None:
        from arbvault import checks  # noqa: F401 - registers the system checks
