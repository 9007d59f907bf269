"""From Keepa's categories to Amazon's fee categories.

Root category ids first (``category_roots``); where one root holds several fee categories, the
product group decides or, as answers of 2026 leave that out, the names of the category tree, the
narrowest first. Without a known root: the product group, then the root's name, in the languages of
the stores. What is not recognised is OTHER: "the rest" of a fee table.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from discovery.scoring.category_roots import ROOTS
from discovery.scoring.fee_categories import FeeCategory
from discovery.scoring.inputs import (
    ProductFacts,
)
from discovery.scoring.marketplaces import VatClass

__all__ = ["MEDIA", "FeeCategory", "fee_category", "vat_class"]

C = FeeCategory

MEDIA = frozenset({C.BOOKS, C.MUSIC, C.VIDEO, C.SOFTWARE, C.VIDEO_GAMES})

Words = tuple[str, ...]
_ACCESSORY: Words = (
    "accessor", "accessoire", "zubehör", "accesorio", "acessório", "アクセサリ",
)  # fmt: skip
# "Phones and accessories" names a department that holds both: it decides nothing.
_WITH_ACCESSORIES: Words = tuple(
    f"{joint}{word}"
    for word in _ACCESSORY
    for joint in ("& ", " et ", " and ", " und ", " e ", " ed ", " y ", "・", ", ")
)
# Words of a product group or a root category's name, tried in order: the narrow before the wide.
_WORDS: tuple[tuple[Words, FeeCategory], ...] = (
    (("tyre", " tire", "pneu", "reifen", "neumático"), C.TYRES),
    (
        ("amazon device", "appareils amazon", "kindle accessor", "accessoires kindle",
         "amazon-geräte", "dispositivi amazon", "dispositivos amazon"),
        C.DEVICE_ACCESSORIES,
    ),
    (("ebook", "audible", "kindle"), C.OTHER),
    (
        ("video game", "videogame", "jeux vidéo", "jeu vidéo", "videospiel", "videogioch",
         "videojuego", " games ", "games e consoles", "ゲーム"),
        C.VIDEO_GAMES,
    ),
    (("console", "konsole"), C.CONSOLES),
    (
        ("book", "livre", "bücher", " buch", "libri", "libro", "livro", " 本 ", "洋書"),
        C.BOOKS,
    ),
    (("instrument", "strumenti", "楽器"), C.MUSICAL_INSTRUMENTS),
    (("dvd", "video", "vidéo", "movie", "blu-ray", "film", "película"), C.VIDEO),
    (
        ("music", "musique", "musik", "música", "cds & vinyl", "vinyl", "cd e vin", "cds y vin",
         "ミュージック"),
        C.MUSIC,
    ),
    (("software", "logiciel", "ソフト"), C.SOFTWARE),
    (("pet food", "nourriture pour animaux", "pet apparel"), C.PET_FOOD),
    (
        ("pet ", "pets ", "animal", "haustier", "mascota", "ペット"),
        C.PETS,
    ),
    (("watch", "montre", " uhren", "orologi", "reloj", "腕時計"), C.WATCHES),
    (("jewel", "bijou", "schmuck", "gioiell", "joyer", "ジュエリー"), C.JEWELLERY),
    (("luggage", "bagage", "koffer", "valigeria", "equipaje"), C.LUGGAGE),
    (
        ("apparel", "clothing", "shoes", "vêtement", "chaussure", "fashion", " mode ", " moda ",
         "bekleidung", "schuhe", "abbigliamento", "scarpe", " ropa", "zapato", "ファッション",
         "シューズ"),
        C.CLOTHING,
    ),
    (("furniture", "meuble", "möbel"), C.FURNITURE),
    (("wine", "vin ", "vins"), C.WINE),
    (
        ("grocery", "epicerie", "épicerie", "gourmet", "food", "lebensmittel", "alimentar",
         "alimentación", "alimentos", "食品"),
        C.GROCERY,
    ),
    (("ホーム&キッチン", "home & kitchen", "casa e cucina", "hogar y cocina"), C.HOME),
    (("kitchen", "cuisine", "küche", "cucina", "cocina", "cozinha"), C.KITCHEN),
    (("compact appliance", "petit électroménager"), C.COMPACT_APPLIANCES),
    (
        ("appliance", "électroménager", "elektro-großgeräte", "elettrodomestici",
         "electrodoméstico", "eletrodoméstico", "大型家電"),
        C.LARGE_APPLIANCES,
    ),
    (("power tool",), C.POWER_TOOLS),
    (
        ("industrial", "scientific", "biss", "commerce, industrie", "business, industry",
         "gewerbe, industrie", "commercio, industria", "industria, empresas", "産業"),
        C.INDUSTRIAL,
    ),
    (("automotive", "auto", "moto", "coche", "car & ", "カー"), C.AUTOMOTIVE),
    ((*_ACCESSORY[:2], "wireless", "cell phone"), C.ACCESSORIES),
    (
        ("personal computer", "ordinateur", "computer", "informatique", "informatica",
         "informática", "computador", "パソコン"),
        C.COMPUTERS,
    ),
    (
        ("electronic", "high-tech", " ce ", "photo", "speakers", "elektronik", "elettronica",
         "electrónic", "eletrônic", "家電"),
        C.ELECTRONICS,
    ),
    (("health, beauty", "salud, belleza"), C.HEALTH),
    (
        ("beauty", "beauté", "parfum", "kosmetik", "bellezza", "belleza", "beleza",
         "ビューティー"),
        C.BEAUTY,
    ),
    (
        ("health", "hygiène", "santé", "drugstore", "personal care", "drogerie", "salute", "salud",
         "saúde", "ドラッグストア"),
        C.HEALTH,
    ),
    (("baby", "bébé", "infanzia", "bebé", "bebê", "ベビー"), C.BABY),
    (
        ("toy", "jouet", "jeux", "spielzeug", "giocattol", "juguete", "brinquedo", "おもちゃ"),
        C.TOYS,
    ),
    (("sport", "loisirs", "outdoors", "deporte", "esporte", "スポーツ"), C.SPORTS),
    (
        ("office", "bureau", "stationery", "büro", "cancelleria", "oficina", "papelaria", "文房具"),
        C.OFFICE,
    ),
    (
        ("bricolage", "tools", "home improvement", "diy", "baumarkt", "fai da te", "bricolaje",
         "herramienta", "ferramenta"),
        C.DIY,
    ),
    (
        ("garden", "jardin", "patio", "lawn", "garten", "giardin", "jardín", "jardim"),
        C.GARDEN,
    ),
    (("handmade", "artisan"), C.HANDMADE),
    (("home", "maison", "haushalt", " casa ", "hogar"), C.HOME),
)  # fmt: skip

# What lies below a root, by words of a product group or of a name in the category tree.
_BELOW: Mapping[FeeCategory, tuple[tuple[Words, FeeCategory], ...]] = {
    C.HOME: (
        (("petit électroménager", "compact appliance", "small appliance", "petits appareils"),
         C.COMPACT_APPLIANCES),
        (("appliance", "électroménager", "großgeräte"), C.LARGE_APPLIANCES),
        (("furniture", "meuble", "möbel", "mobili", "mueble", "móveis"), C.FURNITURE),
        (("kitchen", "cuisine", "küche", "cucina", "cocina", "cozinha", "キッチン"), C.KITCHEN),
    ),
    C.ELECTRONICS: (
        (("amazon device accessor", "accessoires pour appareils amazon", "kindle accessor",
          "accessoires kindle", "accessoires pour kindle", "fire tablet accessor",
          "echo accessor"), C.DEVICE_ACCESSORIES),
        ((*_ACCESSORY, "câble", "cable", "kabel", " cavi ", "coque", "étui", "cases", "hülle",
          "custodie", "fundas", "chargeur", "charger", "ladegerät", "caricabatteri", "cargador",
          "protection d'écran", "protection d’écran", "screen protector", "ケーブル", "ケース"),
         C.ACCESSORIES),
        (("ordinateur", "computer", "laptop", "notebook", "tablette", "tablets"), C.COMPUTERS),
    ),
    C.COMPUTERS: (
        ((*_ACCESSORY, "câble", "cable", "kabel", "clavier", "keyboard", "tastatur", "souris",
          "mice", "mouse", "maus", "housse", "sacoche", "sleeve", "ケーブル"), C.ACCESSORIES),
    ),
    # The root "Cell Phones & Accessories" holds the telephones too.
    C.ACCESSORIES: ((("cell phones", "smartphone", "unlocked", "téléphones portables"),
                     C.ELECTRONICS),),
    C.VIDEO_GAMES: ((("console", "konsole", "consola"), C.CONSOLES),),
    C.PETS: (
        (("food", "nourriture", "alimentation", "aliment", "futter", "cibo", "comida", "apparel",
          "vêtement", "bekleidung"), C.PET_FOOD),
    ),
    C.DIY: (
        (("power tool", "électroportatif", "elektrowerkzeug", "utensili elettrici",
          "herramientas eléctricas"), C.POWER_TOOLS),
    ),
    C.AUTOMOTIVE: ((("tyre", " tire", "pneu", "reifen", "neumático"), C.TYRES),),
    C.CLOTHING: (
        (("jewel", "bijou", "schmuck", "gioiell", "joyer"), C.JEWELLERY),
        (("watch", "montre", " uhren", "orologi", "reloj"), C.WATCHES),
        (("luggage", "bagage", "koffer", "valigi", "equipaje"), C.LUGGAGE),
    ),
    C.GROCERY: ((("wine", " vin ", " vins", " wein", " vino"), C.WINE),),
    C.LARGE_APPLIANCES: (
        (("compact appliance", "petit électroménager"), C.COMPACT_APPLIANCES),
        # A filter for a refrigerator is sold at the rate of "the rest".
        ((*_ACCESSORY, "pièces", "parts", "filtre", "filter"), C.OTHER),
    ),
}  # fmt: skip
# Words that name something else beside what a category is found by: what is made for a console is
# none, and a shelf of wine and spirits says wine of neither.
_NOT_BELOW: Mapping[FeeCategory, Words] = {
    C.CONSOLES: (*_ACCESSORY, "jeux", "games", "spiele", "giochi", "juegos", "jogos"),
    C.COMPUTERS: _ACCESSORY,
    C.WINE: (
        *_ACCESSORY, "bière", "beer", "bier", "birr", "cerve", "spirit", "alcool", "vinaigre",
        "vinegar", "essig", "aceto", "vinagre",
    ),
    C.TYRES: (
        *_ACCESSORY, "jante", "wheel", "rims", "felge", "cerchi", "llanta", "outil", "tool",
        "gonfl", "inflat", "pression", "pressure", "répar", "repair", "chaîne", "chain",
    ),
    C.PET_FOOD: (
        "storage", "stockage", "conservation", "distribut", "dispenser", "feeder", "gamelle",
        "bowl", "container", "aufbewahrung",
    ),
}  # fmt: skip


def fee_category(facts: ProductFacts) -> FeeCategory:
    """The fee category of a product; ``OTHER`` when nothing is recognised."""
    return _fee_category(
        facts.marketplace,
        facts.root_category,
        facts.product_group,
        facts.root_category_name,
        facts.category_names,
    )


@lru_cache(maxsize=16384)
def _fee_category(
    marketplace: str,
    root: int | None,
    group: str | None,
    root_name: str | None,
    tree: tuple[str, ...],
) -> FeeCategory:
    base = ROOTS.get(marketplace, {}).get(root or 0)
    if base is None:
        base = _by_words(group) or _by_words(root_name or next(iter(tree), None)) or C.OTHER
    narrowest_first = tree[:0:-1]
    for name in (group, *narrowest_first):
        if name and (below := _below(base, name)):
            return below
    return base


def _by_words(name: str | None) -> FeeCategory | None:
    return None if not name else _first(_padded(name), _WORDS)


def _below(base: FeeCategory, name: str) -> FeeCategory | None:
    padded = _padded(name)
    for joined in _WITH_ACCESSORIES:
        padded = padded.replace(joined, " ")
    found = _first(padded, _BELOW.get(base, ()))
    if found is None or any(word in padded for word in _NOT_BELOW.get(found, ())):
        return None
    return found


def _padded(name: str) -> str:
    return f" {name.lower()} "


def _first(padded: str, table: tuple[tuple[Words, FeeCategory], ...]) -> FeeCategory | None:
    return next((found for words, found in table if any(word in padded for word in words)), None)


def vat_class(category: FeeCategory) -> VatClass:
    """The VAT class a fee category is usually sold at."""
    if category is C.BOOKS:
        return VatClass.BOOKS
    return VatClass.FOOD if category is C.GROCERY else VatClass.STANDARD
