"""How an amount paid is stated."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from discovery.scoring import VatBasis


class CostVat(models.TextChoices):
    """With VAT or without, as ``scoring.VatBasis``."""

    INCLUDED = VatBasis.INCLUDED.value, _("incl. VAT")
    EXCLUDED = VatBasis.EXCLUDED.value, _("excl. VAT")
