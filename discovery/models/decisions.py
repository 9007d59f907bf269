"""What a user decided about a product; every row has its owner, and each fact stands alone."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from discovery.models.vat import CostVat


class Favourite(models.Model):
    """A product its user wants to keep an eye on, whatever else was decided about it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="favourites",
    )
    marketplace = models.CharField(_("marketplace"), max_length=8)
    asin = models.CharField("ASIN", max_length=20)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        db_table = "favourite"
        verbose_name = _("favourite")
        verbose_name_plural = _("favourites")
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(fields=["user", "marketplace", "asin"], name="favourite_once"),
        )

    def __str__(self) -> str:
        return f"{self.asin} ({self.marketplace})"


class LiveCheck(models.Model):
    """The live offers of a product, paid for just before buying, and what they changed."""

    class Outcome(models.TextChoices):
        """Whether to buy as planned, think again, or leave it."""

        OK = "ok", _("OK")
        CHANGED = "changed", _("changed")
        AVOID = "avoid", _("avoid")
        UNKNOWN = "unknown", _("nothing learnt")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="live_checks",
    )
    marketplace = models.CharField(_("marketplace"), max_length=8)
    asin = models.CharField("ASIN", max_length=20)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=4, null=True, blank=True)
    cost_vat = models.CharField(
        _("VAT of the cost"),
        max_length=4,
        choices=CostVat.choices,
        default=CostVat.INCLUDED,
    )
    grade = models.CharField(
        _("grade of the copy"),
        max_length=10,
        blank=True,
        default="",
        help_text=_("Which used copy it was for; empty: noted before there was a choice."),
    )
    profile_slug = models.CharField(_("profile"), max_length=60)
    findings = models.JSONField(_("findings"), default=list)
    offers = models.JSONField(_("offers"), default=list)
    # The facts before and after the look: another cost or profile is judged on the same pair.
    before = models.JSONField(default=dict, editable=False)
    after = models.JSONField(null=True, editable=False)
    tokens_spent = models.IntegerField(_("tokens spent"), default=0)
    checked_at = models.DateTimeField(_("checked"))

    class Meta:
        db_table = "live_check"
        verbose_name = _("live check")
        verbose_name_plural = _("live checks")
        ordering = ("-checked_at",)
        indexes = (
            models.Index(
                fields=["user", "marketplace", "asin", "-checked_at"], name="live_check_newest"
            ),
        )

    def __str__(self) -> str:
        return f"{self.asin} ({self.marketplace}): {self.outcome}"


class ProductDecision(models.Model):
    """A line of the log: bought at a price, ignored for a reason, or a note."""

    class Kind(models.TextChoices):
        """What was decided."""

        BOUGHT = "bought", _("bought")
        IGNORED = "ignored", _("ignored")
        NOTE = "note", _("note")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="product_decisions",
    )
    marketplace = models.CharField(_("marketplace"), max_length=8)
    asin = models.CharField("ASIN", max_length=20)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    price = models.DecimalField(
        _("price paid"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    cost_vat = models.CharField(
        _("VAT of the price"),
        max_length=4,
        choices=CostVat.choices,
        default=CostVat.INCLUDED,
    )
    quantity = models.PositiveIntegerField(
        _("quantity"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        db_table = "product_decision"
        verbose_name = _("product decision")
        verbose_name_plural = _("product decisions")
        ordering = ("-created_at", "-pk")
        indexes = (
            models.Index(fields=["user", "marketplace", "asin"], name="product_decision_of_user"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.asin} ({self.marketplace})"
