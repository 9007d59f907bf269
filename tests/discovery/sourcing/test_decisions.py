"""What is decided about a pick, here or on any other page: one truth."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from discovery.models import Pick, ProductCost, ProductDecision, Purchase
from discovery.products.decisions import forget_decision, record_decision
from discovery.products.marks import Mark, ignored_among, mark_products
from discovery.products.purchases import Bought, record_purchase
from discovery.products.scored import StatedCost
from discovery.profiles.service import ensure_shipped_profiles
from discovery.scoring import VatBasis
from discovery.sourcing.decisions import (
    BoughtPick,
    follow_marks,
    ignore_pick,
    mark_bought,
    restore_pick,
)
from discovery.sourcing.queries import picks_of
from tests.discovery.builders import build_pick, finished_run, scored_product
from tests.discovery.products.test_pages import stored

pytestmark = pytest.mark.django_db

ASIN = "B0FAKE6001"
Decision = Pick.Decision


@pytest.fixture
def pick(anne: User) -> Pick:
    yesterday = timezone.now() - timedelta(days=1)
    return Pick.objects.create(
        owner=anne, marketplace="fr", asin=ASIN, verdict="CONSIDER", sourcing=True,
        pick_class="FLUKE", first_seen_at=yesterday, seen_at=yesterday, data_at=yesterday,
    )  # fmt: skip


def followed(pick: Pick) -> str:
    """What is decided on it now, which following its product's marks writes down as it is read."""
    read = picks_of(owner=pick.owner).get()
    follow_marks(owner_id=pick.owner_id, now=timezone.now())
    pick.refresh_from_db()
    assert pick.decision == read.decided == picks_of(owner=pick.owner).get().decided
    return pick.decision


def mark(pick: Pick, *, is_given: bool) -> None:
    products = [("fr", ASIN)]
    mark_products(user=pick.owner, products=products, mark=Mark.IGNORED, is_given=is_given)


def test_an_ignored_pick_remembers_how_good_it_was_and_marks_its_product(pick: Pick) -> None:
    ignore_pick(user=pick.owner, pick_id=pick.pk, now=timezone.now())
    pick.refresh_from_db()
    assert (pick.decision, pick.ignored_verdict) == (Decision.IGNORED, "SOURCING")
    assert ignored_among(user=pick.owner, products=[("fr", ASIN)])
    assert followed(pick) == Decision.IGNORED


def test_a_restored_pick_has_no_mark_left(pick: Pick) -> None:
    ignore_pick(user=pick.owner, pick_id=pick.pk, now=timezone.now())
    restore_pick(user=pick.owner, pick_id=pick.pk, now=timezone.now())
    assert not ProductDecision.objects.exists()
    assert (followed(pick), pick.ignored_verdict) == (Decision.NONE, "")


def test_a_bought_pick_is_a_purchase_like_any_other(pick: Pick) -> None:
    bought = BoughtPick(Decimal("12.50"), quantity=3, place="Amazon.de")
    mark_bought(user=pick.owner, pick_id=pick.pk, bought=bought, now=timezone.now())
    purchase = Purchase.objects.get()
    assert (purchase.asin, purchase.unit_cost, purchase.quantity) == (ASIN, bought.price, 3)
    assert (purchase.place, purchase.decision) == ("Amazon.de", ProductDecision.objects.get())
    assert ProductCost.objects.get().source == ProductCost.Source.BOUGHT
    assert followed(pick) == Decision.BOUGHT


def test_bought_without_a_price_is_said_in_the_log_alone(pick: Pick) -> None:
    mark_bought(user=pick.owner, pick_id=pick.pk, bought=None, now=timezone.now())
    assert not Purchase.objects.exists()
    assert followed(pick) == Decision.BOUGHT


def test_a_mark_given_or_taken_on_another_page_is_followed(pick: Pick) -> None:
    mark(pick, is_given=True)
    assert followed(pick) == Decision.IGNORED
    assert pick.ignored_verdict == "SOURCING"
    mark(pick, is_given=False)
    assert (followed(pick), pick.ignored_verdict) == (Decision.NONE, "")


def test_a_purchase_recorded_on_another_page_takes_the_pick_off_the_list(pick: Pick) -> None:
    bought = Bought(StatedCost(Decimal(5), VatBasis.INCLUDED))
    record_purchase(user=pick.owner, marketplace="fr", asin=ASIN, bought=bought)
    assert followed(pick) == Decision.BOUGHT


def test_what_was_bought_before_it_was_found_may_be_bought_again(pick: Pick) -> None:
    bought = Bought(StatedCost(Decimal(5), VatBasis.INCLUDED))
    record_purchase(user=pick.owner, marketplace="fr", asin=ASIN, bought=bought)
    Purchase.objects.update(created_at=pick.first_seen_at - timedelta(days=1))
    assert followed(pick) == Decision.NONE


def test_a_purchase_struck_out_brings_the_pick_back(pick: Pick) -> None:
    decision = record_decision(
        user=pick.owner, marketplace="fr", asin=ASIN, kind=ProductDecision.Kind.BOUGHT,
        price=Decimal(5),
    )  # fmt: skip
    assert followed(pick) == Decision.BOUGHT
    forget_decision(user=pick.owner, decision_id=decision.pk)
    assert followed(pick) == Decision.NONE


def test_what_is_bought_after_it_was_ignored_is_bought_until_that_is_struck_out(pick: Pick) -> None:
    ignore_pick(user=pick.owner, pick_id=pick.pk, now=timezone.now())
    decision = record_decision(
        user=pick.owner, marketplace="fr", asin=ASIN, kind=ProductDecision.Kind.BOUGHT
    )
    assert followed(pick) == Decision.BOUGHT
    forget_decision(user=pick.owner, decision_id=decision.pk)
    assert followed(pick) == Decision.IGNORED


def test_ignored_on_another_page_it_is_away_before_it_is_looked_at_again(pick: Pick) -> None:
    assert picks_of(owner=pick.owner).get().is_open
    mark(pick, is_given=True)
    assert not picks_of(owner=pick.owner).get().is_open


def test_what_was_paid_is_its_cost_in_the_answers_that_hold_it(anne: User) -> None:
    ensure_shipped_profiles()
    stored()
    pick = build_pick(owner=anne, marketplace="us")
    run = finished_run(owner=anne, products=[scored_product()])
    bought = BoughtPick(Decimal("3.21"))
    mark_bought(user=anne, pick_id=pick.pk, bought=bought, now=timezone.now())
    assert run.lines.get().landed_cost == Decimal("3.21")


def test_nobody_decides_on_the_picks_of_others(pick: Pick, django_user_model: Any) -> None:
    paul = django_user_model.objects.create_user("paul")
    with pytest.raises(Pick.DoesNotExist):
        ignore_pick(user=paul, pick_id=pick.pk, now=timezone.now())


def test_the_decisions_of_others_change_nothing(pick: Pick, django_user_model: Any) -> None:
    paul = django_user_model.objects.create_user("paul")
    mark_products(user=paul, products=[("fr", ASIN)], mark=Mark.IGNORED, is_given=True)
    assert followed(pick) == Decision.NONE


def test_following_takes_four_statements_however_many_picks(
    pick: Pick, django_assert_num_queries: Any
) -> None:
    mark(pick, is_given=True)
    with django_assert_num_queries(4):
        assert follow_marks(owner_id=pick.owner_id, now=timezone.now()) == 1
