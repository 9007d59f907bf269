"""What the admin site shows; each module registers its own tables."""

from __future__ import annotations

from discovery.admin import profiles, purchases, queue, runs, sourcing, tables

__all__ = ["profiles", "purchases", "queue", "runs", "sourcing", "tables"]
