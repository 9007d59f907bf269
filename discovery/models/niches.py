"""Niches a user keeps, and the searches run on them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Niche(models.Model):
    """A question worth asking again: category, ranges and conditions, owned by one user."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="niches",
    )
    name = models.CharField(_("name"), max_length=120)
    marketplace = models.CharField(_("marketplace"), max_length=8)
    filters = models.JSONField(_("filters"), help_text=_("Canonical Product Finder conditions."))
    profile = models.ForeignKey(
        "discovery.BusinessProfile",
        verbose_name=_("profile"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="niches",
    )
    max_results = models.PositiveSmallIntegerField(_("products to score"), default=50)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    deleted_at = models.DateTimeField(
        _("deleted"),
        null=True,
        blank=True,
        help_text=_("It can be brought back for some days."),
    )

    class Meta:
        db_table = "niche"
        verbose_name = _("niche")
        verbose_name_plural = _("niches")
        ordering = ("-created_at",)
        indexes = (models.Index(fields=["owner", "-created_at"], name="niche_owner_newest"),)

    def __str__(self) -> str:
        return self.name


class SearchRun(models.Model):
    """One search going on in the background: its progress survives a reload or another tab."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    FINISHED = (State.DONE, State.FAILED, State.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="search_runs",
    )
    niche = models.ForeignKey(
        Niche,
        verbose_name=_("niche"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="runs",
    )
    profile = models.ForeignKey(
        "discovery.BusinessProfile",
        verbose_name=_("profile"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    filters = models.JSONField(_("filters"))
    max_results = models.PositiveSmallIntegerField(_("products to score"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.QUEUED)
    found = models.PositiveIntegerField(_("found"), default=0)
    fetched = models.PositiveIntegerField(_("fetched"), default=0)
    scored = models.PositiveIntegerField(_("scored"), default=0)
    wanted = models.PositiveIntegerField(_("wanted"), default=0)
    tokens_spent = models.IntegerField(_("tokens spent"), default=0)
    tokens_saved = models.IntegerField(_("tokens saved"), default=0)
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)
    outcome = models.JSONField(
        _("outcome"), null=True, help_text=_("Score keys and metadata of the finished search.")
    )
    failure = models.JSONField(_("failure"), null=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    progressed_at = models.DateTimeField(_("last sign of life"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        db_table = "search_run"
        verbose_name = _("search run")
        verbose_name_plural = _("search runs")
        ordering = ("-created_at",)
        indexes = (models.Index(fields=["owner", "-created_at"], name="search_run_owner_newest"),)

    def __str__(self) -> str:
        return f"{self.pk} ({self.state})"

    @property
    def is_finished(self) -> bool:
        return self.state in self.FINISHED


class SearchResult(models.Model):
    """One ranked product of a run, as it was scored then: still there tomorrow."""

    run = models.ForeignKey(
        SearchRun, verbose_name=_("run"), on_delete=models.CASCADE, related_name="results"
    )
    position = models.PositiveIntegerField(_("position"))
    asin = models.CharField("ASIN", max_length=20)
    title = models.CharField(_("title"), max_length=500, blank=True)
    verdict = models.CharField(_("verdict"), max_length=20)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True)
    max_cost = models.DecimalField(
        _("maximum buy price"), max_digits=12, decimal_places=2, null=True
    )
    profit = models.DecimalField(_("profit"), max_digits=12, decimal_places=2, null=True)
    roi_percent = models.FloatField(_("ROI %"), null=True)
    velocity_score = models.FloatField(_("velocity"))
    bsr = models.IntegerField(_("BSR"), null=True)
    breakdown = models.JSONField(_("breakdown"))

    class Meta:
        db_table = "search_result"
        verbose_name = _("search result")
        verbose_name_plural = _("search results")
        ordering = ("position",)
        indexes = (models.Index(fields=["asin"], name="search_result_asin"),)
        constraints = (
            models.UniqueConstraint(fields=["run", "position"], name="search_result_position"),
        )

    def __str__(self) -> str:
        return f"{self.position}. {self.asin}"
