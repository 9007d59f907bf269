"""Where a product of a run can be bought, in words: what its line's evidence says of its cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import CostKind
from discovery.text import formats
from discovery.text.conditions import joined, marketplace_label

PLACES = {
    CostKind.SAME_LISTING.value: gettext_noop("an offer on the listing"),
    CostKind.DIP.value: gettext_noop("Amazon, while it is cheap"),
    CostKind.LIST.value: gettext_noop("your supplier"),
    CostKind.STATED.value: gettext_noop("where you know"),
}
IDENTITIES = {
    "proved": gettext_noop("identity proved"),
    "to_check": gettext_noop("identity to be checked"),
}


def cost_evidence(evidence: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What a line's evidence says of its cost; empty where no real one was found."""
    found = (evidence or {}).get("cost")
    return found if isinstance(found, Mapping) else {}


def place_code(evidence: Mapping[str, Any] | None) -> str:
    """Where it is bought, for programs: ``europe:de``, ``same_listing``; empty when unknown."""
    found = cost_evidence(evidence)
    kind, source = str(found.get("kind") or ""), str(found.get("source") or "")
    return f"{kind}:{source}" if kind and source else kind


def place_label(code: str) -> str:
    """The same for people: ``Amazon.de``, ``an offer on the listing``, the name of a list."""
    kind, _colon, source = code.partition(":")
    if kind == CostKind.EUROPE.value:
        return marketplace_label(source)
    if kind == CostKind.LIST.value and source:
        return source
    return _(PLACES[kind]) if kind in PLACES else kind


def place_details(evidence: Mapping[str, Any] | None) -> str:
    """Its price there, what carriage adds, how sure its identity is, when it was seen."""
    found = cost_evidence(evidence)
    source = str(found.get("source") or "")
    market = MARKETPLACES.get(source) or MARKETPLACES.get(str(found.get("marketplace") or ""))
    words = []
    price, carriage = _amount(found.get("price")), _amount(found.get("carriage"))
    if price is not None:
        words.append(formats.money(price, market.currency) if market else formats.exact(price))
    if carriage and market:
        words.append(
            _("%(amount)s of carriage") % {"amount": formats.money(carriage, market.currency)}
        )
    if found.get("identity") in IDENTITIES:
        words.append(_(IDENTITIES[str(found["identity"])]))
    if (seen := _moment(found.get("seen_at"))) is not None:
        words.append(_("seen on %(moment)s") % {"moment": formats.when(seen)})
    return joined(words)


def place_url(evidence: Mapping[str, Any] | None, *, marketplace: str, asin: str) -> str:
    """The listing it is bought on; empty where it is none of Amazon's."""
    found = cost_evidence(evidence)
    kind = found.get("kind")
    if kind not in {CostKind.SAME_LISTING.value, CostKind.EUROPE.value, CostKind.DIP.value}:
        return ""
    code = str(found.get("source")) if kind == CostKind.EUROPE.value else marketplace
    market = MARKETPLACES.get(code)
    return market.product_url(str(found.get("asin") or asin)) if market else ""


def _amount(value: object) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None


def _moment(value: object) -> Any:
    try:
        return parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
