"""Verify before buying, from the product's page: priced first, paid once, kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from discovery.keepa.client import get_client
from discovery.keepa.product import ProductSnapshot
from discovery.models import (
    BusinessProfile,
    KeepaProduct,
    LiveCheck,
    ScoringCacheEntry,
    TokenLedgerEntry,
)
from discovery.products import store
from discovery.products.live_check import GOOD_FOR, MOST_TOKENS, UNREAD_FOR, VALID_FOR
from discovery.profiles.service import copy_profile, ensure_shipped_profiles
from discovery.scoring import Condition, Profile
from tests.analytics.factories import a_score
from tests.discovery.products.test_pages import stored

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]


@pytest.fixture
def known(keepa: Any) -> ProductSnapshot:
    """A product of the sandbox with live offers, known as a search leaves it."""
    ensure_shipped_profiles()
    client = get_client()
    asins = [product.asin for product in keepa.catalogue.store(1).live[:60]]
    answer = client.products(asins, marketplace="us", stats_days=90)
    now = timezone.now()
    store.store(answer, marketplace="us", buybox=False, tokens_each=1, now=now)
    return next(
        snapshot
        for snapshot in answer.snapshots.values()
        if (snapshot.current.get("COUNT_NEW_FBA") or 0) > 1
    )


def page_of(visitor: Any, asin: str, query: str = "") -> str:
    text: str = visitor.get(f"/produits/us/{asin}/{query}").content.decode()
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def check(visitor: Any, asin: str, **data: str) -> Any:
    return visitor.post(f"/produits/us/{asin}/verifier/", data)


def test_the_price_is_told_before_and_nothing_is_spent_by_looking(
    client_of: Visitor, known: ProductSnapshot
) -> None:
    anne, calls = client_of("anne"), TokenLedgerEntry.objects.count()
    assert f"au plus {MOST_TOKENS} jetons" in page_of(anne, known.asin)
    assert TokenLedgerEntry.objects.count() == calls


def test_nothing_is_bought_for_a_profile_that_is_not_open_to_the_user(
    client_of: Visitor, known: ProductSnapshot
) -> None:
    paul = client_of("paul")
    own = copy_profile(
        profile=BusinessProfile.objects.get(slug="equilibre"), name="Mine", owner=paul.user
    )
    for slug in (own.slug, "nobodys"):
        assert check(client_of("anne"), known.asin, profile=slug).status_code == 404
    assert not LiveCheck.objects.exists()


def test_the_live_offers_are_bought_once_and_kept(
    client_of: Visitor, known: ProductSnapshot, keepa: Any
) -> None:
    anne, before = client_of("anne"), keepa.charged_total
    answer = check(anne, known.asin, cost="5,00")
    assert answer.status_code == 302
    assert answer["Location"].endswith("?cost=5%2C00&profile=equilibre#check")
    found = LiveCheck.objects.get()
    assert found.tokens_spent == keepa.charged_total - before
    assert 0 < found.tokens_spent <= MOST_TOKENS
    assert found.cost == Decimal("5.00")
    assert found.offers

    spent = keepa.charged_total
    text = page_of(anne, known.asin, "?cost=5,00")
    new = [offer for offer in found.offers if offer["condition"] == 1]
    assert text.count('data-label="Si vous l’achetez"') == len(new) > 0
    assert 'data-outcome="' in text
    check(anne, known.asin, cost="5,00")
    assert keepa.charged_total == spent
    assert LiveCheck.objects.count() == 1

    LiveCheck.objects.update(checked_at=timezone.now() - GOOD_FOR - timedelta(seconds=1))
    check(anne, known.asin, cost="5,00")
    assert keepa.charged_total > spent
    assert LiveCheck.objects.count() == 2


def test_what_was_paid_for_is_in_the_catalogue_too(
    client_of: Visitor, known: ProductSnapshot
) -> None:
    check(client_of("anne"), known.asin)
    product = store.product_of(marketplace="us", asin=known.asin)
    assert product is not None
    assert product.has_buy_box


def test_a_cost_that_is_no_number_buys_nothing(
    client_of: Visitor, known: ProductSnapshot, keepa: Any
) -> None:
    anne, spent = client_of("anne"), keepa.charged_total
    answer = anne.post(f"/produits/us/{known.asin}/verifier/", {"cost": "beaucoup"}, follow=True)
    assert "beaucoup" in answer.content.decode()
    assert keepa.charged_total == spent
    assert not LiveCheck.objects.exists()


def test_a_product_nobody_knows_is_not_found(client_of: Visitor, keepa: Any) -> None:
    ensure_shipped_profiles()
    assert check(client_of(), "B000000009").status_code == 404


def test_keepa_failing_is_said_in_words_and_keeps_the_page(
    client_of: Visitor, known: ProductSnapshot, keepa: Any
) -> None:
    keepa.faults.push("500", times=20)
    answer = client_of().post(f"/produits/us/{known.asin}/verifier/", follow=True)
    assert answer.status_code == 200
    assert 'class="banner error"' in answer.content.decode()
    assert not LiveCheck.objects.exists()


def test_nobody_sees_anothers_check(client_of: Visitor) -> None:
    ensure_shipped_profiles()
    stored()
    anne = client_of("anne")
    LiveCheck.objects.create(
        user=anne.user, marketplace="us", asin="0131103628", outcome="ok", profile_slug="x",
        checked_at=timezone.now(),
    )  # fmt: skip
    assert "data-outcome" in page_of(anne, "0131103628")
    assert "data-outcome" not in page_of(client_of("bob"), "0131103628")


def test_another_cost_or_reader_is_judged_on_the_same_look_for_nothing(
    client_of: Visitor, known: ProductSnapshot, keepa: Any
) -> None:
    anne = client_of("anne")
    check(anne, known.asin)
    spent, first = keepa.charged_total, LiveCheck.objects.get()
    check(anne, known.asin, cost="900")
    check(client_of("bob"), known.asin, cost="900", profile="prudent")
    assert keepa.charged_total == spent
    later = LiveCheck.objects.exclude(pk=first.pk)
    assert {(one.outcome, one.tokens_spent) for one in later} == {("avoid", 0)}
    # Against what was known before the look, not against the look itself.
    assert all((one.before, one.checked_at) == (first.before, first.checked_at) for one in later)


def test_a_product_keepa_no_longer_has_is_to_be_avoided_and_keeps_its_page(
    client_of: Visitor, known: ProductSnapshot, keepa: Any
) -> None:
    anne, gone = client_of("anne"), "B0ZZZZZZZZ"
    row = KeepaProduct.objects.get(asin=known.asin)
    row.pk, row.asin = None, gone
    row.save(force_insert=True)
    assert check(anne, gone).status_code == 302
    assert LiveCheck.objects.get().outcome == "avoid"
    text = page_of(anne, gone)
    assert "Plus personne ne le propose" in text
    kept = KeepaProduct.objects.get(asin=gone)
    assert kept.is_usable
    assert kept.history == row.history


def test_an_answer_that_cannot_be_read_is_no_reason_to_avoid(
    client_of: Visitor, known: ProductSnapshot, keepa: Any
) -> None:
    keepa.faults.push("wrong_types", endpoint="product", times=20)
    answer = client_of().post(f"/produits/us/{known.asin}/verifier/", follow=True)
    assert 'class="banner error"' in answer.content.decode()
    assert not LiveCheck.objects.exists()


def test_offers_that_could_not_be_read_teach_nothing(
    client_of: Visitor, known: ProductSnapshot, keepa: Any
) -> None:
    anne = client_of("anne")
    before = store.product_of(marketplace="us", asin=known.asin)
    keepa.faults.push("unread_offers", endpoint="product")
    check(anne, known.asin, cost="5")
    found = LiveCheck.objects.get()
    assert found.outcome == "unknown"
    assert found.tokens_spent > 0
    assert (found.offers, found.after) == ([], None)
    # What was known of the Buy Box is not overwritten with its absence.
    assert store.product_of(marketplace="us", asin=known.asin) == before
    text = page_of(anne, known.asin, "?cost=5")
    assert 'data-outcome="info"' in text
    assert "n’a pas pu lire les offres" in text
    for word in ("À éviter", "OK :", "Plus personne"):
        assert word not in text

    spent = keepa.charged_total
    check(anne, known.asin, cost="6")  # at once: the same look for nothing, as unread as before
    assert keepa.charged_total == spent
    assert set(LiveCheck.objects.values_list("outcome", flat=True)) == {"unknown"}

    LiveCheck.objects.update(checked_at=timezone.now() - UNREAD_FOR - timedelta(seconds=1))
    check(anne, known.asin, cost="5")
    assert keepa.charged_total > spent
    newest = LiveCheck.objects.order_by("-checked_at").first()
    assert newest is not None
    assert newest.outcome != "unknown"


class TestWhatAnOlderLookSays:
    """A look answers for one cost, profile and condition, and not for ever."""

    def test_another_cost_or_profile_is_judged_by_looking_at_the_page(
        self, client_of: Visitor, known: ProductSnapshot, keepa: Any
    ) -> None:
        anne = client_of("anne")
        check(anne, known.asin, cost="0,50")
        spent, kept = keepa.charged_total, LiveCheck.objects.count()
        cheap = page_of(anne, known.asin, "?cost=0.50")
        assert "même vérification" not in cheap
        dear = page_of(anne, known.asin, "?cost=900")
        assert "même vérification" in dear
        assert 'data-outcome="error"' in dear
        assert "Le coût de 900,00 $ dépasse" in dear
        assert "même vérification" in page_of(anne, known.asin, "?cost=0.50&profile=prudent")
        assert (keepa.charged_total, LiveCheck.objects.count()) == (spent, kept)

    def test_the_calculator_brings_the_judgement_with_it(
        self, client_of: Visitor, known: ProductSnapshot
    ) -> None:
        anne = client_of("anne")
        check(anne, known.asin, cost="0.50")
        answer = anne.get(f"/produits/us/{known.asin}/?cost=900", headers={"HX-Target": "computed"})
        text = answer.content.decode()
        assert 'id="check"' in text
        assert 'hx-swap-oob="true"' in text
        assert 'data-outcome="error"' in text
        assert "hx-swap-oob" not in page_of(anne, known.asin, "?cost=900")

    def test_the_same_profile_with_other_settings_is_another(
        self, client_of: Visitor, known: ProductSnapshot
    ) -> None:
        anne = client_of("anne")
        check(anne, known.asin, cost="0.50")
        assert "Plus personne" not in page_of(anne, known.asin, "?cost=0.50")
        BusinessProfile.objects.filter(slug="equilibre").update(
            settings=Profile(
                condition=Condition.USED, min_profit=Decimal(900), strong_profit=Decimal(900)
            ).to_settings()
        )
        assert 'data-outcome="error"' in page_of(anne, known.asin, "?cost=0.50")

    def test_after_hours_it_says_only_that_it_is_old(
        self, client_of: Visitor, known: ProductSnapshot
    ) -> None:
        anne = client_of("anne")
        check(anne, known.asin, cost="0.50")
        LiveCheck.objects.update(checked_at=timezone.now() - VALID_FOR - timedelta(minutes=5))
        text = page_of(anne, known.asin, "?cost=0.50")
        assert 'data-outcome="none"' in text
        assert "date de 6 heures" in text
        assert "OK :" not in text

    def test_one_whose_facts_were_not_kept_answers_for_its_own_cost_alone(
        self, client_of: Visitor, known: ProductSnapshot
    ) -> None:
        anne = client_of("anne")
        LiveCheck.objects.create(
            user=anne.user, marketplace="us", asin=known.asin, outcome="ok", cost=Decimal(5),
            profile_slug="equilibre", checked_at=timezone.now(),
        )  # fmt: skip
        assert 'data-outcome="success"' in page_of(anne, known.asin, "?cost=5")
        for query in ("?cost=6", "?cost=5&profile=prudent", ""):
            text = page_of(anne, known.asin, query)
            assert 'data-outcome="none"' in text
            assert "autre coût, un autre état ou un autre profil" in text


def test_offers_that_cannot_be_had_say_so_and_earn_nothing(client_of: Visitor) -> None:
    ensure_shipped_profiles()
    stored()
    anne = client_of("anne")
    offers = [
        {"seller": "A1", "kind": "fba", "condition": 1, "total": "9.10", "stock": 0},
        {"seller": "A2", "kind": "fbm", "condition": 1, "total": "9.20", "stock": None}
        | {"is_preorder": True},
        {"seller": "A3", "kind": "fbm", "condition": 1, "total": "9.30", "stock": None}
        | {"is_shippable": False},
        {"seller": "A4", "kind": "fba", "condition": 1, "total": "29.40", "stock": 7},
        {"seller": "A5", "kind": "fba", "condition": 9, "total": "5.00", "stock": 7},
    ]
    LiveCheck.objects.create(
        user=anne.user, marketplace="us", asin="0131103628", outcome="ok", offers=offers,
        profile_slug="equilibre", checked_at=timezone.now(),
    )  # fmt: skip
    text = page_of(anne, "0131103628")
    rows = text.split('aria-labelledby="check-title"')[1].split("<tbody>")[1].split("</tbody>")[0]
    prices = [price for price in ("29,40", "9,10", "9,20", "9,30") if price in rows]
    assert sorted(prices, key=rows.index) == ["29,40", "9,10", "9,20", "9,30"]
    assert [word for word in ("plus rien", "précommande", "ne livre pas ici") if word in rows]
    first, *others = rows.split("</tr>")[:4]
    assert 'class="gain"' in first or 'class="loss"' in first
    assert not any('class="gain"' in row or 'class="loss"' in row for row in others)
    assert "5,00" not in rows


def test_scores_given_before_the_look_answer_no_more(
    client_of: Visitor, known: ProductSnapshot
) -> None:
    now = timezone.now()
    for asin in (known.asin, "B000000001"):
        a_score(expires_at=now + timedelta(hours=5), asin=asin, marketplace="us")
    check(client_of(), known.asin)
    live = ScoringCacheEntry.objects.filter(expires_at__gt=timezone.now())
    assert [entry.asin for entry in live] == ["B000000001"]
