"""The dirtiest products of a marketplace are read, kept and scored: none of them is lost."""

from __future__ import annotations

from typing import Any

import pytest

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import KeepaProduct
from discovery.profiles.service import active_profile
from discovery.sandbox.dirt import Dirt
from discovery.search.discover import score_asins
from discovery.search.results import Asker

pytestmark = pytest.mark.django_db(transaction=True)

USUAL = Dirt()


def oddities(dirt: Dirt) -> int:
    """How many there are on one product."""
    return sum(getattr(dirt, name) != getattr(USUAL, name) for name in Dirt.__slots__)


@pytest.mark.parametrize("code", ["us", "fr", "jp", "in"])
def test_the_dirtiest_products_are_read_kept_and_scored(keepa: Any, code: str) -> None:
    live = keepa.catalogue.store(MARKETPLACES[code].domain_id).live
    dirtiest = sorted(live, key=lambda each: (not each.dirt.text, -oddities(each.dirt)))[:20]
    assert any(product.dirt.text for product in dirtiest)
    asins = {product.asin for product in dirtiest}
    found = score_asins(
        identifiers=sorted(asins),
        marketplace=code,
        profile=active_profile(),
        asker=Asker(source="manual", user_id="7"),
    )
    assert (found.problem, found.undecodable) == (None, ())
    rows = KeepaProduct.objects.filter(marketplace=code)
    assert {row.asin for row in rows} == asins
    assert not any("\x00" in row.title or "\ud83d" in row.title for row in rows)
    sold_new = {product.asin for product in dirtiest if product.product_type == 0}
    assert {row.asin for row in rows if row.is_usable} >= sold_new
