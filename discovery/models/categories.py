"""Keepa categories already paid for, so that a name is looked up once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeepaCategory(models.Model):
    """A browse node of one marketplace, as ``/category`` or ``/search`` described it."""

    marketplace = models.CharField(_("marketplace"), max_length=8)
    category_id = models.BigIntegerField(_("category"))
    name = models.CharField(_("name"), max_length=300)
    parent_id = models.BigIntegerField(_("parent"), null=True, blank=True)
    is_root = models.BooleanField(_("root category"), default=False)
    is_learnt = models.BooleanField(
        _("learnt"), default=False, help_text=_("It came with a product; nobody asked for it.")
    )
    opened_at = models.DateTimeField(
        _("opened"), null=True, blank=True, help_text=_("When its sub-categories were asked for.")
    )
    fetched_at = models.DateTimeField(_("fetched"))

    class Meta:
        db_table = "keepa_category"
        verbose_name = _("Keepa category")
        verbose_name_plural = _("Keepa categories")
        ordering = ("marketplace", "name")
        constraints = (
            models.UniqueConstraint(
                fields=["marketplace", "category_id"], name="keepa_category_identity"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.marketplace} {self.category_id})"
