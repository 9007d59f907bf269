"""What a product costs its user: one place, whoever and whatever asks for it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from discovery.models.vat import CostVat


class ProductCost(models.Model):
    """What a user pays for all that a listing sells at once, in the marketplace's currency."""

    class Source(models.TextChoices):
        """Who said it; a price typed or paid is worth more than that of a list."""

        TYPED = "typed", _("typed")
        BOUGHT = "bought", _("bought")
        API = "api", _("API")
        LIST = "list", _("list")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="product_costs",
    )
    marketplace = models.CharField(_("marketplace"), max_length=8)
    asin = models.CharField("ASIN", max_length=20)
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=4)
    cost_vat = models.CharField(_("VAT of the cost"), max_length=4, choices=CostVat.choices)
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    stated_at = models.DateTimeField(_("stated"))

    class Meta:
        db_table = "product_cost"
        verbose_name = _("cost of a product")
        verbose_name_plural = _("costs of products")
        ordering = ("-stated_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["user", "marketplace", "asin"], name="product_cost_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.asin} ({self.marketplace}): {self.cost}"
