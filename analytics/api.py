"""What the API says about the caches, added to the endpoints of discovery."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from analytics.cache_health import cache_health
from discovery.api import api
from discovery.api.schemas import ANY_REFUSALS

router = Router(tags=["cache"])


@router.get(
    "/health",
    response={200: dict[str, Any]} | ANY_REFUSALS,
    summary="How well the caches save tokens",
)
def health(request: HttpRequest) -> dict[str, Any]:
    """Entries, hits, sizes, hit ratios over 24 hours, 7 and 30 days, tokens spent and saved."""
    return cache_health(now=timezone.now()).to_json()


api.add_router("/cache", router)

__all__ = ["api"]
