"""A product's page and the favourites: what to pay at most, how it sold, what was decided."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from discovery.keepa.product import ProductSnapshot
from discovery.models import (
    BusinessProfile,
    Favourite,
    KeepaProduct,
    ProductDecision,
    Run,
    TokenLedgerEntry,
)
from discovery.pages.products import price_chart
from discovery.products import store
from discovery.products.from_keepa import card_of
from discovery.products.product_costs import Source, state_costs
from discovery.products.scored import StatedCost
from discovery.profiles.service import active_profile, ensure_shipped_profiles
from discovery.scoring import PriceStats, VatBasis, facts_to_json
from tests.discovery.builders import build_pick, facts, finished_run, scored_product

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
ASIN = "0131103628"
PAGE = f"/produits/us/{ASIN}/"


HOUR = timedelta(hours=1)


def stored(asin: str = ASIN, *, age: timedelta = HOUR, **changes: Any) -> KeepaProduct:
    now = timezone.now()
    start = int((now - timedelta(days=300)).timestamp())
    snapshot = ProductSnapshot(
        asin=asin, marketplace="us", currency="USD", exponent=2, title="The C <i>Language</i>"
    )
    return KeepaProduct.objects.create(
        marketplace="us",
        asin=asin,
        title="The C Language",
        facts={
            "facts": facts_to_json(facts(asin=asin, fetched_at=now - age, **changes)),
            "card": card_of(snapshot) | {"bsr": 12_000, "category": "Programming"},
        },
        finder_values={},
        history={
            "BUY_BOX_SHIPPING": {
                "times": [start, start + 86_400 * 100, start + 86_400 * 280],
                "values": [2900, None, 3000],
            },
            "SALES": {"times": [start, start + 86_400 * 200], "values": [20_000, 12_000]},
        },
        has_buy_box=True,
        fetched_at=now - age,
    )


def text_at(visitor: Any, address: str) -> str:
    text: str = visitor.get(address).content.decode()
    return text


def text_of(visitor: Any, query: str = "", **headers: str) -> str:
    answer = visitor.get(PAGE + query, headers=headers)
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def figure(text: str, name: str) -> str:
    return text.split(f'data-figure="{name}">')[1].split("<")[0]


def test_the_page_opens_with_the_most_one_may_pay_and_spends_nothing(client_of: Visitor) -> None:
    stored()
    text = text_of(client_of())
    assert text.index("Acheter au plus") < text.index("Prix de vente")
    assert figure(text, "max-cost").endswith("$")
    assert "&lt;i&gt;" in text
    assert "<i>Language" not in text
    assert not TokenLedgerEntry.objects.exists()


def test_a_cost_typed_in_either_language_changes_roi_and_verdict_at_once(
    client_of: Visitor,
) -> None:
    stored()
    anne = client_of()
    cheap, dear = text_of(anne, "?cost=5,50"), text_of(anne, "?cost=28")
    assert figure(cheap, "roi") != figure(dear, "roi")
    assert figure(cheap, "max-cost") == figure(dear, "max-cost")
    assert 'value="5,50"' in cheap
    assert "votre coût" in cheap


def test_htmx_is_sent_only_what_changes(client_of: Visitor) -> None:
    stored()
    part = text_of(client_of(), "?cost=5", **{"hx-request": "true", "hx-target": "computed"})
    assert 'data-figure="max-cost"' in part
    assert "<html" not in part


@pytest.mark.parametrize(
    ("cost", "sentence"),
    [
        ("abc", "« abc » n’est pas un nombre."),
        ("-5", "−5 est sous la plus petite valeur permise, 0,01."),
        ("0", "0 est sous la plus petite valeur permise, 0,01."),
        ("1e9", "1 000 000 000 dépasse la plus grande valeur permise, 999 999,99."),
        ("99999999", "99 999 999 dépasse la plus grande valeur permise, 999 999,99."),
    ],
)
def test_nonsense_for_a_cost_is_named_and_the_page_stands(
    client_of: Visitor, cost: str, sentence: str
) -> None:
    stored()
    text = text_of(client_of(), f"?cost={cost}")
    assert sentence in text
    assert figure(text, "max-cost")


def test_every_profile_may_be_tried(client_of: Visitor) -> None:
    stored()
    anne = client_of()
    prudent, bold = text_of(anne, "?profile=prudent"), text_of(anne, "?profile=agressif")
    assert figure(prudent, "max-cost") != figure(bold, "max-cost")
    assert text_of(anne, "?profile=nobody")


@pytest.mark.parametrize("window", ["30", "90", "365", "all", "nonsense"])
def test_prices_and_rank_are_drawn_for_every_period(client_of: Visitor, window: str) -> None:
    stored()
    text = text_of(client_of(), f"?window={window}")
    assert text.count('<path class="line') == 2
    assert "NaN" not in text


def test_old_data_are_called_old(client_of: Visitor) -> None:
    stored(age=timedelta(days=3))
    assert "plus d’un jour" in text_of(client_of())


def test_the_card_of_a_product_stored_before_cards_had_eans_has_none() -> None:
    row = stored()
    del row.facts["card"]["eans"]
    row.save()
    product = store.product_of(marketplace="us", asin=ASIN)
    assert product is not None
    assert store.product_card(product).eans == ()


def test_a_product_nobody_fetched_is_not_there(client_of: Visitor) -> None:
    anne = client_of()
    assert anne.get("/produits/us/B000000000/").status_code == 404
    assert anne.get("/produits/narnia/B000000000/").status_code == 404
    assert anne.post("/produits/us/B000000000/favori/").status_code == 404


def test_a_product_without_any_price_has_a_page_too(client_of: Visitor) -> None:
    nothing = PriceStats()
    stored(buy_box=nothing, new_fba=nothing, new=nothing, lowest_fbm_new=None)
    KeepaProduct.objects.update(history={})
    assert "Aucune donnée" in text_of(client_of())


def test_the_searches_that_found_it_are_listed(client_of: Visitor) -> None:
    stored()
    anne = client_of()
    run = finished_run(owner=anne.user, products=[scored_product(asin=ASIN)])
    finished_run(owner=client_of("paul").user, products=[scored_product(asin=ASIN)])
    text = text_of(client_of("anne"))
    assert text.count("/niches/recherche/") == 1
    assert str(run.pk) in text


def test_it_is_opened_with_the_profile_its_search_used(client_of: Visitor) -> None:
    """What a search answers "occasion" is not skipped as new by the page it leads to."""
    stored()
    anne = client_of()
    ensure_shipped_profiles()
    occasion = active_profile(user=anne.user, slug="occasion")
    products = [scored_product(asin=ASIN, profile=occasion.settings)]
    run = finished_run(owner=anne.user, products=products)
    Run.objects.filter(pk=run.pk).update(profile=BusinessProfile.objects.get(slug="occasion"))
    shown = anne.get(f"/niches/recherche/{run.pk}/").content.decode()
    query = shown.split(f'href="{PAGE}')[1].split('"')[0]
    assert query == "?profile=occasion"
    assert '<option value="occasion" selected>' in text_of(anne, query)


def test_no_days_to_sell_leave_no_dangling_mark(client_of: Visitor) -> None:
    stored(
        monthly_sold=None,
        rank_drops_30=None,
        rank_drops_90=None,
        rank_drops_180=None,
        bsr=None,
        bsr_avg90=None,
    )
    speed = text_of(client_of()).split('id="stat-speed"')[1].split("</section>")[0]
    assert "·" not in speed


class TestDecisions:
    def decide(self, visitor: Any, **fields: str) -> Any:
        return visitor.post(f"{PAGE}decision/", fields)

    @pytest.mark.parametrize(
        ("monthly_sold", "said"), [(50, r"\d+ vendus en 60 jours"), (1, "1 vendu en 60 jours")]
    )
    def test_more_than_sells_in_60_days_is_said_beside_it(
        self, client_of: Visitor, monthly_sold: int, said: str
    ) -> None:
        stored(monthly_sold=monthly_sold, rank_drops_30=0, rank_drops_90=monthly_sold, bsr=900_000)
        anne = client_of()
        self.decide(anne, kind="bought", price="12,50", quantity="5000")
        assert re.search(said, text_of(anne).split('class="decision-log"')[1])

    def test_a_purchase_is_written_down_with_its_price(self, client_of: Visitor) -> None:
        stored()
        anne = client_of()
        self.decide(anne, kind="bought", price="9,90", quantity="3", note="brocante")
        decision = ProductDecision.objects.get()
        assert (decision.price, decision.quantity) == (Decimal("9.90"), 3)
        assert "3 × 9,90 $" in text_of(anne)

    @pytest.mark.parametrize(
        "fields",
        [
            {"kind": "bought"},
            {"kind": "bought", "price": "abc"},
            {"kind": "bought", "price": "-1"},
            {"kind": "bought", "price": "5", "quantity": "many"},
            {"kind": "note"},
            {"kind": "sold", "price": "5"},
            {},
        ],
    )
    def test_nonsense_is_refused_and_nothing_written(
        self, client_of: Visitor, fields: dict[str, str]
    ) -> None:
        stored()
        assert self.decide(client_of(), **fields).status_code == 422
        assert not ProductDecision.objects.exists()

    def test_ignoring_a_favourite_keeps_it_a_favourite(self, client_of: Visitor) -> None:
        stored()
        anne = client_of()
        anne.post(f"{PAGE}favori/", {"wanted": "1"})
        self.decide(anne, kind="ignored", note="trop lourd")
        assert Favourite.objects.filter(user=anne.user, asin=ASIN).exists()

    def test_a_line_is_struck_out_by_its_owner_only(self, client_of: Visitor) -> None:
        stored()
        anne = client_of("anne")
        self.decide(anne, kind="note", note="à revoir")
        address = f"{PAGE}decision/{ProductDecision.objects.get().pk}/retirer/"
        assert client_of("paul").post(address).status_code == 404
        assert "à revoir" not in text_of(client_of("paul"))
        assert client_of("anne").post(address).status_code == 302
        assert not ProductDecision.objects.exists()


class TestFavourites:
    def test_none_yet(self, client_of: Visitor) -> None:
        assert "Aucun favori" in client_of().get("/favoris/").content.decode()

    def test_made_once_however_often_asked_and_unmade(self, client_of: Visitor) -> None:
        stored()
        anne = client_of()
        for _ in range(2):
            anne.post(f"{PAGE}favori/", {"wanted": "1"})
        assert Favourite.objects.count() == 1
        assert "Retirer des favoris" in text_of(anne)
        listed = anne.get("/favoris/").content.decode()
        assert f'href="{PAGE}?profile=equilibre"' in listed
        back = anne.post(f"{PAGE}favori/", {"wanted": "0", "back": "/favoris/?sort=bsr"})
        assert back["Location"] == "/favoris/?sort=bsr"
        assert not Favourite.objects.exists()

    def test_back_leads_to_no_other_site(self, client_of: Visitor) -> None:
        stored()
        for elsewhere in ("https://evil.example/", "//evil.example/", "favourites"):
            answer = client_of().post(f"{PAGE}favori/", {"wanted": "1", "back": elsewhere})
            assert answer["Location"] == PAGE

    def test_they_are_scored_with_what_they_cost_and_sorted_by_any_figure(
        self, client_of: Visitor
    ) -> None:
        anne = client_of()
        asins = ["B000000001", "B000000002", "B000000003"]
        for asin, bsr in zip(asins, (300, 100, 200), strict=True):
            product = stored(asin)
            KeepaProduct.objects.filter(pk=product.pk).update(
                facts=product.facts | {"card": product.facts["card"] | {"bsr": bsr}}
            )
            Favourite.objects.create(user=anne.user, marketplace="us", asin=asin)
        Favourite.objects.create(user=anne.user, marketplace="us", asin="B0FORGOTTN")
        cost = {asins[1]: StatedCost(Decimal("4.25"), VatBasis.INCLUDED)}
        state_costs(
            user=anne.user, marketplace="us", costs=cost, source=Source.TYPED, now=timezone.now()
        )

        def shown(query: str = "") -> list[str]:
            return [line.asin for line in anne.get(f"/favoris/{query}").context["page"]["lines"]]

        assert shown() == ["B0FORGOTTN", *reversed(asins)]
        assert shown("?dir=asc") == [*asins, "B0FORGOTTN"]
        assert shown("?sort=bsr") == [asins[1], asins[2], asins[0], "B0FORGOTTN"]
        assert shown("?sort=bsr&dir=desc") == [asins[0], asins[2], asins[1], "B0FORGOTTN"]
        assert shown("?sort=roi")[0] == asins[1]
        row = anne.get("/favoris/").content.decode().split(f'id="row-us-{asins[1]}"')[1]
        assert "4,25" in row.split("</tbody>")[0]

    def test_each_opens_why_with_the_profile_of_the_table(self, client_of: Visitor) -> None:
        stored()
        anne = client_of()
        Favourite.objects.create(user=anne.user, marketplace="us", asin=ASIN)
        address = f"{PAGE}pourquoi/?profile=equilibre&key=us-{ASIN}&span=13"
        assert escape(f"{PAGE}pourquoi/?line=&profile=equilibre") in text_at(anne, "/favoris/")
        assert 'class="reasons"' in text_at(anne, address)
        assert anne.get(f"{PAGE}pourquoi/?profile=nobodys").status_code == 404

    def test_everybody_has_their_own(self, client_of: Visitor) -> None:
        stored()
        client_of("paul").post(f"{PAGE}favori/", {"wanted": "1"})
        assert "Aucun favori" in client_of("anne").get("/favoris/").content.decode()

    def test_one_of_which_nothing_is_known_any_more_is_still_listed(
        self, client_of: Visitor
    ) -> None:
        anne = client_of()
        Favourite.objects.create(user=anne.user, marketplace="us", asin="B0FORGOTTN")
        assert "B0FORGOTTN" in anne.get("/favoris/").content.decode()

    def test_more_favourites_need_no_more_statements(self, client_of: Visitor) -> None:
        anne = client_of()
        counts = []
        for batch in range(2):
            for number in range(8):
                asin = f"B{batch}{number:08}"
                stored(asin)
                Favourite.objects.create(user=anne.user, marketplace="us", asin=asin)
            with CaptureQueriesContext(connection) as seen:
                assert anne.get("/favoris/").status_code == 200
            counts.append(len(seen))
        assert counts[0] == counts[1]


def test_the_rank_axis_is_upside_down_and_logarithmic() -> None:
    now = timezone.now()
    day = 86_400
    start = int((now - timedelta(days=20)).timestamp())
    times = [start, start + day, start + 2 * day]
    history = {"SALES": {"times": times, "values": [100_000, 1_000, 10]}}
    (line,) = price_chart.rank_chart(history, now=now, window="30").lines
    worst, middle, best = (
        float(height) for height in re.findall(r"(?:M[\d.]+ |V)([\d.]+)", line.path)
    )
    assert worst > middle > best
    assert middle - best == pytest.approx(worst - middle, abs=0.2)


def test_a_gap_without_offers_is_a_gap_in_the_line() -> None:
    now = timezone.now()
    start = int((now - timedelta(days=20)).timestamp())
    history = {"NEW": {"times": [start, start + 9000, start + 90_000], "values": [900, None, 950]}}
    chart = price_chart.price_chart(history, now=now, window="30", currency="EUR", exponent=2)
    assert chart.lines[0].path.count("M") == 2


def test_a_cost_that_is_no_number_is_said_live_beside_figures_that_do_not_use_it(
    client_of: Visitor,
) -> None:
    stored()
    live = {"hx-request": "true", "hx-target": "computed"}
    part = text_of(client_of(), "?cost=abc", **live)
    assert "Les chiffres ci-dessous ne l’utilisent pas." in html.unescape(part)
    assert 'role="alert"' in part


def test_what_the_jobs_have_found_of_it_is_told_to_their_owner_alone(client_of: Visitor) -> None:
    anne = client_of()
    stored()
    text = anne.get(PAGE).content.decode()
    assert 'id="found-by"' not in text
    pick = build_pick(owner=anne.user, asin=ASIN, marketplace="us", roi_percent=42.0)
    text = anne.get(PAGE).content.decode()
    assert f"/autosourcing/trouvailles/{pick.pk}/" in text
    assert "42" in text.split('id="found-by"')[1].split("</section>")[0]
    assert 'id="found-by"' not in client_of("bob").get(PAGE).content.decode()
