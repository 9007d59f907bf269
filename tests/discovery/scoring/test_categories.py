"""The fee category of products whose product group and binding are not told."""

from __future__ import annotations

import pytest

from discovery.scoring.categories import FeeCategory, fee_category
from discovery.scoring.category_roots import ROOTS
from discovery.scoring.fee_categories import FeeCategory as C
from discovery.scoring.marketplaces import MARKETPLACES
from tests.discovery.scoring.factories import facts


@pytest.mark.parametrize(
    ("code", "root", "tree", "category"),
    [
        ("fr", 13921051, "High-Tech > Smartphones > Accessoires > Câbles", C.ACCESSORIES),
        ("fr", 13921051, "High-Tech > Photo et caméscopes > Appareils photo", C.ELECTRONICS),
        (
            "fr",
            13921051,
            "High-Tech > Téléphones portables et accessoires > Smartphones",
            C.ELECTRONICS,
        ),
        ("fr", 340858031, "Informatique > Accessoires > Souris", C.ACCESSORIES),
        ("fr", 340858031, "Informatique > Ordinateurs portables", C.COMPUTERS),
        ("us", 172282, "Electronics > Accessories & Supplies > Batteries > Chargers",
         C.ACCESSORIES),
        ("us", 2335752011, "Cell Phones & Accessories > Cases > Basic Cases", C.ACCESSORIES),
        ("us", 2335752011, "Cell Phones & Accessories > Cell Phones", C.ELECTRONICS),
        ("us", 468642, "Video Games > PlayStation 5 > Consoles", C.CONSOLES),
        ("us", 468642, "Video Games > PlayStation 5 > Accessories", C.VIDEO_GAMES),
        ("us", 468642, "Video Games > PlayStation 5 > Games", C.VIDEO_GAMES),
        ("us", 1055398, "Home & Kitchen > Kitchen & Dining > Cookware", C.KITCHEN),
        ("us", 1055398, "Home & Kitchen > Furniture > Bedroom", C.FURNITURE),
        ("fr", 590748031, "Bricolage > Outillage électroportatif > Perceuses", C.POWER_TOOLS),
        ("fr", 1571265031, "Auto et Moto > Pneus et jantes > Pneus", C.TYRES),
        ("fr", 1571265031, "Auto et Moto > Pneus et jantes > Jantes", C.AUTOMOTIVE),
        ("fr", 1571265031, "Auto et Moto > Outils > Gonfleurs de pneus", C.AUTOMOTIVE),
        ("us", 15684181, "Automotive > Tires & Wheels > Wheels > Car", C.AUTOMOTIVE),
        ("us", 15684181, "Automotive > Tires & Wheels > Tires", C.TYRES),
        ("fr", 6356734031, "Epicerie > Vinaigres et huiles", C.GROCERY),
        ("fr", 6356734031, "Epicerie > Bières, vins et spiritueux > Whisky", C.GROCERY),
        ("fr", 6356734031, "Epicerie > Bières, vins et spiritueux > Vins > Rouges", C.WINE),
        ("fr", 6356734031, "Epicerie > Huiles > Vinaigres de vin", C.GROCERY),
        ("us", 2619525011, "Appliances > Parts & Accessories > Water Filters", C.OTHER),
        ("fr", 908826031, "Gros électroménager > Pièces et accessoires", C.OTHER),
        ("us", 2619525011, "Appliances > Refrigerators", C.LARGE_APPLIANCES),
        ("us", 2619533011, "Pet Supplies > Dogs > Food Storage", C.PETS),
        ("us", 2619533011, "Pet Supplies > Dogs > Food > Dry", C.PET_FOOD),
        ("de", 562066, "Elektronik & Foto > Zubehör > Ladegeräte", C.ACCESSORIES),
        ("de", 186606, "Bücher > Krimis", C.BOOKS),
        ("uk", 266239, "Books > Crime", C.BOOKS),
        ("it", 0, "Libri > Gialli", C.BOOKS),
        ("jp", 465392, "本 > コミック", C.BOOKS),
        ("jp", 0, "ビューティー > スキンケア", C.BEAUTY),
        ("es", 599391031, "Hogar y cocina > Cocina > Sartenes", C.KITCHEN),
        ("br", 0, "Livros > Ficção", C.BOOKS),
        ("mx", 9482558011, "Electrónicos > Accesorios", C.ACCESSORIES),
        ("in", 976389031, "Books > Fiction", C.BOOKS),
        ("ca", 916520, "Books > Fiction", C.BOOKS),
    ],
)  # fmt: skip
def test_the_tree_tells_what_the_root_alone_does_not(
    code: str, root: int, tree: str, category: FeeCategory
) -> None:
    names = tuple(tree.split(" > "))
    product = facts(
        marketplace=code,
        root_category=root or None,
        root_category_name=names[0],
        category_names=names,
    )
    assert fee_category(product) is category


def test_every_store_has_its_roots_and_books_among_them() -> None:
    assert set(ROOTS) == set(MARKETPLACES)
    for roots in ROOTS.values():
        assert C.BOOKS in roots.values()
        assert C.ELECTRONICS in roots.values()
