"""One answer of an endpoint, before the envelope is put around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """`fields` follow the envelope; `products`, already encoded, come last as in Keepa's."""

    cost: int
    fields: dict[str, Any] = field(default_factory=dict)
    products: list[bytes] | None = None
