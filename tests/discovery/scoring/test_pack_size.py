"""How many units a listing sells at once, from its title and from Keepa's counts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from discovery.scoring.pack_size import PackSize, cost_of_listing, pack_size, units_in_title

LOTS = [
    ("Éponge grattante verte - lot de 4", 4),
    ("LOT DE 4 ÉPONGES", 4),
    ("Serviettes, lot de deux", 2),
    ("Crème mains 2-Pack", 2),
    ("Crème mains (Pack of 6)", 6),
    ("6 Pack ginger ale 330ml", 6),
    ("Savon d'Alep x12", 12),
    ("Savon d'Alep x 12", 12),
    ("SAVON D'ALEP X12", 12),
    ("Gel douche voyage 12 x 50 ml", 12),
    ("Eau pétillante 6 × 1,5 L", 6),
    ("Eau pétillante 500 ml x 6", 6),
    ("Geschirrtuch 3er Set", 3),
    ("Geschirrtuch 3er-Set, blau", 3),
    ("Zahnpasta Doppelpack", 2),
    ("Strofinacci set di 2", 2),
    ("Confezione da 6 bicchieri", 6),
    ("Paños de cocina, lote de 5", 5),
    ("Kit com 3 esponjas", 3),
    ("洗剤 3個セット", 3),
    ("Piles alcalines vendues par 6", 6),
    ("Crayons HB, boîte de 24", 24),
    ("3 x Dentifrice menthe 75 ml", 3),
    ("Brosse à dents, 6 x, bleu", 6),
    ("Lot de 3 boîtes de 24 craies", 3),  # what is bought one by one is the box
    ("Pack of 1", 1),
]
UNITS = [
    "Savon d'Alep 100 g",
    "Coffret 3 jeux de société",
    "Puzzle 1000 pièces",
    "Puzzles 2 x 500 pièces",
    "Déodorant 24 h",
    "Shampoing 2 en 1",
    "Coffret en 7 volumes",
    "Lot de 3 tomes",
    "Jeu de 54 cartes",
    "Cadre photo 10 x 15 cm",
    "Jumelles 10x42",
    "Zoom x12",
    "Loupe, grossissement x 10",
    "Voiture 4x4 rouge",
    "Boîte de 500 g",
    "Pack de 1,5 L",
    "Jeu pour soirée par 4 joueurs",
    "Téléphone X 256 Go",
    "Abonnement, lot de 6 mois",
    "",
]


@pytest.mark.parametrize(("title", "units"), LOTS)
def test_a_title_says_how_many_are_sold_at_once(title: str, units: int) -> None:
    assert units_in_title(title) == units


@pytest.mark.parametrize("title", UNITS)
def test_other_numbers_of_a_title_are_no_lot(title: str) -> None:
    assert units_in_title(title) is None


def of(title: str = "Éponge", items: int | None = -1, packages: int | None = -1) -> PackSize:
    return pack_size(title=title, number_of_items=items, package_quantity=packages)


@pytest.mark.parametrize("nothing", [-1, 0, None])
def test_what_keepa_does_not_know_is_unknown(nothing: int | None) -> None:
    assert of(items=nothing, packages=nothing) == PackSize()
    assert of(items=4, packages=nothing) == of(items=nothing, packages=4) == PackSize(4)


def test_the_larger_of_keepas_counts_is_believed() -> None:
    assert of(items=1, packages=12) == of(items=12, packages=1) == PackSize(12)
    assert of(items=1, packages=1) == PackSize(1)


def test_what_a_package_contains_is_one_unit() -> None:
    assert of("10 pcs glass adapters", items=10) == PackSize()
    assert of("Puzzle 1000 pièces", items=1000, packages=1) == PackSize(1)
    assert of("12 crayons de couleur", items=12, packages=1) == PackSize(1)
    assert of("Élastiques", items=300) == PackSize()
    assert of("12 crayons de couleur", items=12, packages=12) == PackSize(12)


def test_title_and_keepa_may_disagree_and_it_is_said() -> None:
    assert of("Éponge, lot de 6", items=12, packages=12) == PackSize(6, other=12)
    assert of("Éponge, lot de 6", items=1) == PackSize(6, other=1)
    assert of("Éponge, lot de 6", items=6, packages=1) == PackSize(6)
    assert of("Éponge, lot de 6") == PackSize(6)


def test_the_volumes_of_a_book_are_one_book() -> None:
    told = pack_size(title="Lot de 4", number_of_items=4, package_quantity=4, is_book=True)
    assert told == PackSize()


def test_a_cost_is_brought_to_what_the_listing_sells() -> None:
    unit = Decimal("1.90")
    assert cost_of_listing(unit, units=1, pack_size=12) == Decimal("22.80")
    assert cost_of_listing(unit, units=12, pack_size=12) == unit
    assert cost_of_listing(unit, units=6, pack_size=12) == Decimal("3.80")
    assert cost_of_listing(Decimal(10), units=3, pack_size=1) == Decimal("3.3333")
    for unknown in ({"units": None, "pack_size": 12}, {"units": 1, "pack_size": None}):
        assert cost_of_listing(unit, **unknown) == unit
