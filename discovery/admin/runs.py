"""The admin of runs: how far each has come, and what became of each line."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from discovery.admin.inspect import InspectAdmin, InspectInline, pretty
from discovery.models import Run, RunLine
from discovery.products.scored import from_breakdown
from discovery.text.reasons import forbidden_text


class _Forbidden:
    """What forbids a buy, beside the maximum price; empty for another program's rows."""

    @admin.display(description=_("Buy forbidden by"))
    def forbidden(self, line: RunLine) -> str:
        try:
            return forbidden_text(from_breakdown(line.breakdown)[1]) if line.breakdown else ""
        except ValueError:
            return ""


class RunLineInline(_Forbidden, InspectInline):
    model = RunLine
    fields = (
        "position", "asin", "title", "verdict", "sourcing", "price", "max_cost", "forbidden",
        "profit", "roi_percent", "velocity_score", "bsr",
    )  # fmt: skip
    readonly_fields = fields
    per_page = 25


@admin.register(Run)
class RunAdmin(InspectAdmin):
    """A run may go, with its lines; what was bought for it stays known."""

    may_delete = True
    list_display = (
        "created_at", "kind", "owner", "niche", "name", "marketplace", "state", "total", "done",
        "bad", "tokens_spent", "tokens_saved",
    )  # fmt: skip
    list_filter = ("kind", "state", "marketplace", "owner")
    list_select_related = ("owner", "niche")
    search_fields = ("name", "niche__name", "owner__username")
    fields = (
        ("kind", "owner", "niche", "job", "name"),
        ("marketplace", "profile", "profile_revision"),
        ("state", "cancel_requested", "attempts"),
        ("found", "fetched", "total", "done"),
        ("bad", "merged"),
        ("tokens_spent", "tokens_saved", "worked_ms"),
        ("created_at", "started_at", "progressed_at"),
        ("resume_at", "finished_at"),
        "question",
        "read_as",
        "answered",
        "trouble",
    )
    inlines = (RunLineInline,)
    question = pretty("filters", _("filters"))
    read_as = pretty("columns", _("columns"))
    answered = pretty("outcome", _("outcome"))
    trouble = pretty("failure", _("failure"))


@admin.register(RunLine)
class RunLineAdmin(_Forbidden, InspectAdmin):
    list_display = (
        "run", "position", "text", "asin", "cost", "quantity", "state", "reason", "verdict",
        "sourcing", "roi_percent",
    )  # fmt: skip
    list_filter = ("run__kind", "state", "verdict", "sourcing", "buy_box_known")
    list_select_related = ("run",)
    search_fields = ("text", "asin", "title", "run__name")
    fields = (
        ("run", "number", "position"),
        ("text", "code", "asin"),
        ("cost", "cost_vat", "cost_given"),
        ("pack", "quantity", "restored"),
        ("state", "reason", "value"),
        "title",
        ("verdict", "sourcing", "roi_percent", "profit", "velocity_score"),
        ("price", "max_cost", "forbidden", "landed_cost", "bsr", "buy_box_known"),
        "reasons",
        "seen",
    )
    reasons = pretty("breakdown", _("breakdown"))
    seen = pretty("evidence", _("evidence"))
