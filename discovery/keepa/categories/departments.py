"""The departments of the stores beside amazon.com and amazon.fr: Keepa's root ids and their names.

The ids are those of ``discovery.scoring.category_roots``; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator

# Department -> what it is also called, in English and in French.
ALIASES = {
    "books": ("Books", "Livres"),
    "toys": ("Toys & Games", "Toys", "Jeux et Jouets", "Jouets"),
    "home": ("Home & Kitchen", "Cuisine et Maison", "Maison"),
    "electronics": ("Electronics", "High-Tech", "Électronique"),
    "sports": ("Sports & Outdoors", "Sports et Loisirs", "Sports"),
    "office": ("Office Products", "Fournitures de bureau", "Office"),
    "games": ("Video Games", "Jeux vidéo"),
    "health": ("Health & Household", "Hygiène et Santé", "Health", "Santé"),
    "beauty": ("Beauty & Personal Care", "Beauté et Parfum", "Beauty", "Beauté"),
    "pets": ("Pet Supplies", "Animalerie", "Pets"),
    "tools": ("Tools & Home Improvement", "Bricolage", "Tools"),
    "baby": ("Baby Products", "Bébé & Puériculture", "Baby", "Bébé"),
}

DEPARTMENTS: dict[str, dict[str, tuple[int, str]]] = {
    "uk": {
        "books": (266239, "Books"),
        "toys": (468292, "Toys & Games"),
        "home": (11052681, "Home & Kitchen"),
        "electronics": (560798, "Electronics & Photo"),
        "sports": (318949011, "Sports & Outdoors"),
        "office": (192413031, "Stationery & Office Supplies"),
        "games": (300703, "PC & Video Games"),
        "health": (65801031, "Health & Personal Care"),
        "beauty": (117332031, "Beauty"),
        "pets": (340840031, "Pet Supplies"),
        "tools": (79903031, "DIY & Tools"),
        "baby": (59624031, "Baby Products"),
    },
    "de": {
        "books": (186606, "Bücher"),
        "toys": (12950651, "Spielzeug"),
        "home": (3167641, "Küche, Haushalt & Wohnen"),
        "electronics": (562066, "Elektronik & Foto"),
        "sports": (16435051, "Sport & Freizeit"),
        "office": (192416031, "Bürobedarf & Schreibwaren"),
        "games": (300992, "Games"),
        "health": (64187031, "Drogerie & Körperpflege"),
        "beauty": (84230031, "Kosmetik"),
        "pets": (340852031, "Haustier"),
        "tools": (80084031, "Baumarkt"),
        "baby": (355007011, "Baby"),
    },
    "it": {
        "books": (411663031, "Libri"),
        "toys": (523997031, "Giochi e giocattoli"),
        "home": (524015031, "Casa e cucina"),
        "electronics": (412609031, "Elettronica"),
        "sports": (524012031, "Sport e tempo libero"),
        "office": (3606310031, "Cancelleria e prodotti per ufficio"),
        "games": (412603031, "Videogiochi"),
        "health": (1571289031, "Salute e cura della persona"),
        "beauty": (6198082031, "Bellezza"),
        "pets": (12472499031, "Prodotti per animali domestici"),
        "tools": (2454160031, "Fai da te"),
        "baby": (1571286031, "Prima infanzia"),
    },
    "es": {
        "books": (599364031, "Libros"),
        "toys": (599385031, "Juguetes y juegos"),
        "home": (599391031, "Hogar y cocina"),
        "electronics": (599370031, "Electrónica"),
        "sports": (2454136031, "Deportes y aire libre"),
        "office": (3628728031, "Oficina y papelería"),
        "games": (599382031, "Videojuegos"),
        "health": (3677430031, "Salud y cuidado personal"),
        "beauty": (6198054031, "Belleza"),
        "pets": (12472654031, "Productos para mascotas"),
        "tools": (2454133031, "Bricolaje y herramientas"),
        "baby": (1703495031, "Bebé"),
    },
    "ca": {
        "books": (916520, "Books"),
        "toys": (6205517011, "Toys & Games"),
        "home": (2206275011, "Home"),
        "electronics": (667823011, "Electronics"),
        "sports": (2242989011, "Sports & Outdoors"),
        "office": (6205511011, "Office Products"),
        "games": (3198031, "Video Games"),
        "health": (6205177011, "Health & Personal Care"),
        "beauty": (6205124011, "Beauty & Personal Care"),
        "pets": (6205514011, "Pet Supplies"),
        "tools": (3006902011, "Tools & Home Improvement"),
        "baby": (3561346011, "Baby"),
    },
    "jp": {
        "books": (465392, "本"),
        "toys": (13299531, "おもちゃ"),
        "home": (3828871, "ホーム&キッチン"),
        "electronics": (3210981, "家電&カメラ"),
    },
    "in": {
        "books": (976389031, "Books"),
        "toys": (1350380031, "Toys & Games"),
        "home": (976442031, "Home & Kitchen"),
        "electronics": (976419031, "Electronics"),
    },
    "mx": {
        "books": (9298576011, "Libros"),
        "toys": (11260442011, "Juegos y juguetes"),
        "home": (9482593011, "Hogar y cocina"),
        "electronics": (9482558011, "Electrónicos"),
    },
    "br": {
        "books": (6740748011, "Livros"),
        "toys": (16194299011, "Brinquedos e jogos"),
        "home": (16191000011, "Casa"),
        "electronics": (16209062011, "Eletrônicos"),
    },
}


def departments() -> Iterator[tuple[str, int, str, tuple[str, ...]]]:
    """Marketplace, id, name and other names of each."""
    for marketplace, rows in DEPARTMENTS.items():
        for kind, (node, name) in rows.items():
            aliases = tuple(alias for alias in ALIASES[kind] if alias != name)
            yield marketplace, node, name, aliases
