"""A purchase in words, as templates ask for it."""

from __future__ import annotations

from django import template
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from discovery.models import Purchase, Sale
from discovery.products.purchase_queries import ShownPurchase
from discovery.products.scored import StatedCost
from discovery.scoring import VatBasis, VatRegime
from discovery.text import costs, formats, labels

register = template.Library()


@register.filter
def cost_stated(purchase: Purchase) -> str:
    """What a unit cost, as it was stated: ``8,40 € HT``."""
    return costs.stated(purchase.unit_cost, purchase.marketplace, purchase.cost_vat)


@register.filter
def cost_otherwise(line: ShownPurchase) -> str:
    """The same with VAT where it was stated without, and the other way round; empty without VAT."""
    purchase = line.purchase
    if not line.has_vat:
        return ""
    if purchase.cost_vat == VatBasis.EXCLUDED:
        return costs.paid(purchase.cost_paid, purchase.marketplace)
    return costs.stated(line.without_vat, purchase.marketplace, VatBasis.EXCLUDED)


@register.filter
def cost_in(cost: StatedCost, marketplace: str) -> str:
    """A cost of a file, as it was stated."""
    return costs.stated(cost.amount, marketplace, cost.vat)


@register.filter
def judged_by(purchase: Purchase) -> str:
    """The query of the product's page that reckons as the purchase did."""
    asked = {"cost": formats.exact(purchase.unit_cost), "cost_vat": purchase.cost_vat}
    asked["units"] = "all"  # a unit bought is what the listing sells at once
    if purchase.profile_slug:
        asked["profile"] = purchase.profile_slug
    return f"?{urlencode(asked)}"


@register.filter
def regime_of(purchase: Purchase) -> str:
    """The VAT regime it was bought under."""
    return labels.regime_label(VatRegime(purchase.vat_regime))


@register.filter
def earned(sale: Sale, purchase: Purchase) -> object:
    """What the units of a sale earned; ``None`` where nobody knows what they brought."""
    if sale.received is None:
        return None
    return (sale.received - sale.vat_due - purchase.cost_net) * sale.quantity


@register.filter
def received_text(sale: Sale, currency: str) -> str:
    """What Amazon paid for a unit, and whether that was worked out."""
    if sale.received is None:
        return _("unknown")
    amount = formats.money(sale.received, currency)
    return _("≈ %(amount)s") % {"amount": amount} if sale.is_estimated else amount
