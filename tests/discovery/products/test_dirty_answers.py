"""The dirtiest products of a marketplace are read, kept and scored: none of them is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from discovery.keepa.decode import decode_product
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import KeepaProduct
from discovery.products import buy_box
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


def unstorable(monkeypatch: pytest.MonkeyPatch, asin: str) -> None:
    """Have the decoder let through, for one product, what PostgreSQL stores in no text."""

    def decoded(raw: Any, **options: Any) -> Any:
        snapshot = decode_product(raw, **options)
        return replace(snapshot, brand="A\x00B") if snapshot.asin == asin else snapshot

    monkeypatch.setattr("discovery.keepa.answers.decode_product", decoded)


def test_a_product_that_cannot_be_stored_loses_itself_and_not_its_batch(
    keepa: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    live = keepa.catalogue.store(MARKETPLACES["us"].domain_id).live
    asins = [product.asin for product in live if not product.product_type][:10]
    unstorable(monkeypatch, asins[3])
    found = score_asins(
        identifiers=asins,
        marketplace="us",
        profile=active_profile(),
        asker=Asker(source="manual", user_id="7"),
        detail=False,
    )
    assert (found.problem, found.undecodable) == (None, (asins[3],))
    assert {product.asin for product in found.products} == set(asins) - {asins[3]}
    assert set(KeepaProduct.objects.values_list("asin", flat=True)) == set(asins) - {asins[3]}
    assert f"{asins[3]} could not be stored" in caplog.text
    assert found.tokens_spent == keepa.charged_total == len(asins)


def test_the_buy_box_of_a_product_that_cannot_be_stored_is_said_to_be_unanswered(
    keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = keepa.catalogue.store(MARKETPLACES["us"].domain_id).live
    asins = [product.asin for product in live if not product.product_type][:3]
    unstorable(monkeypatch, asins[0])
    assert buy_box.buy(marketplace="us", asins=asins).unanswered == (asins[0],)
