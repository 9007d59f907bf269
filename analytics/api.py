"""What the API says about the caches, the history and the dashboard, added to discovery's calls."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from analytics import api_dashboard, api_history
from analytics.api_schemas import CacheHealthAnswer
from analytics.cache_health import cache_health
from analytics.receivers import gatherer
from discovery.api import api
from discovery.api.schemas import ANY_REFUSALS

router = Router(tags=["cache"])


@router.get(
    "/health",
    response={200: CacheHealthAnswer} | ANY_REFUSALS,
    summary="How well the caches save tokens",
)
def health(request: HttpRequest) -> dict[str, Any]:
    """For each cache its entries, live and expired, hits, average reuse, rating, size and oldest
    entry; hit ratios, tokens spent and saved and their price over 24 hours, 7 and 30 days; when
    expired entries are next removed; the alert that holds, if any.
    """
    gatherer.flush()
    return cache_health(now=timezone.now()).to_json()


api.add_router("/cache", router)
api.add_router("/history", api_history.router)
api.add_router("/dashboard", api_dashboard.router)

__all__ = ["api"]
