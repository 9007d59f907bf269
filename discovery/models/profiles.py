"""Business profiles: how a reseller buys, sells and is taxed; every change is kept."""

from __future__ import annotations

from django.conf import settings as site
from django.db import models
from django.utils.translation import gettext_lazy as _


class BusinessProfile(models.Model):
    """A named set of scoring settings; ``settings`` holds only what differs from the defaults."""

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True)
    owner = models.ForeignKey(
        site.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="business_profiles",
    )
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    revision = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    is_default = models.BooleanField(_("default profile"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        db_table = "business_profile"
        verbose_name = _("business profile")
        verbose_name_plural = _("business profiles")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="business_profile_one_default",
            ),
        )

    def __str__(self) -> str:
        return self.name


class BusinessProfileRevision(models.Model):
    """What a profile's settings were, who saved them, and when."""

    profile = models.ForeignKey(
        BusinessProfile, verbose_name=_("profile"), on_delete=models.CASCADE, related_name="history"
    )
    number = models.PositiveIntegerField(_("number"))
    settings = models.JSONField(_("settings"))
    saved_by = models.ForeignKey(
        site.AUTH_USER_MODEL,
        verbose_name=_("saved by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    saved_at = models.DateTimeField(_("saved"), auto_now_add=True)

    class Meta:
        db_table = "business_profile_revision"
        verbose_name = _("profile revision")
        verbose_name_plural = _("profile revisions")
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(
                fields=["profile", "number"], name="business_profile_revision_number"
            ),
        )

    def __str__(self) -> str:
        return f"{self.profile} r{self.number}"
