"""What was really bought, and what became of it: the money beside the scores."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from discovery.models.decisions import ProductDecision
from discovery.models.vat import CostVat


class Purchase(models.Model):
    """Units of one product bought at one price, in the marketplace's currency.

    ``unit_cost`` is as stated, ``cost_paid`` with its VAT, ``cost_net`` less what is recovered of
    it: the regime and the rates of the day are kept beside them, and change with no profile. What
    the score said then is kept too, to be held against what came.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="purchases",
    )
    marketplace = models.CharField(_("marketplace"), max_length=8)
    asin = models.CharField("ASIN", max_length=20)
    title = models.CharField(_("title"), max_length=500, blank=True)
    bought_on = models.DateField(_("bought on"))
    place = models.CharField(_("where"), max_length=120, blank=True)
    unit_cost = models.DecimalField(_("unit cost"), max_digits=12, decimal_places=4)
    cost_vat = models.CharField(_("VAT of the cost"), max_length=4, choices=CostVat.choices)
    quantity = models.PositiveIntegerField(_("quantity"), validators=[MinValueValidator(1)])
    note = models.CharField(_("note"), max_length=500, blank=True)

    cost_paid = models.DecimalField(_("paid a unit"), max_digits=14, decimal_places=4)
    cost_net = models.DecimalField(
        _("net cost a unit"),
        max_digits=14,
        decimal_places=4,
        help_text=_("Less the VAT that is recovered."),
    )
    vat_regime = models.CharField(_("VAT regime"), max_length=10)
    sale_vat_percent = models.DecimalField(
        _("VAT rate of the sale"), max_digits=7, decimal_places=3
    )
    purchase_vat_percent = models.DecimalField(
        _("VAT rate of the purchase"), max_digits=7, decimal_places=3
    )

    score = models.JSONField(
        _("score at the purchase"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Empty: nothing was known of the product, or it was told later."),
    )
    verdict = models.CharField(_("verdict"), max_length=20, blank=True)
    roi_percent = models.DecimalField(
        _("ROI"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    expected_profit = models.DecimalField(
        _("expected profit a unit"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    engine_version = models.CharField(_("engine version"), max_length=20, blank=True)
    profile_slug = models.CharField(_("profile"), max_length=60, blank=True)
    profile_revision = models.PositiveIntegerField(_("revision"), null=True, blank=True)

    decision = models.OneToOneField(
        ProductDecision,
        verbose_name=_("product decision"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="purchase",
    )
    # By which a line of a file is known again.
    reference = models.UUIDField(_("reference"), default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        db_table = "purchase"
        verbose_name = _("purchase")
        verbose_name_plural = _("purchases")
        ordering = ("-bought_on", "-pk")
        constraints = (
            models.UniqueConstraint(fields=["user", "reference"], name="purchase_once"),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=1) & models.Q(unit_cost__gt=0),
                name="purchase_of_something",
            ),
        )
        indexes = (
            models.Index(fields=["user", "-bought_on"], name="purchase_newest"),
            models.Index(fields=["user", "marketplace", "asin"], name="purchase_of_product"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.asin} ({self.marketplace})"


class Sale(models.Model):
    """Units of a purchase sold at one price, VAT included.

    ``received`` is what Amazon pays out for a unit, its fees taken; ``None`` where neither the
    user nor what is stored tells it. ``vat_due`` is the VAT owed on a unit.
    """

    purchase = models.ForeignKey(
        Purchase, verbose_name=_("purchase"), on_delete=models.CASCADE, related_name="sales"
    )
    sold_on = models.DateField(_("sold on"))
    quantity = models.PositiveIntegerField(_("quantity"), validators=[MinValueValidator(1)])
    price = models.DecimalField(_("price a unit"), max_digits=12, decimal_places=4)
    received = models.DecimalField(
        _("received a unit"), max_digits=12, decimal_places=4, null=True, blank=True
    )
    is_estimated = models.BooleanField(
        _("estimated"), default=False, help_text=_("What is received was worked out, not stated.")
    )
    vat_due = models.DecimalField(_("VAT owed a unit"), max_digits=14, decimal_places=4)
    note = models.CharField(_("note"), max_length=500, blank=True)
    reference = models.UUIDField(_("reference"), default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        db_table = "sale"
        verbose_name = _("sale")
        verbose_name_plural = _("sales")
        ordering = ("-sold_on", "-pk")
        constraints = (
            models.UniqueConstraint(fields=["purchase", "reference"], name="sale_once"),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=1) & models.Q(price__gt=0),
                name="sale_of_something",
            ),
        )
        indexes = (models.Index(fields=["sold_on"], name="sale_by_day"),)

    def __str__(self) -> str:
        return f"{self.quantity} × {self.price}"


class PurchaseFile(models.Model):
    """A file of purchases that its owner has given and not yet confirmed; one at a time."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="purchase_file",
    )
    name = models.CharField(_("name"), max_length=200)
    marketplace = models.CharField(_("marketplace"), max_length=8)
    rows = models.JSONField(_("lines"))
    given_at = models.DateTimeField(_("given"))

    class Meta:
        db_table = "purchase_file"
        verbose_name = _("file of purchases")
        verbose_name_plural = _("files of purchases")

    def __str__(self) -> str:
        return self.name
