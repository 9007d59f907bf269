"""The admin's sidebar."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _page(title: Any, icon: str, model: str) -> dict[str, Any]:
    """A link to a model's list, for those who may see it. Icons are Material Symbols."""
    app, name = model.split(".")

    def allowed(request: HttpRequest) -> bool:
        return request.user.has_perm(f"{app}.view_{name}")

    link = reverse_lazy(f"admin:{app}_{name}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": allowed}


def _section(title: Any, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "items": list(items)}


def _sees_history(request: HttpRequest) -> bool:
    return request.user.has_perm("analytics.view_searchhistory")


SIDEBAR: dict[str, Any] = {
    "show_search": True,
    "show_all_applications": True,
    "navigation": [
        _section(
            _("Caches"),
            {
                "title": _("Cache health"),
                "icon": "monitor_heart",
                "link": reverse_lazy("admin:cache_health"),
                "permission": _sees_history,
            },
            _page(_("Discovery cache"), "travel_explore", "discovery.discoverycacheentry"),
            _page(_("Scoring cache"), "grading", "discovery.scoringcacheentry"),
            _page(_("Search history"), "history", "analytics.searchhistory"),
        ),
        _section(
            _("Keepa tokens"),
            _page(_("Token ledger"), "receipt_long", "discovery.tokenledgerentry"),
            _page(_("Token bucket"), "water_full", "discovery.tokenbucket"),
            _page(_("Token reservations"), "pending", "discovery.tokenreservation"),
        ),
        _section(
            _("Products"),
            _page(_("Keepa products"), "inventory_2", "discovery.keepaproduct"),
            _page(_("Product codes"), "barcode", "discovery.productcode"),
            _page(_("Keepa categories"), "category", "discovery.keepacategory"),
        ),
        _section(
            _("Searching"),
            _page(_("Niches"), "bookmark", "discovery.niche"),
            _page(_("Runs"), "manage_search", "discovery.run"),
            _page(_("Favourites"), "star", "discovery.favourite"),
            _page(_("Product decisions"), "gavel", "discovery.productdecision"),
            _page(_("Business profiles"), "tune", "discovery.businessprofile"),
        ),
        _section(
            _("Background work"),
            _page(_("Schedules"), "schedule", "django_q.schedule"),
            _page(_("Queued tasks"), "hourglass", "django_q.ormq"),
            _page(_("Finished tasks"), "task_alt", "django_q.success"),
            _page(_("Failed tasks"), "error", "django_q.failure"),
        ),
        _section(
            _("Access"),
            _page(_("Users"), "person", "auth.user"),
            _page(_("Groups"), "group", "auth.group"),
            _page(_("API tokens"), "key", "discovery.apitoken"),
        ),
    ],
}
