"""The JSON API under ``/api/v1``: translates requests into one service call each, and back."""

from __future__ import annotations

from discovery.api import (
    comparisons,
    favourites,
    glossary,
    jobs,
    lists,
    niches,
    picks,
    products,
    profiles,
    run_lines,
    runs,
    saved_filters,
    tokens,
)
from discovery.api.auth import BearerAuth, SessionAuth, documentation_guard
from discovery.api.described import INTRODUCTION
from discovery.api.every_answer import Api
from discovery.api.problems import handle_problems

api = Api(
    title="ArbitrageVault",
    version="1",
    description=INTRODUCTION,
    servers=[{"url": "/", "description": "This site."}],
    urls_namespace="api",
    docs_decorator=documentation_guard,
    auth=[BearerAuth(), SessionAuth()],
)
handle_problems(api)
api.add_router("/products", products.router)
api.add_router("/products", favourites.router)
api.add_router("/tokens", tokens.router)
api.add_router("/jobs", jobs.router)
api.add_router("/picks", picks.router)
api.add_router("/niches", niches.router)
api.add_router("/runs", runs.router)
api.add_router("/runs", run_lines.router)
api.add_router("/runs", comparisons.router)
api.add_router("/lists", lists.router)
api.add_router("/profiles", profiles.router)
api.add_router("/saved-filters", saved_filters.router)
api.add_router("/glossary", glossary.router)

__all__ = ["api"]
