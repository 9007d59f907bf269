"""What the admin site shows; each module registers its own tables."""

from __future__ import annotations

from discovery.admin import lists, profiles, tables

__all__ = ["lists", "profiles", "tables"]
