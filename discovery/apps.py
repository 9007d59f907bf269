"""Wiring only: a database without any profile gets the shipped ones."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def provide_profiles(**_signal: Any) -> None:
    from discovery.profiles import ensure_shipped_profiles

    ensure_shipped_profiles()


class DiscoveryConfig(AppConfig):
    name = "discovery"
    verbose_name = _("Discovery")

    def ready(self) -> None:
        post_migrate.connect(provide_profiles, sender=self, dispatch_uid="discovery.profiles")
