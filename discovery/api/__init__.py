"""The JSON API under ``/api/v1``: translates requests into one service call each, and back."""

from __future__ import annotations

from discovery.api import (
    account,
    alerts,
    api_tokens,
    categories,
    channels,
    comparisons,
    costs,
    decisions,
    favourites,
    glossary,
    jobs,
    lists,
    lookup,
    members,
    niches,
    picks,
    planner,
    product_pages,
    products,
    profiles,
    purchase_files,
    purchases,
    review,
    run_lines,
    runs,
    saved_filters,
    sourcing_links,
    tokens,
)
from discovery.api.auth import BearerAuth, SessionAuth, documentation_guard
from discovery.api.described import INTRODUCTION
from discovery.api.every_answer import Api
from discovery.api.problems import handle_problems
from discovery.api.refusals import handle_refusals

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
handle_refusals(api)
api.add_router("/products", products.router)
api.add_router("/products", product_pages.router)
api.add_router("/products", favourites.of_products)
api.add_router("/products", decisions.of_products)
api.add_router("/products", costs.of_products)
api.add_router("/favourites", favourites.router)
api.add_router("/marks", favourites.marks_router)
api.add_router("/decisions", decisions.router)
api.add_router("/costs", costs.router)
# Before those of one purchase, whose numbers stand in the same place.
api.add_router("/purchases", purchase_files.router)
api.add_router("/purchases", purchases.router)
api.add_router("/purchases", purchases.sales_router)
api.add_router("/lookup", lookup.router)
api.add_router("/categories", categories.router)
api.add_router("/sourcing-links", sourcing_links.router)
api.add_router("/tokens", tokens.router)
# Before those of one job, and of one pick.
api.add_router("/jobs", planner.router)
api.add_router("/jobs", jobs.router)
api.add_router("/picks", review.router)
api.add_router("/picks", picks.router)
api.add_router("/niches", niches.router)
api.add_router("/runs", runs.router)
api.add_router("/runs", run_lines.router)
api.add_router("/runs", comparisons.router)
api.add_router("/lists", lists.router)
api.add_router("/profiles", profiles.router)
api.add_router("/saved-filters", saved_filters.router)
api.add_router("/glossary", glossary.router)
api.add_router("/alerts", alerts.router)
api.add_router("/alerts/channels", channels.router)
api.add_router("/me", account.router)
api.add_router("/me/tokens", api_tokens.router)
api.add_router("/members", members.router)

__all__ = ["api"]
