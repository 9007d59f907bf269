"""A cost without VAT and the same cost with it give one answer, wherever they are typed."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from discovery.lists.service import create_list, start_list
from discovery.models import (
    BusinessProfile,
    KeepaProduct,
    LiveCheck,
    ProductDecision,
    RunLine,
)
from discovery.products.scored import from_breakdown
from discovery.profiles.service import active_profile, ensure_shipped_profiles, save_profile
from discovery.runs.service import start_search
from discovery.runs.worker import work_on
from discovery.scoring import FlagCode, Grade, SoldCopy, VatRegime
from discovery.search.quote import quote_list
from discovery.search.request import read_filters
from tests.discovery.builders import prices
from tests.discovery.lists.reading.examples import read_on
from tests.discovery.products.test_pages import stored

pytestmark = pytest.mark.django_db(transaction=True)

Visitor = Callable[..., Any]
QUESTION = {"marketplace": "fr", "categories": ["Livres"], "bsr_range": [1, 200_000]}
WITHOUT, PAID = Decimal("8.40"), Decimal("8.862")  # a book: 5.5 % of VAT
CENT = Decimal("0.01")


@pytest.fixture
def anne(client_of: Visitor) -> Any:
    ensure_shipped_profiles()
    return client_of("anne")


@pytest.fixture
def asin(anne: Any, keepa: Any) -> str:
    """A French book that sells at a price, at hand so that no call here costs a token."""
    run = start_search(
        owner=anne.user, filters=read_filters(QUESTION), profile=active_profile(), max_results=10
    )
    work_on(run_id=run.pk)
    found = run.lines.filter(price__gt=15, max_cost__gt=0).order_by("position").first()
    assert found is not None
    return str(found.asin)


def states_costs(basis: str, regime: VatRegime = VatRegime.FRANCHISE) -> None:
    """What the default profile says."""
    profile = BusinessProfile.objects.get(is_default=True)
    changes = {**profile.settings, "cost_vat": basis, "regime": regime.value}
    save_profile(profile=profile, settings=changes, saved_by=None)


def plain(content: str) -> str:
    return content.replace("\u00a0", " ").replace("\u202f", " ")


def page_of(visitor: Any, asin: str, **asked: object) -> str:
    return plain(visitor.get(f"/produits/fr/{asin}/", asked).content.decode())


def figures_of(page: str) -> tuple[str, ...]:
    """The maximum, the ROI, the cost and the profit that a product's page shows."""
    computed = page.split('id="computed"')[1].split('id="check"')[0]
    names = ("max-cost", "roi", "cost")
    found = [re.findall(rf'data-figure="{name}"[^>]*>([^<]+)<', computed) for name in names]
    profits = re.findall(r'<tr class="(?:gain|loss)">.*?"number">([^<]+)<', computed, re.S)
    return tuple(value for (value,) in [*found, profits])


def analysed(visitor: Any, text: str) -> RunLine:
    read = read_on("fr", text)
    run = create_list(owner=visitor.user, name="A list", read=read, marketplace="fr")
    run = start_list(run=run, profile=active_profile(), marketplace="fr")
    work_on(run_id=run.pk)
    (line,) = run.lines.all()
    assert line.state == RunLine.State.SCORED
    return line


@pytest.mark.parametrize("regime", list(VatRegime))
def test_list_calculator_api_and_command_give_one_roi(
    anne: Any, asin: str, regime: VatRegime
) -> None:
    states_costs("incl", regime)
    lists = [
        analysed(anne, f"ASIN;{heading}\n{asin};{cost}\n".replace(".", ","))
        for heading, cost in (("Prix HT", WITHOUT), ("Prix TTC", PAID))
    ]
    answers = {(line.verdict, line.roi_percent, line.profit, line.max_cost) for line in lists}
    assert len(answers) == 1
    ((verdict, roi, profit, most),) = answers
    assert [line.cost_vat for line in lists] == ["excl", "incl"]
    assert {line.landed_cost for line in lists} == {PAID}

    bases = (("excl", WITHOUT), ("incl", PAID))
    pages = {
        figures_of(page_of(anne, asin, cost=f"{cost}".replace(".", ","), cost_vat=basis))
        for basis, cost in bases
    }
    ((shown_most, _roi, shown_cost, _profit),) = pages
    assert shown_cost == "8,86 € TTC"
    assert shown_most == f"{most} € TTC".replace(".", ",")

    for basis, cost in bases:
        answer = anne.post(
            "/api/v1/products/discover-with-scoring",
            json.dumps(
                {
                    "asins": [asin],
                    "marketplace": "fr",
                    "costs": {asin: float(cost)},
                    "cost_vat": basis,
                }
            ),
            content_type="application/json",
        ).json()
        (product,) = answer["products"]
        assert product["roi_percent"] == pytest.approx(roi)
        assert (product["recommendation"], Decimal(str(product["profit"]))) == (verdict, profit)
        assert (product["landed_cost"], product["cost_vat"]) == (8.86, basis)
        assert Decimal(str(product["cost_given"])) == cost.quantize(CENT)
        assert answer["metadata"]["tokens_spent"] == 0

        out = StringIO()
        call_command(
            "score", asin, f"--cost={cost}".replace(".", ","), f"--cost-vat={basis}",
            "--marketplace=fr", "--json", "--language=fr", stdout=out, stderr=StringIO(),
        )  # fmt: skip
        (typed,) = json.loads(out.getvalue())["products"]
        assert typed["roi_percent"] == pytest.approx(roi)


@pytest.mark.parametrize("basis", ["incl", "excl"])
def test_what_nobody_says_is_as_the_profile_says(anne: Any, asin: str, basis: str) -> None:
    states_costs(basis)
    line = analysed(anne, f"ASIN;Prix d’achat\n{asin};8,40\n")
    assert line.cost_vat == basis
    assert line.run.columns["cost_vat"] == basis
    assert (line.landed_cost == WITHOUT) is (basis == "incl")
    unsaid = figures_of(page_of(anne, asin, cost="8,40"))
    assert unsaid == figures_of(page_of(anne, asin, cost="8,40", cost_vat=basis))
    other = "excl" if basis == "incl" else "incl"
    assert unsaid != figures_of(page_of(anne, asin, cost="8,40", cost_vat=other))


def test_row_page_waterfall_and_file_show_one_figure(anne: Any, asin: str) -> None:
    states_costs("excl", VatRegime.REEL)
    line = analysed(anne, f"ASIN;Prix HT\n{asin};8,40\n")
    row = plain(anne.get(f"/listes/{line.run_id}/").content.decode())
    (cell,) = re.findall(r'<td [^>]*data-column="landed_cost".*?</td>', row, re.S)
    assert 'value="8,4"' in cell
    assert '<option value="excl" selected>' in cell
    assert 'title="Votre coût, tiré de cette liste · 8,86 € TTC"' in cell
    (address,) = re.findall(r'class="product-title" href="([^"]+)"', row)
    page = plain(anne.get(address.replace("&amp;", "&")).content.decode())
    computed = page.split('id="computed"')[1].split('id="check"')[0]
    assert 'data-figure="cost">8,86 € TTC<' in computed
    assert "8,40 € HT" in computed
    steps = dict(
        re.findall(
            r'<th scope="row">([^<]+?)\s*<.*?<td class="number">([^<]+)</td>', computed, re.S
        )
    )
    assert (steps["Coût rendu"], steps["TVA récupérée sur l’achat"]) == ("−8,86 €", "0,46 €")
    amounts = [
        Decimal(steps[name].replace("−", "-").replace(",", ".").removesuffix(" €"))
        for name in ("Ce qui reste avant l’achat", "Coût rendu", "TVA récupérée sur l’achat")
    ]
    assert f"{sum(amounts)} €".replace(".", ",").replace("-", "−") == steps["Profit"]

    content = anne.get(f"/listes/{line.run_id}/export.csv?format=plain").content
    (exported,) = csv.DictReader(StringIO(content.decode()))
    assert (exported["landed_cost"], exported["your_cost"]) == ("8.86", "8.4")
    assert exported["cost_vat"] == "excl"
    assert Decimal(exported["max_cost"]) == line.max_cost
    less = Decimal(exported["max_cost_excl_vat"])
    assert less == (line.max_cost / Decimal("1.055")).quantize(CENT, "ROUND_FLOOR")
    words = anne.get(f"/listes/{line.run_id}/export.csv").content.decode()
    assert "Coût rendu (TTC)" in words
    assert ";HT;" in words
    assert PAID.quantize(CENT, ROUND_HALF_UP) == Decimal("8.86")


def test_a_live_check_and_a_purchase_keep_how_the_price_was_stated(anne: Any, asin: str) -> None:
    states_costs("incl")
    stated = {"cost": "8,40", "cost_vat": "excl", "profile": "equilibre"}
    answer = anne.post(f"/produits/fr/{asin}/verifier/", stated)
    assert "cost_vat=excl" in answer["Location"]
    check = LiveCheck.objects.get()
    assert (check.cost, check.cost_vat) == (WITHOUT, "excl")
    assert "8,40 € HT" in page_of(anne, asin).split('id="check"')[1]
    anne.post(f"/produits/fr/{asin}/verifier/", stated | {"cost_vat": "incl"})
    assert [check.cost_vat for check in LiveCheck.objects.order_by("pk")] == ["excl", "incl"]

    bought = {"kind": "bought", "price": "8,40", "quantity": "3"}
    anne.post(f"/produits/fr/{asin}/decision/", bought | {"cost_vat": "excl"})
    anne.post(f"/produits/fr/{asin}/decision/", bought)
    assert [made.cost_vat for made in ProductDecision.objects.order_by("pk")] == ["excl", "incl"]
    log = page_of(anne, asin).split('id="decisions"')[1]
    assert "3 × 8,40 € HT" in log
    assert "3 × 8,40 € TTC" in log
    nonsense = anne.post(f"/produits/fr/{asin}/decision/", bought | {"cost_vat": "both"})
    assert nonsense.status_code == 422


def test_a_store_without_vat_says_nothing_of_it(anne: Any) -> None:
    states_costs("excl")
    product = stored()
    page = plain(
        anne.get(f"/produits/us/{product.asin}/?cost=5&cost_vat=excl").content.decode()
    ).split("<main")[1]
    for word in ("HT", "TTC", 'name="cost_vat"', "récupérée"):
        assert not re.search(rf"\b{word}", page)


@pytest.mark.parametrize("basis", ["both", "ttc", 1])
def test_the_api_refuses_another_basis_by_name(anne: Any, asin: str, basis: object) -> None:
    answer = anne.post(
        "/api/v1/products/discover-with-scoring",
        json.dumps({"asins": [asin], "marketplace": "fr", "cost_vat": basis}),
        content_type="application/json",
    )
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["cost_vat"]


@pytest.fixture
def cheap_like_new(anne: Any) -> str:
    """A book whose cheapest copy is as good as new: it sells at 47.60, what the next one costs."""
    book = stored(
        used=prices("21.40"),
        used_like_new=prices("21.40"),
        used_good=prices("31.30"),
        used_acceptable=prices("24.90"),
        used_buy_box=prices("47.60"),
        used_buy_box_grade=Grade.LIKE_NEW,
    )
    return str(book.asin)


def listed(visitor: Any, asin: str, cost: object) -> RunLine:
    """The product in a supplier's list, analysed for a seller of used copies."""
    read = read_on("us", f"ASIN;Cost\n{asin};{cost}\n")
    run = create_list(owner=visitor.user, name="A sale", read=read, marketplace="us")
    profile = active_profile(slug="occasion")
    run = start_list(run=run, profile=profile, marketplace="us")
    work_on(run_id=run.pk)
    (line,) = run.lines.all()
    return line


def asked_of_the_api(visitor: Any, asin: str, **more: object) -> dict[str, Any]:
    question = {"asins": [asin], "marketplace": "us", "profile": "occasion", **more}
    answer = visitor.post(
        "/api/v1/products/discover-with-scoring",
        json.dumps(question),
        content_type="application/json",
    ).json()
    assert answer["metadata"]["tokens_spent"] == 0
    (product,) = answer["products"]
    return dict(product)


def test_row_page_api_and_command_take_a_copy_from_elsewhere_for_the_lowest_grade(
    anne: Any, cheap_like_new: str
) -> None:
    asin = cheap_like_new
    line = listed(anne, asin, "2.50")
    assert line.breakdown is not None
    score = from_breakdown(line.breakdown)[1]
    assert (line.price, score.grade) == (Decimal("21.40"), Grade.ACCEPTABLE)
    assert score.has_flag(FlagCode.GRADE_ASSUMED)
    assert line.max_cost
    most = f"{line.max_cost} $".replace(".", ",")

    row = plain(anne.get(f"/listes/{line.run_id}/").content.decode())
    assert "21,40 $" in row
    assert "occasion, acceptable (supposé)" in row
    (address,) = re.findall(r'class="product-title" href="([^"]+)"', row)
    assert "grade=unknown" in address
    page = plain(anne.get(address.replace("&amp;", "&")).content.decode())
    assert figures_of(page)[0] == most
    assert "occasion, acceptable (supposé)" in page.split('id="computed"')[1]
    verdicts = [
        re.findall(r'<span class="verdict ([^"]+)">', text.split(start)[1])[0]
        for text, start in ((row, 'class="verdict-cell"'), (page, 'class="verdict-line"'))
    ]
    assert verdicts[0] == verdicts[1]
    assert '<option value="unknown" selected>' in page

    product = asked_of_the_api(anne, asin, costs={asin: 2.5})
    assert (product["sell_price"], product["grade"]) == (21.4, "acceptable")
    assert "grade_assumed" in {flag["code"] for flag in product["flags"]}
    assert Decimal(str(product["max_cost"])) == line.max_cost
    assert product["recommendation"] == line.verdict
    out = StringIO()
    arguments = ("score", asin, "--profile=occasion", "--marketplace=us", "--json")
    call_command(*arguments, "--cost=2.50", "--language=en", stdout=out, stderr=StringIO())
    (typed,) = json.loads(out.getvalue())["products"]
    assert (typed["sell_price"], typed["max_cost"]) == (product["sell_price"], product["max_cost"])


def test_a_list_scored_before_is_quoted_as_known(anne: Any, cheap_like_new: str) -> None:
    listed(anne, cheap_like_new, "2.50")
    KeepaProduct.objects.all().delete()  # the stored scores alone are left
    profile = active_profile(slug="occasion")
    for cost, known in (("2.50", 1), ("2.60", 0)):
        read = read_on("us", f"ASIN;Cost\n{cheap_like_new};{cost}\n")
        again = create_list(owner=anne.user, name="Again", read=read, marketplace="us")
        assert quote_list(run=again, profile=profile, marketplace="us").known == known


def test_a_grade_told_to_the_api_the_command_and_the_calculator_is_used(
    anne: Any, cheap_like_new: str
) -> None:
    asin = cheap_like_new
    product = asked_of_the_api(anne, asin, costs={asin: 2.5}, grade="good")
    assert (product["sell_price"], product["grade"]) == (21.4, "good")
    assert "grade_assumed" not in {flag["code"] for flag in product["flags"]}
    page = page_at(anne, asin, cost="2,50", profile="occasion", grade="good")
    assert figures_of(page)[0] == f"{product['max_cost']:.2f} $".replace(".", ",")
    out = StringIO()
    call_command(
        "score", asin, "--profile=occasion", "--marketplace=us", "--json", "--cost=2.50",
        "--grade=good", "--language=en", stdout=out, stderr=StringIO(),
    )  # fmt: skip
    (typed,) = json.loads(out.getvalue())["products"]
    assert (typed["grade"], typed["max_cost"]) == ("good", product["max_cost"])
    refused = anne.post(
        "/api/v1/products/discover-with-scoring",
        json.dumps({"asins": [asin], "marketplace": "us", "grade": "mint"}),
        content_type="application/json",
    )
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["grade"]


def page_at(visitor: Any, asin: str, **asked: object) -> str:
    return plain(visitor.get(f"/produits/us/{asin}/", asked).content.decode())


def test_opened_by_itself_the_page_is_about_the_copy_that_the_listing_offers(
    anne: Any, cheap_like_new: str
) -> None:
    page = page_at(anne, cheap_like_new, profile="occasion")
    assert '<option value="listing" selected>' in page
    assert "47,60 $" in page.split('id="computed"')[1].split('id="check"')[0]
    product = asked_of_the_api(anne, cheap_like_new)
    assert figures_of(page)[0] == f"{product['max_cost']:.2f} $".replace(".", ",")
    nonsense = page_at(anne, cheap_like_new, profile="occasion", grade="mint")
    assert figures_of(nonsense) == figures_of(page)


def test_who_sells_new_goods_is_asked_for_no_grade(anne: Any, cheap_like_new: str) -> None:
    page = page_at(anne, cheap_like_new, profile="equilibre")
    assert 'name="grade"' not in page
    told = page_at(anne, cheap_like_new, profile="equilibre", cost="5", grade="acceptable")
    assert figures_of(told) == figures_of(
        page_at(anne, cheap_like_new, profile="equilibre", cost="5")
    )


def test_another_profile_brings_the_choice_of_grades_with_it(
    anne: Any, cheap_like_new: str
) -> None:
    for slug, is_asked in (("occasion", True), ("equilibre", False)):
        answer = anne.get(
            f"/produits/us/{cheap_like_new}/", {"profile": slug}, headers={"HX-Target": "computed"}
        )
        field = answer.content.decode().split('id="grade-field"')[1]
        assert ('name="grade"' in field) is is_asked


def test_a_live_check_answers_for_its_grade(anne: Any, cheap_like_new: str) -> None:
    offers = [
        {"seller": f"A{code}", "kind": "fbm", "condition": code, "total": total, "stock": 3}
        for code, total in ((1, "19.10"), (2, "21.40"), (3, "28.40"), (4, "31.30"), (5, "24.90"))
    ]
    facts = stored_facts(cheap_like_new)
    check = LiveCheck.objects.create(
        user=anne.user, marketplace="us", asin=cheap_like_new, outcome="ok", cost=Decimal("2.50"),
        profile_slug="occasion", grade=SoldCopy.GOOD.value, checked_at=timezone.now(),
        offers=offers, before=facts, after=facts,
    )  # fmt: skip
    same: dict[str, object] = {"cost": "2,50", "profile": "occasion"}
    good = page_at(anne, cheap_like_new, **same, grade="good").split('id="check"')[1]
    assert "la même vérification" not in good
    for grade in ("", "unknown", "acceptable", "listing"):
        other = page_at(anne, cheap_like_new, **same, grade=grade).split('id="check"')[1]
        assert "la même vérification" in other

    def compared(section: str) -> list[str]:
        rows = section.split("<tbody>")[1].split("</tbody>")[0]
        return re.findall(r"<b>([\d,]+) \$</b>", rows)

    assert compared(good) == ["21,40", "28,40", "31,30"]
    assert "du même état (bon) ou d’un meilleur" in good
    unknown = page_at(anne, cheap_like_new, **same, grade="unknown").split('id="check"')[1]
    assert compared(unknown) == ["21,40", "24,90", "28,40", "31,30"]

    LiveCheck.objects.filter(pk=check.pk).update(grade="")  # noted before there was a choice
    assert (
        "la même vérification" not in page_at(anne, cheap_like_new, **same).split('id="check"')[1]
    )


def test_the_live_check_keeps_the_grade_it_was_asked_for(anne: Any, asin: str) -> None:
    asked = {"cost": "8,40", "profile": "occasion", "grade": "very_good"}
    answer = anne.post(f"/produits/fr/{asin}/verifier/", asked)
    assert "grade=very_good" in answer["Location"]
    assert LiveCheck.objects.get().grade == "very_good"
    anne.post(f"/produits/fr/{asin}/verifier/", asked | {"grade": "unknown"})
    kept = LiveCheck.objects.order_by("pk").values_list("grade", flat=True)
    assert list(kept) == ["very_good", "unknown"]


def stored_facts(asin: str) -> dict[str, Any]:
    return dict(KeepaProduct.objects.get(asin=asin).facts["facts"])
