"""The admin's sidebar. Its French words stand in ``arbvault.borrowed_words``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.http import HttpRequest

# Section -> its pages: title, Material Symbol, and the model whose list the page is.
SECTIONS = (
    (
        _("Caches"),
        (_("Cache health"), "monitor_heart", "cache_health"),
        (_("Discovery cache"), "travel_explore", "discovery.discoverycacheentry"),
        (_("Scoring cache"), "grading", "discovery.scoringcacheentry"),
        (_("Search history"), "history", "analytics.searchhistory"),
    ),
    (
        _("Keepa tokens"),
        (_("Token ledger"), "receipt_long", "discovery.tokenledgerentry"),
        (_("Token bucket"), "water_full", "discovery.tokenbucket"),
        (_("Token reservations"), "pending", "discovery.tokenreservation"),
    ),
    (
        _("Products"),
        (_("Keepa products"), "inventory_2", "discovery.keepaproduct"),
        (_("Product codes"), "barcode", "discovery.productcode"),
        (_("Choices for codes"), "rule", "discovery.codechoice"),
        (_("Keepa categories"), "category", "discovery.keepacategory"),
    ),
    (
        _("Searching"),
        (_("Niches"), "bookmark", "discovery.niche"),
        (_("Runs"), "manage_search", "discovery.run"),
        (_("Favourites"), "star", "discovery.favourite"),
        (_("Product decisions"), "gavel", "discovery.productdecision"),
        (_("Purchases"), "shopping_bag", "discovery.purchase"),
        (_("Sales"), "sell", "discovery.sale"),
        (_("Costs of products"), "payments", "discovery.productcost"),
        (_("Preferences"), "settings_account_box", "discovery.preferences"),
        (_("Business profiles"), "tune", "discovery.businessprofile"),
    ),
    (
        "AutoSourcing",
        (_("Sourcing jobs"), "radar", "discovery.sourcingjob"),
        (_("Picks"), "diamond", "discovery.pick"),
        (_("Sightings"), "visibility", "discovery.sighting"),
        (_("Storefronts"), "storefront", "discovery.storefront"),
        (_("Decisions of the planner"), "event_repeat", "discovery.plannertick"),
    ),
    (
        _("Alerts"),
        (_("Alerts"), "notifications", "discovery.alert"),
        (_("Deliveries of alerts"), "outgoing_mail", "discovery.alertdelivery"),
        (_("Alert channels"), "send", "discovery.alertchannel"),
        (_("Alert settings"), "notifications_active", "discovery.alertsettings"),
    ),
    (
        _("Background work"),
        (_("Schedules"), "schedule", "django_q.schedule"),
        (_("Queue workers"), "monitor_heart", "discovery.queueworker"),
        (_("Queued tasks"), "hourglass", "django_q.ormq"),
        (_("Finished tasks"), "task_alt", "django_q.success"),
        (_("Failed tasks"), "error", "django_q.failure"),
    ),
    (
        _("Access"),
        (_("Users"), "person", "auth.user"),
        (_("Groups"), "group", "auth.group"),
        (_("API tokens"), "key", "discovery.apitoken"),
    ),
)
# Pages that are no model's list -> the model whose readers may open them.
READERS = {"cache_health": "analytics.searchhistory"}


def _may_open(model: str, request: HttpRequest) -> bool:
    app, name = model.split(".")
    return request.user.has_perm(f"{app}.view_{name}")


def _page(title: Any, icon: str, target: str) -> dict[str, Any]:
    """A link for those who may follow it."""
    address = target if target in READERS else target.replace(".", "_") + "_changelist"
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{address}"),
        "permission": partial(_may_open, READERS.get(target, target)),
    }


SIDEBAR: dict[str, Any] = {
    "show_search": True,
    "show_all_applications": True,
    "navigation": [
        {"title": title, "items": [_page(*page) for page in pages]} for title, *pages in SECTIONS
    ],
}


# The blue of the site (``--accent`` of tokens.css) and its greys, in the scale of the theme.
COLORS = {
    "base": {
        "50": "#f5f6f9",
        "100": "#f0f2f6",
        "200": "#dde2ea",
        "300": "#c5ccd8",
        "400": "#8792a5",
        "500": "#5a667c",
        "600": "#3f4a5f",
        "700": "#2f3a52",
        "800": "#1a2334",
        "900": "#141b29",
        "950": "#0c111b",
    },
    "primary": {
        "50": "#eef3fe",
        "100": "#e6edfd",
        "200": "#c9d8fa",
        "300": "#a3bcf5",
        "400": "#8aa9f2",
        "500": "#5b84e8",
        "600": "#1f4fc4",
        "700": "#183f9d",
        "800": "#163680",
        "900": "#142d66",
        "950": "#0d1c40",
    },
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "ArbitrageVault",
    "SITE_HEADER": "ArbitrageVault",
    "SITE_URL": reverse_lazy("dashboard"),
    "SITE_ICON": lambda request: static("discovery/img/icon.svg"),
    "COLORS": COLORS,
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("discovery/img/icon.svg"),
        }
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": SIDEBAR,
}
