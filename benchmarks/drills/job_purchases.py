"""What looks of jobs buy, and what of it must not be bought again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

# Endpoint, Keepa's number of the store, what of it, whether with its Buy Box.
Bought = tuple[str, str, str, bool]


def stored_now() -> frozenset[Bought]:
    """What was paid for and is stored, so that nobody need pay for it again."""
    from django.utils import timezone

    from discovery.keepa.marketplaces import marketplace_of
    from discovery.models import DiscoveryCacheEntry, KeepaProduct, Run, Storefront

    found: set[Bought] = set()
    home = str(marketplace_of("fr").domain_id)
    rows = KeepaProduct.objects.values_list("marketplace", "asin", "has_buy_box")
    for code, asin, has_buy_box in rows:
        domain = str(marketplace_of(code).domain_id)
        found.add(("product", domain, asin, False))
        if has_buy_box:
            found.add(("product", domain, asin, True))
    if DiscoveryCacheEntry.objects.exists():
        found.add(("query", home, "", False))
    if Run.objects.exclude(outcome=None).exists():
        found.add(("deal", home, "", False))
    lately = timezone.now() - timedelta(hours=1)
    shops = Storefront.objects.filter(looked_at__gt=lately).values_list("seller_id", flat=True)
    return frozenset(found.union(("seller", home, shop, False) for shop in shops))


def asked_by(call: Any) -> frozenset[Bought]:
    """What a call of the sandbox's was paid for."""
    if not call.tokens:
        return frozenset()
    home = str(call.params.get("domain", ""))
    if call.endpoint == "product":
        asins, detail = call.params["asin"].split(","), "buybox" in call.params
        return frozenset(("product", home, asin, detail) for asin in asins)
    if call.endpoint == "seller":
        return frozenset({("seller", home, call.params["seller"], False)})
    if call.endpoint in {"query", "deal"}:
        return frozenset({(call.endpoint, home or "4", "", False)})
    return frozenset()
