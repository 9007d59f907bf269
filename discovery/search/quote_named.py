"""What scoring products by name would cost now, in tokens; asking spends nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from django.utils import timezone

from discovery.products.asin_lookup import Lookup, look_up_known
from discovery.products.identifiers import IdentifierKind, parse_identifier
from discovery.products.product_costs import costs_of
from discovery.products.scored import StatedCost
from discovery.profiles.service import ActiveProfile
from discovery.scoring import Grade, VatBasis
from discovery.search.discover import mean_costs
from discovery.search.quote import Asked, Quote, quote_products


def quote_identifiers(
    *,
    identifiers: Sequence[str],
    marketplace: str,
    profile: ActiveProfile,
    user_id: int,
    costs: Mapping[str, Decimal],
    cost_vat: VatBasis | None = None,
    grade: Grade | None = None,
    detail: bool = True,
) -> Quote:
    """Price what ``score_asins`` would do with the same, in five statements.

    What a product costs and how good it is are part of its score: with them less may be known.
    Raises ``NotAnIdentifier``.
    """
    read = {text: parse_identifier(text) for text in identifiers}
    known, unknown = look_up_known(
        named={found.value: found.kind is IdentifierKind.CODE for found in read.values()},
        marketplace=marketplace,
        user_id=user_id,
        now=timezone.now(),
    )
    by_asin: dict[str, list[tuple[str, Lookup]]] = {}
    for text, found in read.items():
        lookup = known.get(found.value)
        if lookup is not None and lookup.asin:
            by_asin.setdefault(lookup.asin, []).append((text, lookup))
    vat = cost_vat or profile.settings.for_marketplace(marketplace).cost_vat
    given = {asin: StatedCost(cost, vat) for asin, cost in mean_costs(by_asin, costs).items()}
    unsaid = [asin for asin in by_asin if asin not in given]
    own = costs_of(user_id=user_id, marketplace=marketplace, asins=unsaid)
    price = quote_products(
        [
            Asked(
                asin,
                given.get(asin) or own.get(asin),
                next((one.cost_units for _text, one in named if one.cost_units), None),
                min(one.open_candidates for _text, one in named),
            )
            for asin, named in by_asin.items()
        ],
        marketplace=marketplace,
        profile=profile,
        unknown_codes=unknown,
        grade=grade,
    )
    return price if detail else replace(price, detail_tokens=0)
