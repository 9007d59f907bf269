"""The admin of discovery: inspect what was bought and stored, revoke, expire, refresh."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_q.tasks import async_task
from unfold.admin import ModelAdmin
from unfold.decorators import action

from discovery.accounts import api_tokens
from discovery.admin import cache_words
from discovery.admin.codes import (
    EndpointFilter,
    PurposeFilter,
    VerdictFilter,
    asked_for,
    verdict,
    wanted_by,
)
from discovery.admin.inspect import InspectAdmin, LiveFilter, is_live, pretty
from discovery.admin.large import LargeAdmin, MonthFilter, NewestValuesFilter
from discovery.cache import purge
from discovery.models import (
    ApiToken,
    CodeChoice,
    DiscoveryCacheEntry,
    DiscoveryLease,
    Favourite,
    KeepaCategory,
    KeepaProduct,
    LiveCheck,
    Niche,
    NotificationSettings,
    Preferences,
    ProductCode,
    ProductCost,
    ProductDecision,
    ScoringCacheEntry,
    TokenBucket,
    TokenLedgerEntry,
    TokenReservation,
)

REFRESH = "discovery.tasks.refresh_discovery"


class CacheAdmin(InspectAdmin):
    """An entry is what Keepa said: it may expire or go, not be rewritten."""

    may_delete = True
    actions: tuple[str, ...] = ("purge_expired", "expire_now")

    @action(description=_("Purge everything expired from the caches"), permissions=["manage"])
    def purge_expired(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Remove what has expired from every cache, whatever is selected."""
        report = purge(now=timezone.now(), grace=timedelta(0))
        text = ngettext("%(n)d row removed.", "%(n)d rows removed.", report.total)
        self.message_user(request, text % {"n": report.total}, messages.SUCCESS)

    @action(description=_("Expire the selected entries now"), permissions=["manage"])
    def expire_now(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Let the selected entries be asked for anew."""
        now = timezone.now()
        changed = queryset.filter(expires_at__gt=now).update(expires_at=now)
        text = ngettext("%(n)d entry expired.", "%(n)d entries expired.", changed)
        self.message_user(request, text % {"n": changed}, messages.SUCCESS)


@admin.register(DiscoveryCacheEntry)
class DiscoveryCacheAdmin(CacheAdmin):
    list_display = (
        "asked",
        is_live,
        "asin_count",
        "total_results",
        "hit_count",
        "tokens_spent",
        "created_at",
        "expires_at",
    )
    list_filter = (LiveFilter, "marketplace")
    search_fields = ("cache_key", "asins", "filters_applied")
    ordering = ("-expires_at",)
    actions = (*CacheAdmin.actions, "refresh")
    fields = (
        "asked",
        "cache_key",
        "marketplace",
        ("created_at", "expires_at"),
        ("hit_count", "last_hit_at"),
        ("tokens_spent", "total_results"),
        "filters",
        "asin_list",
    )
    filters = pretty("filters_applied", _("filters"))
    asin_list = pretty("asins", _("ASINs"))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        names = cache_words.names_in(found.result_list)
        for entry in found.result_list:
            entry.category_names = names
        return found

    @admin.display(description=_("question"))
    def asked(self, entry: DiscoveryCacheEntry) -> str:
        names = getattr(entry, "category_names", None)
        if names is None:
            names = cache_words.names_in([entry])
        return cache_words.question_words(entry.filters_applied, names) or entry.cache_key

    @admin.display(description=_("ASINs"))
    def asin_count(self, entry: DiscoveryCacheEntry) -> int | None:
        return len(entry.asins) if isinstance(entry.asins, list) else None

    @action(description=_("Ask Keepa again, in the background"), permissions=["manage"])
    def refresh(self, request: HttpRequest, queryset: QuerySet[DiscoveryCacheEntry]) -> None:
        with transaction.atomic():
            keys = list(queryset.values_list("cache_key", flat=True))
            for cache_key in keys:
                async_task(REFRESH, cache_key)
        text = ngettext("%(n)d refresh queued.", "%(n)d refreshes queued.", len(keys))
        self.message_user(request, text % {"n": len(keys)}, messages.SUCCESS)


@admin.register(ScoringCacheEntry)
class ScoringCacheAdmin(CacheAdmin):
    list_display = (
        "product",
        "scored_with",
        "marketplace",
        is_live,
        verdict,
        "roi_percent",
        "velocity_score",
        "price",
        "bsr",
        "hit_count",
        "expires_at",
    )
    list_filter = (LiveFilter, "marketplace", ("recommendation", VerdictFilter))
    search_fields = ("cache_key", "asin", "title")
    ordering = ("-expires_at",)
    fields = (
        "title",
        "scored_with",
        "cache_key",
        ("asin", "marketplace"),
        (verdict, "roi_percent", "velocity_score"),
        ("price", "bsr"),
        ("created_at", "expires_at"),
        ("hit_count", "tokens_spent"),
        "reasons",
    )
    reasons = pretty("breakdown", _("breakdown"))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        profiles = cache_words.profile_names()
        for entry in found.result_list:
            entry.profile_names = profiles
        return found

    @admin.display(description=_("product"), ordering="title")
    def product(self, entry: ScoringCacheEntry) -> str:
        return f"{entry.title} ({entry.asin})" if entry.title else entry.asin

    @admin.display(description=_("scored with"))
    def scored_with(self, entry: ScoringCacheEntry) -> str:
        profiles = getattr(entry, "profile_names", None)
        if profiles is None:
            profiles = cache_words.profile_names()
        return cache_words.score_words(entry, profiles)


@admin.register(DiscoveryLease)
class DiscoveryLeaseAdmin(InspectAdmin):
    may_delete = True  # lets the next asker in before the lease runs out
    list_display = ("cache_key", "holder", "expires_at", is_live)


@admin.register(KeepaProduct)
class KeepaProductAdmin(InspectAdmin):
    may_delete = True
    list_display = (
        "asin", "marketplace", "title", "is_usable", "has_buy_box", "tokens_spent", "fetched_at",
    )  # fmt: skip
    list_filter = ("marketplace", "is_usable", "has_buy_box")
    search_fields = ("asin", "title")
    ordering = ("-fetched_at",)
    fields = (
        ("asin", "marketplace"),
        "title",
        ("is_usable", "has_buy_box"),
        ("tokens_spent", "fetched_at"),
        "pretty_facts",
        "pretty_values",
    )
    pretty_facts = pretty("facts", _("facts"))
    pretty_values = pretty("finder_values", _("finder values"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[KeepaProduct]:
        # The series of two years of prices; the product's page draws them.
        found: QuerySet[KeepaProduct] = super().get_queryset(request).defer("history")
        return found


@admin.register(ProductCode)
class ProductCodeAdmin(InspectAdmin):
    may_delete = True  # it is looked up again
    list_display = ("code", "asin", "marketplace", "resolved_at")
    list_filter = ("marketplace",)
    search_fields = ("code", "asin")
    ordering = ("-resolved_at",)


@admin.register(CodeChoice)
class CodeChoiceAdmin(InspectAdmin):
    may_delete = True
    list_display = ("code", "asin", "marketplace", "user", "cost_units", "chosen_at")
    list_filter = ("marketplace",)
    search_fields = ("code", "asin")
    ordering = ("-chosen_at",)


@admin.register(KeepaCategory)
class KeepaCategoryAdmin(InspectAdmin):
    may_delete = True
    list_display = ("name", "marketplace", "category_id", "parent_id", "is_root", "fetched_at")
    list_filter = ("marketplace", "is_root")
    search_fields = ("name", "category_id")


@admin.register(TokenBucket)
class TokenBucketAdmin(InspectAdmin):
    list_display = ("tokens_left", "refill_rate", "flow_reduction", "received_at")


@admin.register(TokenReservation)
class TokenReservationAdmin(InspectAdmin):
    list_display = ("endpoint", "purpose", "items", "cost", "started_at", "expires_at", "outcome")
    list_filter = ("endpoint", "purpose", "outcome")
    ordering = ("-started_at",)
    fields = (
        ("account", "endpoint", "purpose"),
        ("marketplace", "items", "cost"),
        "repeats",
        ("started_at", "expires_at"),
        ("outcome", "http_status", "duration_ms"),
    )


@admin.register(TokenLedgerEntry)
class TokenLedgerAdmin(LargeAdmin):
    list_display = (
        "created_at", "call_id", "repeats", asked_for, "marketplace", wanted_by, "items",
        "tokens_consumed", "tokens_left", "outcome", "http_status", "duration_ms",
    )  # fmt: skip
    list_filter = (
        ("endpoint", EndpointFilter), ("purpose", PurposeFilter), "outcome",
        ("marketplace", NewestValuesFilter), ("repeats", admin.EmptyFieldListFilter), MonthFilter,
    )  # fmt: skip


@admin.register(Niche)
class NicheAdmin(ModelAdmin):
    """The question itself is asked on the niche's own page, where its cost is shown first."""

    list_display = ("name", "owner", "marketplace", "profile", "max_results", "updated_at")
    list_filter = ("marketplace", "owner")
    list_select_related = ("owner", "profile")
    search_fields = ("name", "owner__username")
    fields = ("name", "owner", "marketplace", "profile", "max_results", "question", "created_at")
    readonly_fields = ("owner", "marketplace", "question", "created_at")
    question = pretty("filters", _("filters"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Favourite)
class FavouriteAdmin(InspectAdmin):
    list_display = ("asin", "marketplace", "user", "created_at")
    list_filter = ("marketplace",)
    list_select_related = ("user",)
    search_fields = ("asin", "user__username")


@admin.register(ProductDecision)
class ProductDecisionAdmin(InspectAdmin):
    list_display = ("asin", "marketplace", "kind", "price", "quantity", "user", "created_at")
    list_filter = ("kind", "marketplace")
    list_select_related = ("user",)
    search_fields = ("asin", "user__username", "note")


@admin.register(ProductCost)
class ProductCostAdmin(InspectAdmin):
    list_display = ("asin", "marketplace", "cost", "cost_vat", "source", "user", "stated_at")
    list_filter = ("source", "marketplace")
    list_select_related = ("user",)
    search_fields = ("asin", "user__username")


@admin.register(Preferences)
class PreferencesAdmin(InspectAdmin):
    list_display = ("user", "marketplace", "profile", "introduced_at")
    list_filter = ("marketplace",)
    list_select_related = ("user", "profile")
    search_fields = ("user__username",)
    fields = ("user", "marketplace", "profile", "introduced_at", "columns", "links")
    columns = pretty("table", _("table"))
    links = pretty("sourcing_links", _("sourcing links"))


@admin.register(LiveCheck)
class LiveCheckAdmin(InspectAdmin):
    list_display = ("asin", "marketplace", "user", "outcome", "tokens_spent", "checked_at")
    list_filter = ("outcome", "marketplace")
    list_select_related = ("user",)
    search_fields = ("asin", "user__username")
    fields = (
        ("asin", "marketplace"),
        ("user", "profile_slug"),
        ("cost", "cost_vat", "grade"),
        ("outcome", "tokens_spent", "checked_at"),
        "found",
        "offered",
    )
    found = pretty("findings", _("findings"))
    offered = pretty("offers", _("offers"))


@admin.register(NotificationSettings)
class NotificationSettingsAdmin(InspectAdmin):
    fields = ("user", "search_finished", "cache_alert")
    list_display = fields
    list_select_related = ("user",)
    search_fields = ("user__username",)


@admin.register(ApiToken)
class ApiTokenAdmin(InspectAdmin):
    """Tokens are made by ``manage.py create_api_token``; not even their hash is shown."""

    list_display = (
        "prefix", "name", "user", "scopes",
        "created_at", "last_used_at", "expires_at", "revoked_at",
    )  # fmt: skip
    list_filter = (
        ("revoked_at", admin.EmptyFieldListFilter),
        ("expires_at", admin.EmptyFieldListFilter),
        "user",
    )
    list_select_related = ("user",)
    search_fields = ("prefix", "name", "user__username")
    fields = list_display
    actions = ("revoke",)

    @action(description=_("Revoke the selected tokens"), permissions=["manage"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        now = timezone.now()
        for token in queryset:
            api_tokens.revoke(token=token, now=now)
        self.message_user(request, gettext("The tokens are revoked."), messages.SUCCESS)
