"""A cost typed in a row is the product's cost on every page, and survives a reload."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from discovery.accounts.members import change_role
from discovery.accounts.preferences import keep_preferences
from discovery.accounts.roles import Role
from discovery.models import KeepaProduct, ProductCost, Run
from discovery.pages.choices import default_marketplace
from discovery.products.decisions import add_favourite
from discovery.profiles.service import (
    active_profile,
    copy_profile,
    default_profile_slug,
    delete_profile,
    ensure_shipped_profiles,
    profile_named,
)
from discovery.scoring.inputs import Measures
from tests.discovery.builders import finished_list, finished_run, scored_product
from tests.discovery.products.test_pages import stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("season_of_the_answers")]

Visitor = Callable[..., Any]
ASIN = "0131103628"
COST, PRODUCT = f"/produits/us/{ASIN}/cout/", f"/produits/us/{ASIN}/"
HTMX = {"hx-request": "true"}
SEEN_LONG: dict[str, Any] = {"measures": Measures(history_days=900)}


@pytest.fixture
def anne(client_of: Visitor) -> Any:
    ensure_shipped_profiles()
    stored(**SEEN_LONG)
    return client_of("anne")


@pytest.fixture
def run(anne: Any) -> Run:
    return finished_run(owner=anne.user, products=[scored_product()])


def plain(answer: Any) -> str:
    text: str = answer.content.decode()
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def typed(visitor: Any, cost: str, run: Run | None = None, **more: Any) -> Any:
    """What the row answers to htmx."""
    line = run.lines.get().pk if run else ""
    asked = {"cost": cost, "line": line, "key": line or ASIN} | more
    return visitor.post(COST, asked, headers=HTMX)


def known() -> tuple[Decimal, str, str]:
    found = ProductCost.objects.get()
    return found.cost, found.cost_vat, found.source


def test_the_row_answers_with_its_new_figures_and_the_counts(anne: Any, run: Run) -> None:
    answer = typed(anne, "5", run)
    assert answer.status_code == 200
    row, _end, counts = plain(answer).rpartition("</tbody>")
    assert f'id="row-{run.lines.get().pk}"' in row
    assert "Achat fort" in row
    assert "12,00 $" in row  # 17 are left of the price
    assert 'value="5"' in row
    assert 'id="verdict-counts" hx-swap-oob="true"' in counts
    assert "Achat fort <span>1</span>" in counts
    assert 'id="yield" hx-swap-oob="true"' in counts
    assert known() == (Decimal(5), "incl", "typed")


def test_it_is_the_cost_after_a_reload_on_the_product_and_among_the_favourites(
    anne: Any, run: Run
) -> None:
    add_favourite(user=anne.user, marketplace="us", asin=ASIN)
    typed(anne, "12,50", run)
    assert 'value="12,5"' in plain(anne.get(run.get_absolute_url()))
    product = plain(anne.get(PRODUCT))
    assert 'name="cost" inputmode="decimal" autocomplete="off" value="12,5"' in product
    assert 'data-figure="cost">12,50 $' in product
    assert "Votre coût, saisi le" in product
    favourites = plain(anne.get("/favoris/"))
    assert "36 %" in favourites
    assert 'data-figure="roi">36 %' in product


def test_an_empty_cost_in_the_calculator_is_none(anne: Any, run: Run) -> None:
    typed(anne, "12,50", run)
    page = plain(anne.get(f"{PRODUCT}?cost="))
    assert 'data-figure="cost">12,50 $' not in page
    assert "Effacer mon coût" in page


def test_a_cost_tried_in_the_calculator_is_kept_when_asked_to(anne: Any) -> None:
    page = plain(anne.get(f"{PRODUCT}?cost=7"))
    assert "Garder ce coût partout" in page
    assert not ProductCost.objects.exists()
    kept = anne.post(COST, {"cost": "7", "cost_vat": "incl", "profile": "prudent"})
    assert kept["Location"] == f"{PRODUCT}?profile=prudent"
    assert known() == (Decimal(7), "incl", "typed")
    page = plain(anne.get(PRODUCT))
    assert 'data-figure="cost">7,00 $' in page
    assert "Garder ce coût partout" not in page


def test_kept_for_one_unit_of_a_lot_it_is_that_of_the_lot(anne: Any) -> None:
    KeepaProduct.objects.all().delete()
    stored(pack_size=6)
    anne.post(COST, {"cost": "2", "units": "1"})
    assert known()[0] == Decimal(12)
    page = plain(anne.get(PRODUCT))
    assert 'value="12"' in page
    assert 'data-figure="cost">12,00 $' in page


@pytest.mark.parametrize(
    ("cost", "kept"),
    [("12,50", "12.5"), ("12.50", "12.5"), ("1 234,50 €", "1234.5"), (" 8 ", "8")],
)
def test_a_cost_is_read_as_people_type_it(anne: Any, run: Run, cost: str, kept: str) -> None:
    assert typed(anne, cost, run).status_code == 200
    assert known()[0] == Decimal(kept)


@pytest.mark.parametrize("cost", ["abc", "0", "-3", "10000000", "1e9", "nan"])
def test_what_is_no_cost_is_said_in_the_row_which_keeps_it(anne: Any, run: Run, cost: str) -> None:
    typed(anne, "5", run)
    answer = typed(anne, cost, run)
    assert answer.status_code == 422
    row = plain(answer)
    assert f'value="{cost}"' in row
    assert 'aria-invalid="true"' in row
    assert 'role="alert"' in row
    assert known()[0] == Decimal(5)
    # Without htmx it is said where one comes back to.
    back = anne.post(COST, {"cost": cost, "line": run.lines.get().pk}, follow=True)
    assert 'class="banner error"' in back.content.decode()
    assert known()[0] == Decimal(5)


def test_emptied_it_is_unknown_again(anne: Any, run: Run) -> None:
    typed(anne, "5", run)
    row = plain(typed(anne, "", run))
    assert not ProductCost.objects.exists()
    assert 'value=""' in row
    assert 'placeholder="9,00"' in row  # the lowest offer


def test_without_vat_it_is_grossed_up_as_the_row_says(anne: Any) -> None:
    KeepaProduct.objects.all().delete()
    french: dict[str, Any] = {"marketplace": "fr", "currency": "EUR"}
    stored(**french)
    KeepaProduct.objects.update(marketplace="fr")
    run = finished_run(
        owner=anne.user, products=[scored_product(**french)], filters={"marketplace": "fr"}
    )
    line = run.lines.get()
    asked = {"cost": "10", "cost_vat": "excl", "line": line.pk, "key": line.pk}
    answer = anne.post(COST.replace("/us/", "/fr/"), asked, headers=HTMX)
    assert known() == (Decimal(10), "excl", "typed")
    line.refresh_from_db()
    assert line.landed_cost == Decimal("10.55")  # a book: 5.5 %
    row = plain(answer)
    assert 'value="10"' in row
    assert '<option value="excl" selected>' in row


def test_where_there_is_no_vat_nobody_is_asked(anne: Any, run: Run) -> None:
    assert 'name="cost_vat"' not in plain(typed(anne, "5", run))


def test_without_javascript_one_comes_back_to_the_row(anne: Any, run: Run) -> None:
    line = run.lines.get()
    asked = {"cost": "5", "line": line.pk, "query": "sort=roi&page=2"}
    answer = anne.post(COST, asked)
    assert answer["Location"] == f"{run.get_absolute_url()}?sort=roi&page=2#row-{line.pk}"


def test_the_links_of_the_answer_are_those_of_the_page(anne: Any, run: Run) -> None:
    text = plain(typed(anne, "5", run, query="sort=roi&verdict=SKIP"))
    verdict = run.lines.get().shown_verdict
    assert f'href="?sort=roi&amp;verdict={verdict}#results"' in text
    assert f"{PRODUCT}?profile=equilibre" in text


def test_what_is_noted_as_bought_has_the_cost_of_the_row(anne: Any, run: Run) -> None:
    def form_of(page: str) -> str:
        (address,) = re.findall(r'data-act="bought" href="([^"]+)"', page)
        return plain(anne.get(address.replace("&amp;", "&")))

    unknown = form_of(plain(anne.get(run.get_absolute_url())))
    assert f'name="asin" value="{ASIN}"' in unknown
    assert not re.search(r'name="cost"[^>]* value=', unknown)
    known = form_of(plain(typed(anne, "5.5", run)))
    assert re.search(r'name="cost"[^>]* value="5,5"', known)
    assert '<option value="equilibre" selected>' in known


def test_what_was_said_after_a_row_was_scored_is_not_lost_by_an_undo(anne: Any, run: Run) -> None:
    typed(anne, "5", run)
    ProductCost.objects.update(cost="6.40")
    before = finished_run(owner=anne.user, products=[scored_product()]).lines.get()
    run.lines.update(breakdown=before.breakdown)
    page = plain(anne.get(run.get_absolute_url()))
    assert 'data-before="6,4"' in page  # what undo.js sends back


def test_what_was_refused_is_not_what_an_undo_brings_back(anne: Any, run: Run) -> None:
    typed(anne, "5", run)
    answer = typed(anne, "rubbish", run)
    assert answer.status_code == 422
    assert 'value="rubbish"' in plain(answer)
    assert 'data-before="5"' in plain(answer)


def test_of_a_list_the_totals_follow(anne: Any) -> None:
    listed = finished_list(owner=anne.user, products=[scored_product()], quantity=3)
    text = plain(typed(anne, "5", listed))
    assert re.search('id="purchase"[^>]* hx-swap-oob="true"', text)
    assert "15,00 $" in text


def test_a_favourite_has_its_row_anew_with_the_profile_of_the_page(anne: Any) -> None:
    add_favourite(user=anne.user, marketplace="us", asin=ASIN)
    text = plain(typed(anne, "12.5", profile="prudent"))
    assert f'id="row-us-{ASIN}"' in text
    assert 'value="12,5"' in text
    assert "profile=prudent" in text


def test_of_a_product_gone_the_cost_is_kept_and_the_row_says_so(anne: Any, run: Run) -> None:
    KeepaProduct.objects.all().delete()
    answer = typed(anne, "5", run)
    assert answer.status_code == 200
    assert "ne sont plus disponibles" in plain(answer)
    assert known()[0] == Decimal(5)
    assert "saisi le" in plain(anne.get(run.get_absolute_url()))
    # Without a line there is nothing to show at all.
    assert typed(anne, "6").status_code == 404
    assert known()[0] == Decimal(5)


def test_a_viewer_reads_the_costs_and_types_none(client_of: Visitor) -> None:
    ensure_shipped_profiles()
    stored()
    vera = client_of("vera")
    run = finished_run(owner=vera.user, products=[scored_product()])
    typed(vera, "5", run)
    change_role(member=vera.user, role=Role.VIEWER)
    page = plain(vera.get(run.get_absolute_url()))
    assert re.search('<span class="own-cost"[^>]*>5,00 \\$</span>', page)
    assert 'data-act="bought"' not in page
    assert 'data-act="cost"' not in page
    assert typed(vera, "6", run).status_code == 403
    assert known()[0] == Decimal(5)


def test_what_was_paid_is_the_cost(anne: Any, run: Run) -> None:
    anne.post(f"{PRODUCT}decision/", {"kind": "bought", "price": "6,50", "quantity": "2"})
    assert known() == (Decimal("6.5"), "incl", "bought")
    assert run.lines.get().landed_cost == Decimal("6.5")
    assert "Votre prix d’achat, noté le" in plain(anne.get(PRODUCT))


def test_what_my_purchases_say_was_paid_is_the_cost_put_right_or_not(anne: Any, run: Run) -> None:
    said = {
        "asin": ASIN, "marketplace": "us", "profile": "equilibre", "cost": "65",
        "cost_vat": "incl", "quantity": "1", "bought_on": "2026-10-05",
    }  # fmt: skip
    address = anne.post("/achats/ajouter/", said)["Location"]
    assert run.lines.get().landed_cost == Decimal(65)
    anne.post(f"{address}modifier/", said | {"cost": "6,50"})
    assert known() == (Decimal("6.5"), "incl", "bought")
    assert run.lines.get().landed_cost == Decimal("6.5")


# --- the profile ----------------------------------------------------------------------------------


def test_a_profile_that_is_gone_is_replaced_with_a_word(anne: Any) -> None:
    shared = profile_named(slug="prudent", user=anne.user)
    mine = copy_profile(profile=shared, name="Mine", owner=anne.user)
    pages = (f"{PRODUCT}?profile={mine.slug}", f"/favoris/?profile={mine.slug}")
    for address in pages:
        assert "est utilisé à la place" not in plain(anne.get(address))
    delete_profile(profile=mine)
    for address in pages:
        text = plain(anne.get(address))
        assert "Vous n’avez plus de profil « mine » : « Équilibré » est utilisé" in text


def test_where_none_is_named_the_users_own_choice_counts(
    anne: Any, django_assert_num_queries: Any
) -> None:
    assert active_profile(user=anne.user).slug == "equilibre"
    prudent = profile_named(slug="prudent", user=anne.user)
    keep_preferences(user=anne.user, profile=prudent, marketplace="de")
    with django_assert_num_queries(1):
        assert active_profile(user=anne.user).slug == "prudent"
    assert default_profile_slug(anne.user) == "prudent"
    assert default_marketplace(anne.user) == "de"
    assert active_profile().slug == "equilibre"
    other = User.objects.create_user("paul")
    assert (default_profile_slug(other), default_marketplace(other)) == ("equilibre", "fr")
    page = plain(anne.get("/niches/"))
    assert '<option value="prudent" selected>' in page
    assert '<option value="de" selected>' in page
    assert "Prudent" in plain(anne.get("/favoris/")).split("<h1>")[1][:300]
