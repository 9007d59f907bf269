"""Niches a user keeps: questions worth asking again."""

from __future__ import annotations

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
    shared = models.BooleanField(
        _("shared with the team"),
        default=False,
        db_default=False,
        help_text=_("Everybody of the site may read it; only its owner may change it."),
    )
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
        indexes = (
            models.Index(fields=["owner", "-created_at"], name="niche_owner_newest"),
            models.Index(
                fields=["-created_at"],
                name="niche_shared_newest",
                condition=models.Q(shared=True),
            ),
        )

    def __str__(self) -> str:
        return self.name
