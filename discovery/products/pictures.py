"""The pictures of products, for pages that know them by name alone."""

from __future__ import annotations

from collections.abc import Iterable

from discovery.models import KeepaProduct
from discovery.products.from_keepa import ProductCard


def cards_of(products: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], ProductCard]:
    """Marketplace, ASIN and title -> their cards with a picture alone, in one statement.

    A product that is not stored has a card without one.
    """
    titles = {(marketplace, asin): title for marketplace, asin, title in products}
    stored = KeepaProduct.objects.filter(asin__in={asin for _marketplace, asin in titles})
    images = (
        {
            (marketplace, asin): image
            for marketplace, asin, image in stored.filter(is_usable=True).values_list(
                "marketplace", "asin", "facts__card__image"
            )
        }
        if titles
        else {}
    )
    return {
        (marketplace, asin): plain_card(
            marketplace, asin, title=title, image=images.get((marketplace, asin))
        )
        for (marketplace, asin), title in titles.items()
    }


def plain_card(marketplace: str, asin: str, *, title: str, image: str | None) -> ProductCard:
    """A card of what is not measured: its title and its picture alone."""
    return ProductCard(
        marketplace=marketplace,
        asin=asin,
        title=title,
        image=image,
        brand=None,
        category=None,
        bsr=None,
        bsr_avg90=None,
        new_offers=None,
        fba_offers=None,
    )
