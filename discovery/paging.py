"""How long a page of a table is."""

from __future__ import annotations

PAGE_SIZE = 25
