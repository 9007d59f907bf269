"""Questions to start from: where resellers look first, with ranges that leave something to find.

Ranges are starting points taken from the trade's rules of thumb, wide enough to be narrowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_noop

from discovery.keepa.categories.known import find, known_categories
from discovery.keepa.finder import NicheFilters
from discovery.scoring.currencies import currency_of, local_amount
from discovery.search.request import read_filters


@dataclass(frozen=True)
class NicheTemplate:
    """``name`` and ``why`` are to be translated; ``asked`` is what ``read_filters`` reads.

    ``profile`` is the slug of the shipped profile it is meant for, empty for the default one.
    """

    slug: str
    name: str
    why: str
    asked: Mapping[str, Any]
    profile: str = ""

    @cached_property
    def filters(self) -> NicheFilters:
        """What the template asks of the Product Finder."""
        return read_filters(self.asked)


def question(
    category: str, low: int, high: int, price: tuple[int, int], **more: Any
) -> dict[str, Any]:
    """What ``read_filters`` reads: a category of amazon.fr unless ``marketplace`` says otherwise,
    the lowest and highest sales rank, the lowest and highest price in the marketplace's currency.
    """
    return {
        "marketplace": "fr",
        "categories": [category],
        "bsr_range": [low, high],
        "price_range": list(price),
        **more,
    }


TEMPLATES = (
    NicheTemplate(
        "manuels-universitaires",
        gettext_noop("University textbooks"),
        gettext_noop("Dear, bought every term, and rarely stocked by Amazon in every edition."),
        question("Livres", 5_000, 150_000, (25, 90), new_offers_max=15),
    ),
    NicheTemplate(
        "livres-occasion-rapides",
        gettext_noop("Second-hand books that turn fast"),
        gettext_noop("Enough used offers to buy from, enough rank drops to sell within weeks."),
        question("Livres", 1_000, 80_000, (10, 40), used_offers_min=3, drops90_min=30),
        profile="occasion",
    ),
    NicheTemplate(
        "jeux-de-societe",
        gettext_noop("Board games, Amazon absent"),
        gettext_noop("Steady sellers whose price holds when Amazon is not on the listing."),
        question("Jeux et Jouets", 500, 40_000, (15, 60), amazon_absent=True),
    ),
    NicheTemplate(
        "jouets-hors-saison",
        gettext_noop("Toys out of season"),
        gettext_noop("Bought while they sleep, sold when Amazon runs out before Christmas."),
        question("Jeux et Jouets", 20_000, 120_000, (20, 80), amazon_out_of_stock90_min=50),
    ),
    NicheTemplate(
        "cuisine-peu-de-vendeurs",
        gettext_noop("Kitchen goods with few sellers"),
        gettext_noop("Everyday goods where three or four sellers share the Buy Box."),
        question("Cuisine et Maison", 1_000, 30_000, (20, 80), new_offers_max=8),
    ),
    NicheTemplate(
        "high-tech-accessoires",
        gettext_noop("Electronics accessories"),
        gettext_noop("Small, light, cheap to send; leave the devices themselves to Amazon."),
        question("High-Tech", 500, 20_000, (15, 50), new_offers_max=10, weight_max=800),
    ),
    NicheTemplate(
        "fournitures-de-bureau",
        gettext_noop("Office supplies"),
        gettext_noop("Refills and consumables that offices buy again and again."),
        question("Fournitures de bureau", 500, 25_000, (12, 60), new_offers_max=12),
    ),
    NicheTemplate(
        "jeux-video-recherches",
        gettext_noop("Sought-after video games"),
        gettext_noop("Titles out of print keep their price long after the shops cleared them."),
        question("Jeux vidéo", 500, 15_000, (20, 70), amazon_absent=True),
    ),
    NicheTemplate(
        "sports-et-loisirs",
        gettext_noop("Sports gear before the season"),
        gettext_noop("Bought three months early, when the rank is still asleep."),
        question("Sports et Loisirs", 2_000, 40_000, (20, 90), new_offers_max=10),
    ),
    NicheTemplate(
        "bricolage-pieces",
        gettext_noop("Spare parts and small tools"),
        gettext_noop("A precise need, few rivals, hardly any returns."),
        question("Bricolage", 1_000, 40_000, (15, 80), new_offers_max=8, exclude_hazmat=True),
    ),
    NicheTemplate(
        "hygiene-et-sante",
        gettext_noop("Health, sold every month"),
        gettext_noop("Consumables with known monthly sales; nothing hazardous."),
        question(
            "Hygiène et Santé", 300, 15_000, (12, 40), monthly_sold_min=50, exclude_hazmat=True
        ),
    ),
    NicheTemplate(
        "animalerie",
        gettext_noop("Pet supplies"),
        gettext_noop("Owners stay faithful to a brand: sales repeat and prices hold."),
        question("Animalerie", 300, 20_000, (15, 60), new_offers_max=10),
    ),
    NicheTemplate(
        "us-medical-books",
        gettext_noop("Medical books on amazon.com"),
        gettext_noop("High prices, a new edition every few years, buyers who must have it."),
        question("Medical Books", 5_000, 250_000, (30, 150), marketplace="us", new_offers_max=15),
    ),
)
BY_SLUG = {template.slug: template for template in TEMPLATES}


def templates_for(marketplace: str) -> tuple[NicheTemplate, ...]:
    """The templates asked on this marketplace: its own, and those whose category it has too.

    Prices are turned into round ones of its currency.
    """
    return tuple(
        template if template.asked["marketplace"] == marketplace else moved
        for template in TEMPLATES
        if (moved := _moved(template, marketplace)) is not None
    )


def _moved(template: NicheTemplate, marketplace: str) -> NicheTemplate | None:
    """The template on another marketplace; ``None`` where that has no such category built in."""
    names = []
    for name in template.asked["categories"]:
        found = find(name, known_categories(marketplace))
        if len(found) != 1:
            return None
        names.append(found[0].name)
    currency = currency_of(marketplace)
    prices = [
        int(local_amount(Decimal(price), currency)) for price in template.asked["price_range"]
    ]
    asked = {**template.asked, "marketplace": marketplace, "categories": names}
    return replace(template, asked={**asked, "price_range": prices})
