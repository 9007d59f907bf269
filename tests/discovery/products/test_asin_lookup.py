"""Codes and the products they stand for: paid for once, the fitting one first, choices kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from discovery.keepa.client import get_client
from discovery.keepa.errors import TokensExhausted
from discovery.models import CodeChoice, KeepaProduct, ProductCode
from discovery.products import store
from discovery.products.asin_lookup import Lookup, Resolution, resolve
from discovery.products.candidates import MOST_CANDIDATES, Candidate, is_ambiguous
from discovery.products.identifiers import IdentifierKind, NotAnIdentifier, parse_identifier
from tests.discovery.shelf import Shelf, shelved, sold

pytestmark = pytest.mark.django_db(transaction=True)

EAN = "3700000000129"
OTHER = "3700000000235"
UNIT, LOT, DEAD = "B0UNIT0001", "B0ALOT0001", "B0ADEAD001"


def soap(unit: str = UNIT, lot: str = LOT) -> list[dict[str, Any]]:
    """The lot comes first in Keepa's answer, and in the alphabet."""
    return [
        sold(lot, "Savon noir 200 g - lot de 12", EAN, price=4990, rank=40_000, items=12),
        sold(DEAD, "Savon noir 200 g (ancienne étiquette)", EAN),
        sold(unit, "Savon noir 200 g", EAN, price=690, rank=60_000, items=1),
    ]


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with shelved(*soap()) as shelf:
        yield shelf


def looked_up(
    *identifiers: str, user: User | None = None, purpose: str = "interactive"
) -> Resolution:
    return resolve(
        identifiers=identifiers,
        marketplace="fr",
        purpose=purpose,
        user_id=None if user is None else user.pk,
    )


def is_code(digits: str) -> bool:
    with suppress(NotAnIdentifier):
        return parse_identifier(digits).kind is IdentifierKind.CODE
    return False


def of(code: str = EAN, user: User | None = None) -> Lookup:
    return looked_up(code, user=user).lookups[code]


def test_the_default_is_alive_and_one_unit_whatever_comes_first(shelf: Shelf) -> None:
    found = of()
    assert found.asin == UNIT
    assert [(c.asin, c.pack_size, c.is_alive) for c in found.candidates] == [
        (UNIT, 1, True), (LOT, 12, True), (DEAD, None, False),
    ]  # fmt: skip


def test_exchanged_asins_change_nothing() -> None:
    with shelved(*soap(unit=LOT, lot=UNIT)):
        assert of().asin == LOT


def test_a_code_brings_three_products_at_most_and_it_is_said() -> None:
    crowd = [sold(f"B0CROWD{n:03}", "Savon", EAN, price=900, rank=n) for n in range(1, 40)]
    with shelved(*crowd) as shelf:
        found = of()
    assert [call["code-limit"] for call in shelf.code_calls] == [str(MOST_CANDIDATES)]
    assert shelf.charged == len(found.candidates) == MOST_CANDIDATES
    assert found.may_be_more


def test_fewer_products_than_asked_for_are_all(shelf: Shelf) -> None:
    shelf.products = soap()[1:]
    assert not of().may_be_more


def test_a_known_code_costs_nothing(shelf: Shelf) -> None:
    of()
    charged = shelf.charged
    assert of().asin == UNIT
    assert shelf.charged == charged


def test_a_upc_and_its_ean_are_asked_for_once() -> None:
    with shelved(sold(UNIT, "Soap", "0036000291452", price=690, rank=9)) as shelf:
        found = looked_up("036000291452", "0036000291452")
    assert found.asins == {"036000291452": UNIT, "0036000291452": UNIT}
    assert shelf.charged == 1


class TestAmbiguity:
    def candidate(self, asin: str, **said: Any) -> Candidate:
        return Candidate(asin=asin, **said)

    def test_one_product_on_sale_is_not_ambiguous(self) -> None:
        dead = self.candidate("B", is_alive=False, pack_size=1)
        assert not is_ambiguous([self.candidate("A", pack_size=1), dead])
        assert not is_ambiguous([self.candidate("A", pack_size=12), dead])
        assert not is_ambiguous([])

    def test_size_and_brand_together_tell_the_unit_from_its_lots(self) -> None:
        unit = self.candidate("A", pack_size=1, brand="Alep")
        lot = self.candidate("B", pack_size=12, brand="ALEP")
        assert not is_ambiguous([unit, lot])

    @pytest.mark.parametrize(
        ("unit", "lot"),
        [
            ({"pack_size": 1, "brand": "Alep"}, {"pack_size": 12, "brand": "Autre"}),
            ({"pack_size": 1}, {"pack_size": 12}),
            ({"pack_size": None, "brand": "Alep"}, {"pack_size": 12, "brand": "Alep"}),
            ({"pack_size": 1, "brand": "Alep"}, {"pack_size": None, "brand": "Alep"}),
            ({"pack_size": 1, "brand": "Alep"}, {"pack_size": 1, "brand": "Alep"}),
            ({"pack_size": 6, "brand": "Alep"}, {"pack_size": 12, "brand": "Alep"}),
        ],
    )
    def test_anything_less_is_left_to_a_person(
        self, unit: dict[str, Any], lot: dict[str, Any]
    ) -> None:
        assert is_ambiguous([self.candidate("A", **unit), self.candidate("B", **lot)])

    def test_a_unit_beside_its_lot_says_what_a_cost_is_for(self, shelf: Shelf) -> None:
        assert of().cost_units == 1
        shelf.products = [sold(LOT, "Lot de 12", OTHER, price=990, rank=1)]
        assert of(OTHER).cost_units is None


class TestChoices:
    @pytest.fixture
    def anne(self) -> User:
        return User.objects.create_user("anne")

    def choice(self, user: User, asin: str, units: int | None = None) -> None:
        CodeChoice.objects.create(
            user=user, marketplace="fr", code=EAN, asin=asin, cost_units=units
        )

    def test_a_choice_is_used_and_is_ones_own(self, shelf: Shelf, anne: User) -> None:
        bob = User.objects.create_user("bob")
        self.choice(anne, LOT, 12)
        chosen = of(user=anne)
        assert (chosen.asin, chosen.is_ambiguous, chosen.cost_units) == (LOT, False, 12)
        for somebody in (bob, None):
            assert of(user=somebody).asin == UNIT
            assert of(user=somebody).is_ambiguous

    def test_a_page_that_no_longer_bears_the_code_is_no_choice(
        self, shelf: Shelf, anne: User
    ) -> None:
        self.choice(anne, "B0ELSEWHER")
        assert of(user=anne).asin == UNIT
        assert of(user=anne).is_ambiguous


class TestUnknownCodes:
    def pass_days(self, days: int) -> None:
        ProductCode.objects.update(resolved_at=timezone.now() - timedelta(days=days))

    def test_they_are_asked_again_after_a_month(self, shelf: Shelf) -> None:
        assert looked_up(OTHER).unknown == (OTHER,)
        shelf.products.append(sold("B0ARRIVED1", "Savon blanc", OTHER, price=690, rank=5))
        self.pass_days(29)
        assert looked_up(OTHER).unknown == (OTHER,)
        assert shelf.charged == 1
        self.pass_days(31)
        assert of(OTHER).asin == "B0ARRIVED1"
        assert shelf.charged == 2

    def test_a_code_with_dead_pages_only_is_asked_again_too(self, shelf: Shelf) -> None:
        shelf.products = [sold(DEAD, "Savon, ancien", EAN)]
        assert of().asin == DEAD
        shelf.products = soap()
        self.pass_days(31)
        assert of().asin == UNIT

    def test_a_living_product_is_not_asked_for_again(self, shelf: Shelf) -> None:
        of()
        charged = shelf.charged
        self.pass_days(400)
        of()
        assert shelf.charged == charged

    def test_a_code_of_which_one_product_was_asked_is_asked_again(self, shelf: Shelf) -> None:
        ProductCode.objects.create(
            marketplace="fr", code=EAN, asin=LOT, limit=1, resolved_at=timezone.now()
        )
        assert of().asin == UNIT

    @pytest.mark.parametrize(
        "spoilt", [{"asin": None}, {"eanList": None}, {"title": {}, "csv": 7, "stats": "x"}]
    )
    def test_one_whose_product_could_not_be_read_is_not_held_unknown(
        self, shelf: Shelf, spoilt: dict[str, Any]
    ) -> None:
        shelf.products = [sold(UNIT, "Savon noir", EAN, price=690, rank=6)]
        good = sold("B0ARRIVED1", "Savon blanc", OTHER, price=690, rank=5)
        with_trouble = {**good, **spoilt}
        shelf.found_by_code = {OTHER: with_trouble}
        found = looked_up(EAN, OTHER)
        assert (found.asins, found.unread, found.unknown) == ({EAN: UNIT}, (OTHER,), ())
        shelf.found_by_code = {OTHER: good}
        assert of(OTHER).asin == "B0ARRIVED1"


class TestBatches:
    """A call reserves three products a code: no more codes than the tokens and the plan bear."""

    def codes(self, count: int) -> list[str]:
        # Of ten numbers in a row one ends in the right check digit.
        return [ean for n in range(10 * count) if is_code(ean := f"376{n:010}")]

    def sizes(self, shelf: Shelf) -> list[int]:
        return [len(call["code"].split(",")) for call in shelf.code_calls]

    @pytest.mark.parametrize(
        ("tokens", "rate", "purpose", "sizes"),
        [
            (1200, 20, "interactive", [33, 7]),
            (12, 5, "interactive", [33]),  # 12 − 99 is above −150; then nothing is left
            (120, 5, "background", [20, 13, 7]),  # a fifth of 300 is left to people
            (60, 1, "interactive", [20, 20]),  # all that the plan can hold
        ],
    )
    def test_they_are_what_the_tokens_and_the_plan_bear(
        self, tokens: int, rate: int, purpose: str, sizes: list[int]
    ) -> None:
        has_enough = sum(sizes) == 40
        with shelved() as shelf:
            shelf.tokens, shelf.rate = tokens, rate
            with nullcontext() if has_enough else pytest.raises(TokensExhausted) as caught:
                looked_up(*self.codes(40), purpose=purpose)
        if caught is not None:
            assert not caught.value.permanent
            assert caught.value.tokens_spent == shelf.charged
        assert self.sizes(shelf) == sizes
        assert ProductCode.objects.count() == sum(sizes)

    def test_what_was_paid_for_before_the_tokens_ran_out_is_not_asked_again(self) -> None:
        with shelved() as shelf:
            shelf.tokens, shelf.rate = 12, 5
            with pytest.raises(TokensExhausted) as caught:
                looked_up(*self.codes(40))
            assert caught.value.retry_after
            shelf.tokens += 60
            get_client().token_status()
            assert len(looked_up(*self.codes(40)).unknown) == 40
        assert self.sizes(shelf) == [33, 7]


def test_looking_up_a_code_does_not_lose_a_buy_box_that_was_paid_for(shelf: Shelf) -> None:
    answer = get_client().products([UNIT], marketplace="fr", buybox=True)
    now = timezone.now()
    store.store(answer, marketplace="fr", buybox=True, tokens_each=4, now=now)
    known = store.product_of(marketplace="fr", asin=UNIT)
    assert of().asin == UNIT
    assert store.product_of(marketplace="fr", asin=UNIT) == known
    # What is too old to score from gives way.
    KeepaProduct.objects.update(fetched_at=now - timedelta(days=1))
    ProductCode.objects.all().delete()
    assert of().asin == UNIT
    assert not KeepaProduct.objects.get(asin=UNIT).has_buy_box
