"""The admin of AutoSourcing: jobs can be paused, gone on with and run; the rest is to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from discovery.admin.inspect import InspectAdmin, InspectInline, pretty
from discovery.models import Pick, PlannerTick, Sighting, SourcingJob, Storefront
from discovery.sourcing import jobs
from discovery.sourcing.job_text import OWNER_MAY_NOT_ACT
from discovery.sourcing.starting import AlreadyAtWork, OwnerMayNotAct


@admin.register(SourcingJob)
class SourcingJobAdmin(InspectAdmin):
    """A job may go; its runs and its picks stay."""

    may_delete = True
    actions = ("pause", "resume", "run_now", "copy")
    list_display = (
        "name", "owner", "source", "marketplace", "state", "pause_reason", "next_run_at",
        "last_run_at", "daily_cap",
    )  # fmt: skip
    list_filter = ("source", "state", "marketplace", "owner")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username", "niche__name")
    fields = (
        ("name", "owner"),
        ("source", "marketplace", "niche", "profile"),
        ("cost_kinds", "max_results", "daily_cap"),
        ("times", "weekdays"),
        ("state", "pause_reason"),
        ("next_run_at", "last_run_at"),
        ("created_at", "updated_at"),
        "asked",
        "alerts",
        "reached",
    )
    asked = pretty("criteria", _("criteria"))
    alerts = pretty("alert_rule", _("alert rule"))
    reached = pretty("cursor", _("cursor"))

    def delete_model(self, request: HttpRequest, obj: SourcingJob) -> None:
        """Its run stops as well."""
        jobs.delete_job(job=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SourcingJob]) -> None:
        """As one by one."""
        for job in queryset:
            jobs.delete_job(job=job)

    @action(description=_("Pause the selected jobs"), permissions=["manage"])
    def pause(self, request: HttpRequest, queryset: QuerySet[SourcingJob]) -> None:
        """Let them run no more by themselves."""
        chosen = list(queryset.select_related("owner"))
        for job in chosen:
            jobs.pause_job(job=job, now=timezone.now())
        text = ngettext("%(n)d job paused.", "%(n)d jobs paused.", len(chosen))
        self.message_user(request, text % {"n": len(chosen)}, messages.SUCCESS)

    @action(description=_("Let the selected jobs run again"), permissions=["manage"])
    def resume(self, request: HttpRequest, queryset: QuerySet[SourcingJob]) -> None:
        """Let them run at their times again."""
        chosen = list(queryset.select_related("owner"))
        for job in chosen:
            jobs.resume_job(job=job, now=timezone.now())
        text = ngettext("%(n)d job runs again.", "%(n)d jobs run again.", len(chosen))
        self.message_user(request, text % {"n": len(chosen)}, messages.SUCCESS)

    @action(description=_("Run the selected jobs now"), permissions=["manage"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[SourcingJob]) -> None:
        """Start a run of each that has none under way."""
        started = 0
        refused = 0
        for job in queryset.select_related("owner", "niche", "profile"):
            try:
                jobs.run_now(job=job, now=timezone.now())
            except AlreadyAtWork:
                continue
            except OwnerMayNotAct:
                refused += 1
                continue
            started += 1
        if refused:
            self.message_user(request, _(OWNER_MAY_NOT_ACT), messages.WARNING)
        text = ngettext("%(n)d run started.", "%(n)d runs started.", started)
        self.message_user(request, text % {"n": started}, messages.SUCCESS)

    @action(description=_("Copy the selected jobs"), permissions=["manage"])
    def copy(self, request: HttpRequest, queryset: QuerySet[SourcingJob]) -> None:
        """The same once more, paused, each for its owner."""
        chosen = list(queryset.select_related("owner", "niche", "profile"))
        for job in chosen:
            jobs.copy_job(job=job, now=timezone.now())
        text = ngettext("%(n)d job copied, paused.", "%(n)d jobs copied, paused.", len(chosen))
        self.message_user(request, text % {"n": len(chosen)}, messages.SUCCESS)


class SightingInline(InspectInline):
    model = Sighting
    fields = (
        "seen_at", "data_at", "pick_class", "verdict", "cost_kind", "cost_source", "cost", "price",
        "profit", "roi_percent", "offers", "bsr",
    )  # fmt: skip
    readonly_fields = fields
    per_page = 25


@admin.register(Pick)
class PickAdmin(InspectAdmin):
    list_display = (
        "asin", "marketplace", "title", "owner", "pick_class", "verdict", "cost_kind", "cost",
        "profit", "roi_percent", "seen_at", "decision",
    )  # fmt: skip
    list_filter = ("pick_class", "verdict", "cost_kind", "decision", "marketplace")
    list_select_related = ("owner",)
    search_fields = ("asin", "title", "owner__username")
    date_hierarchy = "seen_at"
    fields = (
        ("asin", "marketplace", "title"),
        ("owner", "job"),
        ("pick_class", "verdict", "sourcing", "confidence"),
        ("cost_kind", "cost_source", "cost", "max_cost"),
        ("price", "profit", "roi_percent", "quantity"),
        ("offers", "bsr", "rank_score"),
        ("first_seen_at", "seen_at", "data_at", "gone_at", "sightings_count"),
        ("decision", "decided_at", "ignored_verdict"),
        ("is_above", "alerted_at"),
        "told",
        "reasons",
    )
    inlines = (SightingInline,)
    told = pretty("alerted", _("values last told"))
    reasons = pretty("breakdown", _("breakdown"))


@admin.register(Sighting)
class SightingAdmin(InspectAdmin):
    list_display = (
        "pick", "seen_at", "job", "pick_class", "verdict", "cost_kind", "cost", "price",
        "roi_percent",
    )  # fmt: skip
    list_filter = ("pick_class", "verdict", "cost_kind")
    list_select_related = ("pick", "job")
    search_fields = ("pick__asin", "pick__title", "job__name")
    date_hierarchy = "seen_at"


@admin.register(Storefront)
class StorefrontAdmin(InspectAdmin):
    list_display = ("seller_id", "marketplace", "name", "looked_at", "total", "is_unknown")
    list_filter = ("marketplace", "is_unknown")
    search_fields = ("seller_id", "name")
    fields = (
        ("seller_id", "marketplace", "name"),
        ("looked_at", "total", "is_unknown"),
        "newest",
        "offered",
    )
    newest = pretty("news", _("new ASINs"))
    offered = pretty("known", _("known ASINs"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # A shop may hold a hundred thousand ASINs, which no list of shops shows.
        found: QuerySet[Any] = super().get_queryset(request)
        return found.defer("known", "news") if self._is_list(request) else found

    def _is_list(self, request: HttpRequest) -> bool:
        match = request.resolver_match
        return bool(match and match.url_name and match.url_name.endswith("_changelist"))


@admin.register(PlannerTick)
class PlannerTickAdmin(InspectAdmin):
    list_display = ("at", "reason", "tokens_left", "capacity", "started", "refreshed")
    list_filter = ("reason",)
    date_hierarchy = "at"
