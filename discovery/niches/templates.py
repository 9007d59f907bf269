"""Questions to start from: where resellers look first, with ranges that leave something to find.

Ranges are starting points taken from the trade's rules of thumb, wide enough to be narrowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

from django.utils.translation import gettext_noop

from discovery.keepa.categories.known import find, known_categories
from discovery.keepa.finder import NicheFilters
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.scoring.currencies import local_amount
from discovery.search.request import read_filters


@dataclass(frozen=True)
class NicheTemplate:
    """``name`` and ``why`` are to be translated; ``asked`` is what ``read_filters`` reads.

    ``profile`` is the slug of the shipped profile it is meant for, empty for the default one.
    ``shelf`` names a sub-category that is narrower than the department, for the stores where it is
    known; in the others ``words`` of the title, by marketplace, stand for it. ``only`` is the one
    marketplace it is for.
    """

    slug: str
    name: str
    why: str
    asked: Mapping[str, Any]
    profile: str = ""
    shelf: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    only: str = ""

    @cached_property
    def filters(self) -> NicheFilters:
        """What the template asks of the Product Finder."""
        return read_filters(self.asked)

    def on(self, marketplace: str) -> NicheTemplate | None:
        """The same question on another marketplace, in its categories and its currency; ``None``
        where that cannot be asked.
        """
        if self.only:
            return self if self.only == marketplace else None
        known = known_categories(marketplace)
        found = find(self.asked["categories"][0], known)
        shelf = find(self.shelf, known) if self.shelf else ()
        if not found or (self.shelf and not shelf and marketplace not in self.words):
            return None
        asked = {
            **self.asked,
            "marketplace": marketplace,
            "categories": [str((shelf or found)[0].id)],
            "price_range": [local_price(end, marketplace) for end in self.asked["price_range"]],
        }
        if self.shelf and not shelf:
            asked["title"] = self.words[marketplace]
        return replace(self, asked=asked)


def local_price(euros: int, marketplace: str) -> int:
    """A price in euros as a round number of the marketplace's currency."""
    amount = int(local_amount(Decimal(euros), MARKETPLACES[marketplace].currency))
    return amount if amount < 1000 else round(amount, -2)


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


# What the titles of board games say where their category's number is not known.
BOARD_GAMES = {
    "fr": "jeu de société",
    "uk": "board game",
    "ca": "board game",
    "in": "board game",
    "de": "Brettspiel",
    "it": "gioco da tavolo",
    "es": "juego de mesa",
    "mx": "juego de mesa",
    "br": "jogo de tabuleiro",
    "jp": "ボードゲーム",
}

_TEMPLATES = (
    NicheTemplate(
        "manuels-universitaires",
        gettext_noop("University textbooks"),
        gettext_noop(
            "Expensive, bought every term, and rarely stocked by Amazon in every edition."
        ),
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
        shelf="Board Games",
        words=BOARD_GAMES,
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
        gettext_noop("Health products with monthly sales"),
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
        only="us",
    ),
)


@cache
def templates_for(marketplace: str) -> tuple[NicheTemplate, ...]:
    """The questions to start from on a marketplace; none on one we do not know."""
    if marketplace not in MARKETPLACES:
        return ()
    adapted = (template.on(marketplace) for template in _TEMPLATES)
    return tuple(template for template in adapted if template)


def template_of(slug: str, marketplace: str) -> NicheTemplate | None:
    """The question of that name, on the marketplace if it can be asked there, else on its own."""
    wanted = next((template for template in _TEMPLATES if template.slug == slug), None)
    if wanted is None:
        return None
    here = wanted.on(marketplace) if marketplace in MARKETPLACES else None
    return here or wanted.on(str(wanted.asked["marketplace"]))
