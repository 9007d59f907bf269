"""The two caches that save tokens, and the lease that keeps identical searches from paying twice.

Table, column and index names of the caches are fixed: a live database that already holds them
is adopted by ``migrate``. Nothing may point a foreign key here: a purge never cascades.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ExpiringQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """What both caches answer alike."""

    def live(self, *, now: datetime) -> ExpiringQuerySet:
        """The answers still given at this moment."""
        return self.filter(expires_at__gt=now)

    def expired(self, *, now: datetime) -> ExpiringQuerySet:
        """The answers no longer given at this moment."""
        return self.filter(expires_at__lte=now)


class DiscoveryCacheEntry(models.Model):
    """One Product Finder question and the ordered ASINs Keepa answered with."""

    cache_key = models.CharField(_("cache key"), max_length=255, primary_key=True)
    asins = models.JSONField(_("ASINs"))
    filters_applied = models.JSONField(_("filters"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), null=True, db_default=Now())
    expires_at = models.DateTimeField(_("expires"))
    hit_count = models.IntegerField(_("hits"), null=True, db_default=0)
    marketplace = models.CharField(_("marketplace"), max_length=8, db_default="us")
    total_results = models.IntegerField(
        _("matches at Keepa"), null=True, blank=True, help_text=_("Keepa's own estimate.")
    )
    tokens_spent = models.IntegerField(_("tokens spent"), db_default=0)
    last_hit_at = models.DateTimeField(_("last hit"), null=True, blank=True)

    objects = ExpiringQuerySet.as_manager()

    class Meta:
        db_table = "product_discovery_cache"
        verbose_name = _("discovery cache entry")
        verbose_name_plural = _("discovery cache entries")
        indexes = (
            models.Index(fields=["expires_at"], name="idx_discovery_expires_at"),
            models.Index(fields=["created_at"], name="idx_discovery_created_at"),
        )

    def __str__(self) -> str:
        return self.cache_key


class ScoringCacheEntry(models.Model):
    """One product's verdict under one profile, with every number and reason behind it."""

    cache_key = models.CharField(_("cache key"), max_length=255, primary_key=True)
    asin = models.CharField("ASIN", max_length=20)
    roi_percent = models.FloatField(_("ROI %"))
    velocity_score = models.FloatField(_("velocity"))
    recommendation = models.CharField(_("verdict"), max_length=50)
    title = models.CharField(_("title"), max_length=500, null=True, blank=True)  # noqa: DJ001
    price = models.FloatField(_("price"), null=True, blank=True)
    bsr = models.IntegerField(_("BSR"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), null=True, db_default=Now())
    expires_at = models.DateTimeField(_("expires"))
    hit_count = models.IntegerField(_("hits"), null=True, db_default=0)
    marketplace = models.CharField(_("marketplace"), max_length=8, db_default="us")
    breakdown = models.JSONField(_("breakdown"), null=True, blank=True)
    tokens_spent = models.IntegerField(_("tokens spent"), db_default=0)

    objects = ExpiringQuerySet.as_manager()

    class Meta:
        db_table = "product_scoring_cache"
        verbose_name = _("scoring cache entry")
        verbose_name_plural = _("scoring cache entries")
        indexes = (
            models.Index(fields=["expires_at"], name="idx_scoring_expires_at"),
            models.Index(fields=["asin"], name="idx_scoring_asin"),
            models.Index(fields=["roi_percent"], name="idx_scoring_roi"),
            models.Index(fields=["velocity_score"], name="idx_scoring_velocity"),
        )

    def __str__(self) -> str:
        return self.cache_key


class DiscoveryLease(models.Model):
    """Who is asking Keepa a question right now; a dead winner's lease simply runs out."""

    cache_key = models.CharField(_("cache key"), max_length=255, primary_key=True)
    holder = models.UUIDField(_("holder"))
    expires_at = models.DateTimeField(_("expires"))
    failure = models.JSONField(
        _("failure"),
        null=True,
        help_text=_("Why the winner failed, for those who waited for its answer."),
    )

    class Meta:
        db_table = "discovery_lease"
        verbose_name = _("question under way")
        verbose_name_plural = _("questions under way")

    def __str__(self) -> str:
        return self.cache_key
