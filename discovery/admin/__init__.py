"""What the admin site shows; each module registers its own tables."""

from __future__ import annotations

from discovery.admin import profiles, queue, runs, tables

__all__ = ["profiles", "queue", "runs", "tables"]
