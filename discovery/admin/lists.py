"""The admin of lists: how far each has come, and how each line was read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from discovery.admin.inspect import InspectAdmin, pretty


class ProductListAdmin(InspectAdmin):
    """A list may go, with its lines; what was bought for it stays known."""

    may_delete = True
    list_display = (
        "name",
        "owner",
        "marketplace",
        "state",
        "total",
        "done",
        "bad",
        "tokens_spent",
        "tokens_saved",
        "created_at",
    )
    list_filter = ("state", "marketplace", "owner")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username")
    fields = (
        ("name", "owner"),
        ("marketplace", "profile", "profile_revision"),
        ("state", "cancel_requested", "attempts"),
        ("total", "done", "bad", "merged"),
        ("tokens_spent", "tokens_saved", "worked_ms"),
        ("created_at", "started_at", "progressed_at"),
        ("resume_at", "finished_at"),
        "read_as",
        "trouble",
    )
    read_as = pretty("columns", _("columns"))
    trouble = pretty("failure", _("failure"))


class ListLineAdmin(InspectAdmin):
    list_display = (
        "product_list",
        "number",
        "text",
        "asin",
        "cost",
        "quantity",
        "state",
        "reason",
        "verdict",
        "roi_percent",
    )
    list_filter = ("state", "verdict")
    list_select_related = ("product_list",)
    search_fields = ("text", "asin", "title", "product_list__name")
    fields = (
        ("product_list", "number", "position"),
        ("text", "code", "asin"),
        ("cost", "quantity", "restored"),
        ("state", "reason", "value"),
        "title",
        ("verdict", "roi_percent", "profit", "velocity_score"),
        ("price", "max_cost", "landed_cost", "bsr"),
        "reasons",
    )
    reasons = pretty("breakdown", _("breakdown"))
