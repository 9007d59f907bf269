"""The admin of purchases: to look at, with the score that is kept beside each."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from discovery.admin.inspect import InspectAdmin, pretty
from discovery.models import Purchase, PurchaseFile, Sale


@admin.register(Purchase)
class PurchaseAdmin(InspectAdmin):
    list_display = (
        "asin", "marketplace", "title", "bought_on", "unit_cost", "cost_vat", "quantity", "user",
    )  # fmt: skip
    list_filter = ("marketplace", "vat_regime")
    list_select_related = ("user",)
    search_fields = ("asin", "title", "place", "user__username")
    date_hierarchy = "bought_on"
    fields = (
        ("asin", "marketplace", "title"),
        ("user", "bought_on", "place", "note"),
        ("unit_cost", "cost_vat", "quantity"),
        ("cost_paid", "cost_net"),
        ("vat_regime", "sale_vat_percent", "purchase_vat_percent"),
        ("verdict", "roi_percent", "expected_profit"),
        ("engine_version", "profile_slug", "profile_revision"),
        "score_then",
    )
    score_then = pretty("score", _("score at the purchase"))


@admin.register(Sale)
class SaleAdmin(InspectAdmin):
    list_display = ("purchase", "sold_on", "quantity", "price", "received", "is_estimated")
    list_filter = ("is_estimated", "purchase__marketplace")
    list_select_related = ("purchase",)
    search_fields = ("purchase__asin", "purchase__title", "purchase__user__username")
    date_hierarchy = "sold_on"


@admin.register(PurchaseFile)
class PurchaseFileAdmin(InspectAdmin):
    list_display = ("name", "user", "marketplace", "given_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    fields = ("name", "user", "marketplace", "given_at", "lines")
    lines = pretty("rows", _("lines"))
