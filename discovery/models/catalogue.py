"""Products as Keepa last described them, and the codes that stand for them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class KeepaProduct(models.Model):
    """The decoded snapshot of one ASIN on one marketplace."""

    marketplace = models.CharField(_("marketplace"), max_length=8)
    asin = models.CharField("ASIN", max_length=20)
    title = models.CharField(_("title"), max_length=500, blank=True)
    facts = models.JSONField(_("facts"), help_text=_("What the scoring engine reads."))
    finder_values = models.JSONField(
        _("finder values"), help_text=_("What Product Finder conditions are tested against.")
    )
    history = models.JSONField(_("history"), help_text=_("The series the charts are drawn from."))
    rank_spark = models.JSONField(
        _("rank, 90 days"),
        default=list,
        blank=True,
        db_default=models.Value([], models.JSONField()),
        help_text=_("A few ranks of the last 90 days, for the small curve in tables."),
    )
    has_buy_box = models.BooleanField(
        _("Buy Box detail"), help_text=_("Fetched with Buy Box series (3 tokens instead of 1).")
    )
    is_usable = models.BooleanField(
        _("usable"), default=True, help_text=_("False when the ASIN is dead or has no data.")
    )
    tokens_spent = models.IntegerField(_("tokens spent"), default=0)
    fetched_at = models.DateTimeField(_("fetched"))
    confirmed_at = models.DateTimeField(
        _("confirmed"),
        null=True,
        blank=True,
        help_text=_("When Keepa last said that it had not looked again since it was fetched."),
    )
    gone_at = models.DateTimeField(
        _("gone"),
        null=True,
        blank=True,
        help_text=_("When Keepa, asked for the Buy Box, had nothing on it any more."),
    )

    class Meta:
        db_table = "keepa_product"
        verbose_name = _("Keepa product")
        verbose_name_plural = _("Keepa products")
        constraints = (
            models.UniqueConstraint(fields=["marketplace", "asin"], name="keepa_product_identity"),
        )
        indexes = (models.Index(fields=["fetched_at"], name="keepa_product_fetched"),)

    def __str__(self) -> str:
        return f"{self.asin} ({self.marketplace})"


class ProductCode(models.Model):
    """Which products an EAN, UPC or ISBN-13 stands for, so that it is paid for once.

    ``asin`` is the best candidate's, empty while none is known. A UPC is kept as its EAN.
    """

    marketplace = models.CharField(_("marketplace"), max_length=8)
    code = models.CharField(_("code"), max_length=20)
    asin = models.CharField("ASIN", max_length=20, blank=True)
    candidates = models.JSONField(
        _("candidates"), default=list, help_text=_("The products of this code, the best first.")
    )
    limit = models.PositiveSmallIntegerField(
        _("most asked for"),
        default=1,
        help_text=_("Products asked for at most: with as many candidates there may be more."),
    )
    resolved_at = models.DateTimeField(_("resolved"))

    class Meta:
        db_table = "keepa_product_code"
        verbose_name = _("product code")
        verbose_name_plural = _("product codes")
        constraints = (
            models.UniqueConstraint(
                fields=["marketplace", "code"], name="keepa_product_code_identity"
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} -> {self.asin or '?'}"


class CodeChoice(models.Model):
    """What a user has said about a code, or an ASIN: which product it is, what a cost pays for.

    It is one's own: another may buy the lot where this one buys the unit.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="code_choices",
    )
    marketplace = models.CharField(_("marketplace"), max_length=8)
    code = models.CharField(_("code"), max_length=20, help_text=_("A code, or an ASIN."))
    asin = models.CharField("ASIN", max_length=20)
    cost_units = models.PositiveIntegerField(
        _("units the cost is for"), null=True, help_text=_("Empty: nobody has said.")
    )
    chosen_at = models.DateTimeField(_("chosen"), auto_now=True)

    class Meta:
        db_table = "code_choice"
        verbose_name = _("choice for a code")
        verbose_name_plural = _("choices for codes")
        constraints = (
            models.UniqueConstraint(
                fields=["user", "marketplace", "code"], name="code_choice_identity"
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} -> {self.asin}"
