"""Mes achats as its users see it: the list, one purchase, buying, selling, putting right."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery.accounts.members import change_role
from discovery.accounts.roles import Role
from discovery.models import ProductCost, ProductDecision, Purchase, Sale
from discovery.pages.products.month_chart import month_chart
from discovery.products.purchase_totals import Month
from discovery.profiles.service import ensure_shipped_profiles
from discovery.scoring import VatBasis
from tests.discovery.builders import finished_run, scored_product
from tests.discovery.products.buying import DAY, LAMP, buy, profile_under, sell
from tests.discovery.products.test_pages import ASIN, stored

pytestmark = pytest.mark.django_db
Visitor = Callable[..., Any]
PAGE = "/achats/"


@pytest.fixture
def anne(client_of: Visitor) -> Any:
    ensure_shipped_profiles()
    return client_of("anne")


def text_of(visitor: Any, address: str, status: int = 200) -> str:
    answer = visitor.get(address)
    assert answer.status_code == status
    text: str = answer.content.decode()
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def figure(text: str, name: str) -> str:
    return text.split(f'data-figure="{name}">')[1].split("<")[0]


def test_the_list_shows_what_became_of_each_purchase(anne: Any) -> None:
    profile = profile_under("reel", anne.user)
    purchase = buy(
        anne.user, "10", 4, vat=VatBasis.EXCLUDED, place="Vinted", note="lot", profile=profile
    )
    sell(purchase, "24", received="18", quantity=3)
    text = text_of(anne, PAGE)
    assert "Vinted" in text
    assert "10,00 € HT" in text
    assert "12,00 € TTC" in text
    assert "05/10/2026" in text
    assert [figure(text, name) for name in ("invested", "revenue", "profit", "stock")] == [
        "40,00 €", "72,00 €", "12,00 €", "10,00 €",
    ]  # fmt: skip
    assert text.count('<rect class="gain"') >= 6


def test_each_currency_has_its_own_totals(anne: Any) -> None:
    buy(anne.user, "10")
    buy(anne.user, "4", market="us")
    text = text_of(anne, PAGE)
    assert text.count('data-figure="invested"') == 2
    assert "4,00 $" in text


def test_nothing_bought_yet_says_how_to_begin(anne: Any) -> None:
    text = text_of(anne, PAGE)
    assert "/achats/importer/" in text
    assert "data-figure" not in text
    assert 'href="/achats/" aria-current="page"' in text


def test_the_list_is_narrowed_down_and_says_when_nothing_is_left(anne: Any) -> None:
    sell(buy(anne.user, "10", place="Vinted"), "20", received="15")
    assert LAMP in text_of(anne, f"{PAGE}?stock=sold_out&q=vinted&sort=-profit")
    for query in ("stock=left", "q=emmaus"):
        text = text_of(anne, f"{PAGE}?{query}")
        assert LAMP not in text
        assert "Aucun achat ne correspond" in text
    assert LAMP in text_of(anne, f"{PAGE}?stock=nonsense&sort=nonsense&page=99")


def test_its_statements_do_not_grow_with_the_purchases(anne: Any) -> None:
    counts = []
    for _time in range(2):
        for _purchase in range(4):
            sell(buy(anne.user, "10", 2), "20", received="15")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            anne.get(PAGE)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_product_that_is_known_is_linked_with_cost_and_profile(anne: Any) -> None:
    stored()
    buy(anne.user, "8.40", market="us", asin=ASIN)
    text = text_of(anne, PAGE)
    assert (
        f"/produits/us/{ASIN}/?cost=8%2C4&amp;cost_vat=incl&amp;units=all&amp;profile=equilibre"
        in text
    )
    buy(anne.user, "8.40", market="fr", asin=LAMP)
    assert f"/produits/fr/{LAMP}/" not in text_of(anne, PAGE)


class TestAdding:
    SAID = {
        "asin": LAMP, "marketplace": "fr", "profile": "prudent", "cost": "8,40",
        "cost_vat": "excl", "quantity": "3", "bought_on": "2026-10-05", "place": "Emmaüs",
        "note": "boîte abîmée",
    }  # fmt: skip

    def test_a_link_fills_the_form(self, anne: Any) -> None:
        text = text_of(
            anne,
            f"{PAGE}ajouter/?marketplace=us&asin={LAMP}&cost=8,4&cost_vat=excl&profile=prudent",
        )
        for said in (f'value="{LAMP}"', 'value="8,4"', 'value="excl" selected'):
            assert said in text
        assert '<option value="us" selected' in text
        assert '<option value="prudent" selected' in text
        text_of(anne, f"{PAGE}ajouter/?marketplace=xx&profile=nobody")

    def test_it_is_noted_and_in_the_log(self, anne: Any) -> None:
        answer = anne.post(f"{PAGE}ajouter/", self.SAID)
        purchase = Purchase.objects.get()
        assert answer["Location"] == f"{PAGE}{purchase.pk}/"
        assert (purchase.user, purchase.quantity, purchase.place) == (anne.user, 3, "Emmaüs")
        assert (purchase.bought_on, purchase.cost_vat) == (DAY, "excl")
        assert purchase.profile_slug == "prudent"
        assert ProductDecision.objects.get().purchase == purchase

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("asin", "lampe"),
            ("asin", "4006381333931"),
            ("cost", ""),
            ("cost", "0"),
            ("quantity", "0"),
            ("quantity", "1,5"),
            ("bought_on", "demain"),
            ("bought_on", str(date(2026, 1, 1) + timedelta(days=3650))),
            ("bought_on", "0001-01-01"),
            ("profile", "nobody"),
            ("marketplace", "xx"),
        ],
    )
    def test_what_cannot_be_is_refused_beside_its_field(
        self, anne: Any, name: str, value: str
    ) -> None:
        answer = anne.post(f"{PAGE}ajouter/", self.SAID | {name: value})
        assert answer.status_code == 422
        assert f'id="id_{name}_error"' in answer.content.decode()
        assert not Purchase.objects.exists()


class TestOnePurchase:
    def test_it_shows_the_score_of_its_day(self, anne: Any) -> None:
        stored()
        purchase = buy(anne.user, "8", market="us", asin=ASIN)
        text = text_of(anne, f"{PAGE}{purchase.pk}/")
        assert "Profil Équilibré, révision 1" in text
        assert 'class="verdict' in text

    def test_units_are_sold_until_none_is_left(self, anne: Any) -> None:
        purchase = buy(anne.user, "10", 2, profile=profile_under("franchise", anne.user))
        address = f"{PAGE}{purchase.pk}/ventes/"
        sold = {"sold_on": "2026-11-02", "quantity": "3", "price": "24", "received": "17,50"}
        refused = anne.post(address, sold)
        assert refused.status_code == 422
        assert "Il ne reste que 2 unités" in refused.content.decode().replace("\u00a0", " ")
        assert anne.post(address, sold | {"quantity": "2"}).status_code == 302
        text = text_of(anne, f"{PAGE}{purchase.pk}/")
        assert "15,00 €" in text
        assert "Ajouter la vente" not in text

    def test_nothing_is_sold_before_it_is_bought(self, anne: Any) -> None:
        purchase = buy(anne.user, "10", 2)
        sold = {"sold_on": "2026-10-04", "quantity": "1", "price": "24"}
        assert anne.post(f"{PAGE}{purchase.pk}/ventes/", sold).status_code == 422
        assert not Sale.objects.exists()

    def test_a_sale_is_struck_out(self, anne: Any) -> None:
        purchase = buy(anne.user, "10")
        sale = sell(purchase, "20", received="15")
        address = f"{PAGE}{purchase.pk}/ventes/{sale.pk}/retirer/"
        assert anne.post(address).status_code == 302
        assert anne.post(address).status_code == 404
        assert not Sale.objects.exists()

    def test_it_is_put_right(self, anne: Any) -> None:
        purchase = buy(anne.user, "10", 2)
        said = {"cost": "9,1234", "cost_vat": "incl", "quantity": "5", "bought_on": "2026-10-01"}
        assert anne.post(f"{PAGE}{purchase.pk}/modifier/", said).status_code == 302
        purchase.refresh_from_db()
        assert (purchase.unit_cost, purchase.quantity) == (Decimal("9.1234"), 5)
        assert anne.post(f"{PAGE}{purchase.pk}/modifier/", said | {"cost": "x"}).status_code == 422

    def test_deleting_asks_first(self, anne: Any) -> None:
        purchase = buy(anne.user, "10")
        sell(purchase, "20", received="15")
        text = text_of(anne, f"{PAGE}{purchase.pk}/supprimer/")
        assert "1 unité vendue" in text
        assert Purchase.objects.exists()
        assert anne.post(f"{PAGE}{purchase.pk}/supprimer/")["Location"] == PAGE
        assert not Purchase.objects.exists()

    def test_that_of_somebody_else_is_not_there(self, anne: Any) -> None:
        his = buy(User.objects.create_user("paul"), "10")
        assert anne.get(f"{PAGE}{his.pk}/").status_code == 404
        assert anne.post(f"{PAGE}{his.pk}/supprimer/").status_code == 404

    def test_a_viewer_reads_and_is_offered_no_change(self, anne: Any) -> None:
        purchase = buy(anne.user, "10")
        change_role(member=anne.user, role=Role.VIEWER)
        for address in (PAGE, f"{PAGE}{purchase.pk}/", f"{PAGE}ajouter/", f"{PAGE}importer/"):
            content = text_of(anne, address).split('id="content"')[1]
            assert 'method="post"' not in content
        assert anne.post(f"{PAGE}{purchase.pk}/supprimer/").status_code == 403


class TestFromTheProduct:
    ADDRESS = f"/produits/us/{ASIN}/decision/"

    def test_bought_is_a_purchase_scored_with_the_profile_of_the_page(self, anne: Any) -> None:
        stored()
        said = {
            "kind": "bought", "price": "8", "quantity": "2", "bought_on": "2026-10-05",
            "place": "Vinted",
        }  # fmt: skip
        answer = anne.post(f"{self.ADDRESS}?profile=prudent", said)
        assert answer["Location"].endswith(f"/{ASIN}/?profile=prudent#decisions")
        purchase = Purchase.objects.get()
        assert (purchase.profile_slug, purchase.place) == ("prudent", "Vinted")
        assert purchase.verdict
        assert f'href="{PAGE}{purchase.pk}/"' in text_of(anne, f"/produits/us/{ASIN}/")

    def test_today_and_one_unit_unless_said(self, anne: Any) -> None:
        stored()
        anne.post(self.ADDRESS, {"kind": "bought", "price": "8"})
        purchase = Purchase.objects.get()
        assert (purchase.quantity, purchase.bought_on) == (1, timezone.localdate())

    def test_a_line_whose_units_are_sold_says_why_it_stays(self, anne: Any) -> None:
        stored()
        anne.post(self.ADDRESS, {"kind": "bought", "price": "8", "bought_on": "2026-10-05"})
        decision = ProductDecision.objects.get()
        sell(Purchase.objects.get(), "20", received="15")
        answer = anne.post(f"{self.ADDRESS}{decision.pk}/retirer/", follow=True)
        assert "Des unités de cet achat sont vendues" in answer.content.decode()
        assert ProductDecision.objects.exists()


class TestMonths:
    def test_a_month_without_a_sale_is_an_empty_place_and_a_loss_hangs_below(self) -> None:
        months = (Month(date(2025, 11, 1), Decimal(30)), Month(date(2026, 2, 1), Decimal(-10)))
        chart = month_chart(months, currency="EUR", today=date(2026, 3, 15))
        bars = [(bar.label, bar.tone, bar.height) for bar in chart.bars]
        assert [bar[0] for bar in bars] == ["10/25", "11/25", "12/25", "01/26", "02/26", "03/26"]
        assert [bar[1] for bar in bars] == ["gain"] * 4 + ["loss", "gain"]
        assert [bar[2] for bar in bars] == ["0.0", "81.0", "0.0", "0.0", "27.0", "0.0"]
        assert chart.zero_y == chart.bars[4].y == "101.0"

    def test_it_ends_with_this_month_and_is_a_year_long_at_most(self) -> None:
        months = (Month(date(2020, 1, 1), Decimal(30)),)
        chart = month_chart(months, currency="EUR", today=date(2026, 1, 31))
        assert (chart.bars[0].label, chart.bars[-1].label) == ("02/25", "01/26")
        assert len(chart.bars) == 12


def test_past_answers_follow_what_was_paid_and_what_was_put_right(anne: Any) -> None:
    stored()
    run = finished_run(owner=anne.user, products=[scored_product(asin=ASIN)])
    said = {
        "marketplace": "us", "asin": ASIN, "profile": "equilibre", "cost": "4", "cost_vat": "incl",
        "quantity": "2", "bought_on": "2026-10-05", "place": "", "note": "",
    }  # fmt: skip
    assert anne.post(f"{PAGE}ajouter/", said).status_code == 302
    assert run.lines.get().landed_cost == 4
    purchase = Purchase.objects.get()
    changed = said | {"cost": "3,5"}
    assert anne.post(f"{PAGE}{purchase.pk}/modifier/", changed).status_code == 302
    assert ProductCost.objects.get().cost == Decimal("3.5")
    assert run.lines.get().landed_cost == Decimal("3.5")

    ProductCost.objects.update(cost=9, source=ProductCost.Source.TYPED)
    anne.post(f"{PAGE}{purchase.pk}/modifier/", said)
    assert ProductCost.objects.get().cost == 9


def test_a_unit_bought_is_what_the_listing_sells_at_once(anne: Any) -> None:
    stored(pack_size=3)
    purchase = buy(anne.user, "4", market="us", asin=ASIN)
    assert purchase.score is not None
    assert purchase.score["score"]["hypothetical"] is False
    assert Decimal(purchase.score["score"]["landed_cost"]) == 4
    # Its product is reckoned so as well.
    [link] = set(re.findall(r'href="(/produits/[^"]+)"', text_of(anne, PAGE)))
    text = text_of(anne, html.unescape(link))
    assert '<option value="3" selected>' in text
