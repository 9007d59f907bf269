"""From a code to its verdict: free where it is known, priced and bought once where it is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.models import SearchHistory
from discovery.accounts.members import change_role
from discovery.accounts.preferences import keep_preferences
from discovery.accounts.roles import Role
from discovery.keepa.client import KeepaClient, using_client
from discovery.models import (
    Favourite,
    KeepaProduct,
    ProductCost,
    Run,
    ScoringCacheEntry,
    TokenLedgerEntry,
)
from discovery.products.product_costs import Source, state_costs
from discovery.products.scored import StatedCost
from discovery.profiles.service import copy_profile, ensure_shipped_profiles, profile_named
from discovery.scoring import VatBasis
from tests.discovery.builders import finished_run, scored_product
from tests.discovery.products.test_pages import ASIN, stored
from tests.discovery.shelf import Shelf, shelved, sold

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
BOX, BUY = "/recherche-rapide/", "/recherche-rapide/verdict/"
EAN, OTHER_EAN = "3614270357626", "4006381333931"
LAMP = sold("B0LAMP0001", "Lampe de bureau", EAN, price=4990, rank=900, items=1, brand="Lux")
LOT = sold("B0LAMP0002", "Lot de 3 lampes", EAN, price=9990, rank=5000, items=3, brand="Autre")


@pytest.fixture(autouse=True)
def _profiles(db: None) -> None:
    ensure_shipped_profiles()


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with shelved(LAMP) as shelf:
        yield shelf


def text_of(answer: Any) -> str:
    text: str = answer.content.decode()
    return re.sub(r"[\u00a0\u202f]", " ", text)


def asked(visitor: Any, q: str, **more: str) -> str:
    answer = visitor.get(BOX, {"q": q, **more})
    assert answer.status_code == 200
    return text_of(answer)


def price_in(text: str) -> str:
    found = re.search(r'data-price="([^"]+)"', text)
    return found[1] if found else ""


# --- what is known is free ------------------------------------------------------------------------


def test_what_is_known_is_shown_for_nothing_however_old(
    client_of: Visitor, shelf: Shelf, django_assert_max_num_queries: Any
) -> None:
    stored(age=timedelta(days=40))
    anne = client_of()
    with django_assert_max_num_queries(14):
        text = asked(anne, ASIN, marketplace="us")
    assert f'data-answer="{ASIN}"' in text
    assert "relevé par Keepa il y a 40 jours" in text
    assert 'href="/produits/us/' in text
    assert "?profile=equilibre" in text
    assert price_in(text) == "1-4"  # to look again
    assert not TokenLedgerEntry.objects.exists()
    assert not SearchHistory.objects.exists()
    assert shelf.calls == []


def test_ones_cost_counts_and_nobody_elses(client_of: Visitor, shelf: Shelf) -> None:
    stored()
    anne = client_of()
    without = asked(anne, ASIN, marketplace="us")
    costs = {ASIN: StatedCost(Decimal("5.50"), VatBasis.INCLUDED)}
    state_costs(
        user=anne.user, marketplace="us", costs=costs, source=Source.TYPED, now=timezone.now()
    )
    mine = asked(anne, ASIN, marketplace="us")
    assert "Votre coût" in mine
    assert "Votre coût n’est pas connu" not in mine
    assert asked(client_of("paul"), ASIN, marketplace="us").count("Votre coût</dt>") == 0
    assert "Votre coût</dt>" not in without


def test_the_number_of_statements_is_the_same_for_every_known_product(
    client_of: Visitor, shelf: Shelf
) -> None:
    for asin in ("B000000001", "B000000002"):
        stored(asin=asin)
    anne = client_of()
    counts = set()
    for asin in ("B000000001", "B000000002"):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            asked(anne, asin, marketplace="us")
        counts.add(len(seen))
    assert len(counts) == 1


# --- what is not known is priced first and bought once --------------------------------------------


def test_an_unknown_ean_is_priced_bought_once_and_then_free(
    client_of: Visitor, shelf: Shelf
) -> None:
    anne = client_of()
    text = asked(anne, EAN)
    assert "Voir le verdict" in text
    assert price_in(text) == "1-6"
    assert shelf.calls == []

    form = {"q": EAN, "marketplace": "fr", "profile": "equilibre"}
    answer = anne.post(BUY, form, follow=True)
    assert answer.redirect_chain[-1][1] == 302
    text = text_of(answer)
    assert 'data-answer="B0LAMP0001"' in text
    assert "Lampe de bureau" in text
    paid = shelf.charged
    assert 1 <= paid <= 6
    assert SearchHistory.objects.get().tokens_spent == paid

    assert 'data-answer="B0LAMP0001"' in asked(anne, EAN)
    assert shelf.charged == paid
    anne.post(BUY, form, follow=True)
    assert shelf.charged == paid


def test_bought_it_is_scored_at_ones_cost_which_stays_as_it_was_said(
    client_of: Visitor,
) -> None:
    anne = client_of()
    keep_preferences(user=anne.user, marketplace="fr")
    costs = {"B0LAMP0002": StatedCost(Decimal("5.50"), VatBasis.INCLUDED)}
    said = timezone.now() - timedelta(days=3)
    state_costs(user=anne.user, marketplace="fr", costs=costs, source=Source.TYPED, now=said)
    with shelved(LOT):
        anne.post(BUY, {"q": "B0LAMP0002"}, follow=True)
    kept = ProductCost.objects.get()
    assert (kept.cost, kept.source, kept.stated_at) == (Decimal("5.5"), Source.TYPED, said)
    key = ScoringCacheEntry.objects.get(asin="B0LAMP0002").cache_key
    assert "_cost5.5incl_forall" in key  # the whole lot, not one lamp of it


def test_an_unknown_asin_says_its_own_price(client_of: Visitor, shelf: Shelf) -> None:
    anne = client_of()
    assert price_in(asked(anne, "B0LAMP0001")) == "1-4"
    answer = anne.post(BUY, {"q": "B0LAMP0001"}, follow=True)
    assert 'data-answer="B0LAMP0001"' in text_of(answer)
    assert shelf.charged <= 4


def test_a_cost_known_already_counts_in_what_is_bought_and_stays_as_it_was_said(
    client_of: Visitor, shelf: Shelf
) -> None:
    anne = client_of()
    costs = {"B0LAMP0001": StatedCost(Decimal("5.50"), VatBasis.EXCLUDED)}
    state_costs(
        user=anne.user, marketplace="fr", costs=costs, source=Source.TYPED, now=timezone.now()
    )
    said = ProductCost.objects.get()
    anne.post(BUY, {"q": "B0LAMP0001", "marketplace": "fr"})
    kept = ProductCost.objects.get()
    assert (kept.cost, kept.source, kept.stated_at) == (said.cost, said.source, said.stated_at)
    # Bought at that cost a moment ago: to look again is free.
    assert price_in(asked(anne, "B0LAMP0001", marketplace="fr")) in {"", "0"}


def test_a_code_of_several_products_asks_which_one_and_the_choice_is_free(
    client_of: Visitor,
) -> None:
    with shelved(LAMP, LOT) as shelf:
        anne = client_of()
        text = text_of(anne.post(BUY, {"q": EAN, "marketplace": "fr"}, follow=True))
        assert "lequel" in text
        assert "Lampe de bureau" in text
        assert "Lot de 3 lampes" in text
        paid = shelf.charged
        chosen = asked(anne, "B0LAMP0002", marketplace="fr")
        assert 'data-answer="B0LAMP0002"' in chosen
        assert shelf.charged == paid


def test_a_code_of_no_product_is_said_and_not_sold_again(client_of: Visitor, shelf: Shelf) -> None:
    anne = client_of()
    text = text_of(anne.post(BUY, {"q": OTHER_EAN, "marketplace": "fr"}, follow=True))
    assert "Aucun produit ne porte ce code" in text
    assert price_in(text) == ""


def test_an_asin_without_data_is_said_and_not_sold_again(client_of: Visitor, shelf: Shelf) -> None:
    KeepaProduct.objects.create(
        marketplace="fr",
        asin="B0NOTHING1",
        facts={},
        finder_values={},
        history={},
        has_buy_box=False,
        is_usable=False,
        fetched_at=timezone.now(),
    )
    text = asked(client_of(), "B0NOTHING1")
    assert "Keepa n’a aucune donnée" in text
    assert price_in(text) == ""


@pytest.mark.parametrize(("refusal", "status"), [(402, 502), (429, 402), (503, 503)])
def test_a_failure_has_its_sentence_and_its_status(
    client_of: Visitor, refusal: int, status: int
) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        left = {"tokensLeft": -5, "refillIn": 60_000, "refillRate": 5, "timestamp": 1}
        return httpx.Response(refusal, json=left)

    client = KeepaClient(
        api_key="k",
        base_url="http://keepa.test",
        transport=httpx.MockTransport(refuse),
        sleep=lambda _seconds: None,
    )
    with using_client(client):
        answer = client_of().post(BUY, {"q": EAN, "marketplace": "fr"})
    client.close()
    assert answer.status_code == status
    text = text_of(answer)
    assert 'role="alert"' in text
    assert "Voir le verdict" in text


# --- where and for whom ---------------------------------------------------------------------------


def test_the_marketplace_is_that_of_the_link_then_the_users_then_of_the_language(
    client_of: Visitor, shelf: Shelf
) -> None:
    anne = client_of()
    assert '<option value="fr" selected>' in asked(anne, EAN)
    keep_preferences(user=anne.user, marketplace="it")
    assert '<option value="it" selected>' in asked(anne, EAN)
    link = "https://www.amazon.de/dp/B0LAMP0001"
    assert '<option value="de" selected>' in asked(anne, link)
    assert '<option value="fr" selected>' in asked(anne, link, marketplace="fr")
    assert '<option value="de" selected>' in asked(anne, link, marketplace="nowhere")
    assert "amazon.nl" in asked(anne, "https://www.amazon.nl/dp/B0LAMP0001")


def test_nothing_is_bought_for_a_profile_of_somebody_else(client_of: Visitor, shelf: Shelf) -> None:
    paul = client_of("paul").user
    shared = profile_named(slug="prudent", user=None)
    his = copy_profile(profile=shared, name="Le sien", owner=paul)
    anne = client_of("anne")
    assert anne.post(BUY, {"q": EAN, "profile": his.slug}).status_code == 404
    assert shelf.calls == []
    assert "Le sien" not in asked(anne, EAN, profile=his.slug)


def test_a_viewer_sees_what_is_known_and_is_offered_nothing_else(
    client_of: Visitor, shelf: Shelf
) -> None:
    stored()
    vera = client_of("vera")
    change_role(member=vera.user, role=Role.VIEWER)
    assert f'data-answer="{ASIN}"' in asked(vera, ASIN, marketplace="us")
    text = asked(vera, EAN)
    assert BUY not in text
    assert "lecture seule" in text
    assert vera.post(BUY, {"q": EAN}).status_code == 403


# --- lists, words, nonsense -----------------------------------------------------------------------


def test_several_lines_become_a_list_to_confirm_costs_kept(
    client_of: Visitor, shelf: Shelf
) -> None:
    anne = client_of()
    text = asked(anne, f"{EAN};3,20\nB0LAMP0001;4")
    assert 'action="/listes/ajouter/"' in text
    hidden = re.findall(r'name="text" value="([^"]+)"', text)
    answer = anne.post("/listes/ajouter/", {"text": hidden[-1]}, follow=True)
    run = Run.objects.get()
    assert [line.cost for line in run.lines.order_by("position")] == [Decimal("3.20"), Decimal(4)]
    assert answer.status_code == 200
    assert shelf.calls == []


def test_a_line_with_a_cost_may_become_a_list(client_of: Visitor, shelf: Shelf) -> None:
    text = asked(client_of(), f"{EAN} 12,50")
    assert price_in(text) == "1-6"
    assert f'name="text" value="{EAN} 12,50"' in text


def test_words_find_ones_own_products_and_lead_to_the_form(
    client_of: Visitor, shelf: Shelf
) -> None:
    annes, pauls = client_of("anne").user, client_of("paul").user
    for user, asin in ((annes, "B00000ANNE"), (pauls, "B00000PAUL")):
        finished_run(owner=user, products=[scored_product(asin=asin)])
    stored()
    Favourite.objects.create(user=annes, marketplace="us", asin=ASIN)
    anne = client_of("anne")
    title = scored_product(asin="B00000ANNE").card.title
    text = asked(anne, title.upper())
    assert "B00000ANNE" in text
    assert "B00000PAUL" not in text
    assert "/niches/?title=" in text
    assert ASIN in asked(anne, "language")
    assert "B00000ANNE" not in asked(anne, "zzz")
    assert shelf.calls == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("9782070368229", "un chiffre"),
        ("https://amzn.eu/d/abc123", "lien court"),
        ("<script>alert(1)</script>", "&lt;script&gt;"),
    ],
)
def test_what_cannot_be_read_has_a_sentence(
    client_of: Visitor, shelf: Shelf, text: str, sentence: str
) -> None:
    page = asked(client_of(), text)
    assert sentence in page
    assert price_in(page) == ""
    assert client_of().post(BUY, {"q": text}).status_code == 302
    assert shelf.calls == []


def test_every_page_has_the_box_and_the_glossary(client_of: Visitor) -> None:
    anne = client_of()
    for address in ("/", "/niches/", "/listes/", "/favoris/", "/historique/", "/configuration/"):
        text = text_of(anne.get(address))
        assert "data-one-box" in text
        assert 'href="/lexique/"' in text
