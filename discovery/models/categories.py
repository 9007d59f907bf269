"""Keepa categories already paid for, so that a name is looked up once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class NamedCategories(models.Manager["KeepaCategory"]):
    """The categories that exist."""

    def get_queryset(self) -> models.QuerySet[KeepaCategory]:
        """All but the numbers Keepa knows no category of."""
        return super().get_queryset().exclude(name="")


class KeepaCategory(models.Model):
    """A browse node of one marketplace, as ``/category`` or ``/search`` described it.

    One without a name is a number Keepa was asked about and knows no category of: ``objects``
    leaves it out, ``numbers`` does not.
    """

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

    objects = NamedCategories()
    numbers = models.Manager["KeepaCategory"]()

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
