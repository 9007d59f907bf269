"""What the admin site shows; each module registers its own tables."""

from __future__ import annotations

from discovery.admin import alerts, profiles, purchases, queue, runs, sourcing, tables

__all__ = ["alerts", "profiles", "purchases", "queue", "runs", "sourcing", "tables"]
