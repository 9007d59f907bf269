"""From Keepa's categories to Amazon's fee categories.

Root category ids first, refined by product group where one root holds several fee categories;
then names, in English and French. What is not recognised is OTHER: "the rest" of a fee table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from discovery.scoring.inputs import ProductFacts
from discovery.scoring.marketplaces import VatClass


class FeeCategory(StrEnum):
    """A line of Amazon's fee tables, all marketplaces together."""

    BOOKS = "books"
    MUSIC = "music"
    VIDEO = "video"
    SOFTWARE = "software"
    VIDEO_GAMES = "video_games"
    CONSOLES = "consoles"
    COMPUTERS = "computers"
    ELECTRONICS = "electronics"
    LARGE_APPLIANCES = "large_appliances"
    COMPACT_APPLIANCES = "compact_appliances"
    TYRES = "tyres"
    ACCESSORIES = "accessories"  # computer and electronics accessories
    DEVICE_ACCESSORIES = "device_accessories"  # for Amazon's own devices
    BEAUTY = "beauty"
    HEALTH = "health"
    BABY = "baby"
    GROCERY = "grocery"
    WINE = "wine"
    HOME = "home"
    KITCHEN = "kitchen"
    FURNITURE = "furniture"
    CLOTHING = "clothing"
    PET_FOOD = "pet_food"  # and pet clothing
    PETS = "pets"
    DIY = "diy"
    POWER_TOOLS = "power_tools"
    AUTOMOTIVE = "automotive"
    INDUSTRIAL = "industrial"
    JEWELLERY = "jewellery"
    WATCHES = "watches"
    MUSICAL_INSTRUMENTS = "musical_instruments"
    HANDMADE = "handmade"
    OFFICE = "office"
    SPORTS = "sports"
    TOYS = "toys"
    GARDEN = "garden"
    LUGGAGE = "luggage"
    OTHER = "other"


C = FeeCategory

MEDIA = frozenset({C.BOOKS, C.MUSIC, C.VIDEO, C.SOFTWARE, C.VIDEO_GAMES})

# Keepa root category ids. The first two groups of US and FR ids come from Keepa's category
# listing; all may be verified with its /category call.
ROOTS: Mapping[str, Mapping[int, FeeCategory]] = {
    "us": {
        283155: C.BOOKS,
        5174: C.MUSIC,
        2625373011: C.VIDEO,
        229534: C.SOFTWARE,
        468642: C.VIDEO_GAMES,
        172282: C.ELECTRONICS,
        2335752011: C.ACCESSORIES,
        165793011: C.TOYS,
        1055398: C.HOME,
        3375251: C.SPORTS,
        1064954: C.OFFICE,
        3760901: C.HEALTH,
        3760911: C.BEAUTY,
        2619533011: C.PETS,
        228013: C.DIY,
        165796011: C.BABY,
        11091801: C.MUSICAL_INSTRUMENTS,
        16310101: C.GROCERY,
        15684181: C.AUTOMOTIVE,
        7141123011: C.CLOTHING,
        16310091: C.INDUSTRIAL,
        2972638011: C.GARDEN,
        2619525011: C.LARGE_APPLIANCES,
    },
    "fr": {
        301061: C.BOOKS,
        530490: C.VIDEO_GAMES,
        13921051: C.ELECTRONICS,
        322086011: C.TOYS,
        57004031: C.HOME,
        325614031: C.SPORTS,
        192420031: C.OFFICE,
        197861031: C.HEALTH,
        197858031: C.BEAUTY,
        1571268031: C.PETS,
        590748031: C.DIY,
        206617031: C.BABY,
    },
}

# Words of a product group or category name, tried in order: the narrow before the wide.
_WORDS: tuple[tuple[tuple[str, ...], FeeCategory], ...] = (
    (("tyre", " tire", "pneu"), C.TYRES),
    (
        ("amazon device", "appareils amazon", "kindle accessor", "accessoires kindle"),
        C.DEVICE_ACCESSORIES,
    ),
    (("console",), C.CONSOLES),
    (("video game", "videogame", "jeux vidéo", "jeu vidéo", "videospiel"), C.VIDEO_GAMES),
    (("ebook", "audible"), C.OTHER),
    (("book", "livre", "bücher", "libri", "libro"), C.BOOKS),
    (("instrument",), C.MUSICAL_INSTRUMENTS),
    (("dvd", "video", "vidéo", "movie", "blu-ray", "film"), C.VIDEO),
    (("music", "musique", "musik", "cds & vinyl", "vinyl"), C.MUSIC),
    (("software", "logiciel"), C.SOFTWARE),
    (("pet food", "nourriture pour animaux", "pet apparel"), C.PET_FOOD),
    (("pet ", "pets ", "animal", "haustier"), C.PETS),
    (("watch", "montre"), C.WATCHES),
    (("jewel", "bijou"), C.JEWELLERY),
    (("luggage", "bagage"), C.LUGGAGE),
    (("apparel", "clothing", "shoes", "vêtement", "chaussure", "fashion", " mode "), C.CLOTHING),
    (("furniture", "meuble"), C.FURNITURE),
    (("wine", "vin ", "vins"), C.WINE),
    (("grocery", "epicerie", "épicerie", "gourmet", "food"), C.GROCERY),
    (("kitchen", "cuisine"), C.KITCHEN),
    (("compact appliance",), C.COMPACT_APPLIANCES),
    (("appliance", "électroménager"), C.LARGE_APPLIANCES),
    (("power tool",), C.POWER_TOOLS),
    (("industrial", "scientific", "biss", "commerce, industrie"), C.INDUSTRIAL),
    (("automotive", "auto", "moto"), C.AUTOMOTIVE),
    (("accessor", "wireless", "cell phone"), C.ACCESSORIES),
    (("personal computer", "ordinateur", "computers"), C.COMPUTERS),
    (("electronic", "high-tech", "informatique", " ce ", "photo", "speakers"), C.ELECTRONICS),
    (("beauty", "beauté", "parfum"), C.BEAUTY),
    (("health", "hygiène", "santé", "drugstore", "personal care"), C.HEALTH),
    (("baby", "bébé"), C.BABY),
    (("toy", "jouet", "jeux"), C.TOYS),
    (("sport", "loisirs", "outdoors"), C.SPORTS),
    (("office", "bureau", "stationery"), C.OFFICE),
    (("bricolage", "tools", "home improvement", "diy"), C.DIY),
    (("garden", "jardin", "patio", "lawn"), C.GARDEN),
    (("handmade", "artisan"), C.HANDMADE),
    (("home", "maison"), C.HOME),
)

# Roots that hold several fee categories: what a product group may turn them into.
_REFINED: Mapping[FeeCategory, frozenset[FeeCategory]] = {
    C.HOME: frozenset({C.KITCHEN, C.FURNITURE, C.COMPACT_APPLIANCES, C.LARGE_APPLIANCES}),
    C.ELECTRONICS: frozenset({C.ACCESSORIES, C.COMPUTERS, C.DEVICE_ACCESSORIES}),
    C.VIDEO_GAMES: frozenset({C.CONSOLES}),
    C.PETS: frozenset({C.PET_FOOD}),
    C.DIY: frozenset({C.POWER_TOOLS}),
    C.AUTOMOTIVE: frozenset({C.TYRES}),
    C.CLOTHING: frozenset({C.JEWELLERY, C.WATCHES, C.LUGGAGE}),
    C.GROCERY: frozenset({C.WINE}),
    C.LARGE_APPLIANCES: frozenset({C.COMPACT_APPLIANCES}),
}


def fee_category(facts: ProductFacts) -> FeeCategory:
    """The fee category of a product; ``OTHER`` when nothing is recognised."""
    return _fee_category(
        facts.marketplace, facts.root_category, facts.product_group, facts.root_category_name
    )


@lru_cache(maxsize=4096)
def _fee_category(
    marketplace: str, root: int | None, group: str | None, root_name: str | None
) -> FeeCategory:
    by_root = ROOTS.get(marketplace, {}).get(root or 0)
    by_group = _by_words(group)
    if by_root is not None:
        if by_group is not None and by_group in _REFINED.get(by_root, ()):
            return by_group
        return by_root
    return by_group or _by_words(root_name) or C.OTHER


def _by_words(name: str | None) -> FeeCategory | None:
    if not name:
        return None
    padded = f" {name.lower()} "
    return next(
        (category for words, category in _WORDS if any(word in padded for word in words)), None
    )


def vat_class(category: FeeCategory) -> VatClass:
    """The VAT class a fee category is usually sold at."""
    if category is C.BOOKS:
        return VatClass.BOOKS
    return VatClass.FOOD if category is C.GROCERY else VatClass.STANDARD
