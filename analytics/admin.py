"""The admin of analytics: the history of searches, and how well the caches do."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from analytics.alerts import alert_text
from analytics.cache_health import SPENDING_DAYS, cache_health, token_uses
from analytics.health_tables import cache_sheet, period_sheet, spending_sheet
from analytics.models import CacheAlert, SearchHistory
from discovery.admin.inspect import InspectAdmin, pretty
from discovery.admin.large import LargeAdmin, MonthFilter, NewestValuesFilter
from discovery.cache import purge

HEALTH_PAGE = "cache_health"
MAY_SEE = "analytics.view_searchhistory"
MAY_PURGE = "discovery.delete_discoverycacheentry"


@admin.register(SearchHistory)
class SearchHistoryAdmin(LargeAdmin):
    list_display = (
        "created_at",
        "search_type",
        "source",
        "user_id",
        "marketplace",
        "results_count",
        "cache_hit",
        "tokens_spent",
        "tokens_saved",
        "duration_ms",
    )
    list_filter = (
        "search_type",
        "source",
        ("marketplace", NewestValuesFilter),
        "cache_hit",
        MonthFilter,
    )
    search_fields = ("id", "user_id", "filters")
    ordering = ("-created_at",)
    fields = (
        "id",
        ("created_at", "user_id"),
        ("search_type", "source", "marketplace"),
        ("results_count", "average_roi", "strong_buys"),
        ("cache_hit", "cache"),
        ("tokens_spent", "tokens_saved", "duration_ms"),
        "question",
    )
    question = pretty("filters", gettext_lazy("filters"))

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.health_view)
        return [path("cache-health/", page, name=HEALTH_PAGE), *super().get_urls()]

    def health_view(self, request: HttpRequest) -> HttpResponse:
        """The figures; a POST purges what has expired first."""
        if not request.user.has_perm(MAY_SEE):
            raise PermissionDenied
        if request.method == "POST":
            return self._purge(request)
        now = timezone.now()
        health = cache_health(now=now)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Cache health"),
            "health": health,
            "alert": alert_text(health.alert) if health.alert else "",
            "caches_title": _("What the caches hold"),
            "caches": cache_sheet(health.caches),
            "periods_title": _("What the caches save"),
            "periods": period_sheet(health.periods),
            "spending_title": _("What %(days)d days of tokens went into") % {"days": SPENDING_DAYS},
            "spending": spending_sheet(token_uses(now=now)),
            "may_purge": request.user.has_perm(MAY_PURGE),
        }
        return TemplateResponse(request, "admin/cache_health.html", context)

    def _purge(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(MAY_PURGE):
            raise PermissionDenied
        report = purge(now=timezone.now(), grace=timedelta(0))
        text = ngettext("%(n)d row removed.", "%(n)d rows removed.", report.total)
        self.message_user(request, text % {"n": report.total}, messages.SUCCESS)
        return redirect(f"admin:{HEALTH_PAGE}")


@admin.register(CacheAlert)
class CacheAlertAdmin(InspectAdmin):
    may_delete = True  # lets the next alert be raised at once
    list_display = ("name", "last_alert_at", "ratio")
