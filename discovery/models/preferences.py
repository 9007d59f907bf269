"""How a user wants the site: where they sell, with which profile, what their tables show."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Preferences(models.Model):
    """One row for each user who has chosen anything; empty values mean what the site does."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="preferences",
    )
    marketplace = models.CharField(_("marketplace"), max_length=8, blank=True, default="")
    profile = models.ForeignKey(
        "discovery.BusinessProfile",
        verbose_name=_("profile"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    time_zone = models.CharField(
        _("time zone"), max_length=40, blank=True, default="", db_default=""
    )
    table = models.JSONField(
        _("table"), default=dict, blank=True, help_text=_("Columns, their order, density.")
    )
    sourcing_links = models.JSONField(_("sourcing links"), default=list, blank=True)
    introduced_at = models.DateTimeField(_("first questions answered"), null=True, blank=True)

    class Meta:
        db_table = "preferences"
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"{self.user_id}"
