"""The calculator of a product's page: another price, a quantity, parcels of one's own."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from discovery.accounts.members import change_role
from discovery.accounts.roles import Role
from discovery.models import KeepaProduct, TokenLedgerEntry
from tests.discovery.products.test_pages import ASIN, PAGE, stored

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
LIVE = {"hx-request": "true", "hx-target": "computed"}


def page_of(visitor: Any, query: str = "", **headers: str) -> str:
    answer = visitor.get(PAGE + query, headers=headers)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def figure(text: str, name: str) -> float:
    shown = text.split(f'data-figure="{name}">')[1].split("<")[0]
    return float(re.sub(r"[^\d,−-]", "", shown).replace(",", ".").replace("−", "-"))


def test_the_figures_follow_at_once_beside_the_verdict_and_the_reasons(
    client_of: Visitor,
) -> None:
    stored()
    part = page_of(client_of(), "?cost=5&quantity=3", **LIVE)
    assert "<html" not in part
    for swapped in ("outcome", "why", "check", "grade-field"):
        assert re.search(rf'id="{swapped}"[^>]* hx-swap-oob="true"', part)
    assert figure(part, "total-profit") == pytest.approx(3 * figure(part, "unit-profit"))
    assert figure(part, "total-paid") == pytest.approx(15)
    assert 'data-figure="margin"' in part
    assert 'data-figure="break-even"' in part


def test_another_price_is_tried_for_nothing_and_kept_nowhere(client_of: Visitor) -> None:
    row = stored()
    anne = client_of()
    usual, dearer = page_of(anne, "?cost=5"), page_of(anne, "?cost=5&price=39,90")
    assert figure(dearer, "unit-profit") > figure(usual, "unit-profit")
    assert figure(dearer, "max-cost") > figure(usual, "max-cost")
    assert figure(dearer, "break-even") == figure(usual, "break-even")
    assert 'name="price" inputmode="decimal" autocomplete="off" value="39,90"' in dearer
    assert "Simulation" in dearer
    assert "Simulation" not in usual
    assert page_of(anne, "?cost=5").count("Simulation") == 0
    assert KeepaProduct.objects.get().facts == row.facts
    assert not TokenLedgerEntry.objects.exists()


def test_parcels_of_ones_own_pay_postage_and_no_warehouse(client_of: Visitor) -> None:
    stored()
    anne = client_of()
    sent = page_of(anne, "?cost=5&by=fbm&shipping=4,20")
    assert "Votre envoi" in sent
    assert "Expédition FBA" not in sent.split('id="waterfall-title"')[1]
    dearer = page_of(anne, "?cost=5&by=fbm&shipping=9")
    assert figure(sent, "unit-profit") > figure(dearer, "unit-profit")
    # Postage typed for parcels that Amazon sends is not paid.
    fba = page_of(anne, "?cost=5&by=fba&shipping=9")
    assert figure(fba, "unit-profit") == figure(page_of(anne, "?cost=5"), "unit-profit")


def test_more_than_sells_in_sixty_days_is_warned_of(client_of: Visitor) -> None:
    stored(monthly_sold=12)
    anne = client_of()
    said = page_of(anne, "?cost=5")
    found = re.search(r"environ <b>(\d+)</b> en 30 jours, <b>(\d+)</b> en 60", said)
    assert found is not None
    soon, in_time = int(found[1]), int(found[2])
    assert 1 <= soon <= in_time
    assert 'data-warning="quantity"' not in page_of(anne, f"?cost=5&quantity={in_time}")
    warned = page_of(anne, f"?cost=5&quantity={in_time + 1}")
    assert f"il s’en vend {in_time} en 60 jours" in warned.replace("\u00a0", " ")


def test_without_known_sales_nothing_is_suggested(client_of: Visitor) -> None:
    stored(
        monthly_sold=None, bsr=None, bsr_avg90=None, rank_drops_30=None, rank_drops_90=None,
        rank_drops_180=None,
    )  # fmt: skip
    said = page_of(client_of(), "?cost=5&quantity=900")
    assert "impossible de suggérer une quantité" in said
    assert 'data-warning="quantity"' not in said


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("price=abc", "« abc » n’est pas un nombre."),
        ("price=0", "0 est sous la plus petite valeur permise, 0,01."),
        ("quantity=-2", "−2 est sous la plus petite valeur permise, 1."),
        ("by=fbm&shipping=-1", "−1 est sous la plus petite valeur permise, 0."),
    ],
)
def test_nonsense_is_named_and_not_used(client_of: Visitor, query: str, sentence: str) -> None:
    stored()
    anne = client_of()
    said = page_of(anne, f"?cost=5&{query}").replace("\u00a0", " ").replace("\u202f", " ")
    assert sentence in said
    if not query.startswith("by"):
        assert figure(said, "unit-profit") == figure(page_of(anne, "?cost=5"), "unit-profit")


def test_what_the_chart_is_drawn_from_is_in_the_page(client_of: Visitor) -> None:
    stored()
    page = client_of().get(PAGE).content.decode()
    assert '<script id="chart-data" type="application/json">' in page
    assert '"BUY_BOX_SHIPPING"' in page
    assert page.count('<svg class="history-chart"') == 2
    assert 'type="module"' in page


def test_without_a_history_there_is_no_chart_to_draw(client_of: Visitor) -> None:
    row = stored()
    row.history = {}
    row.save()
    page = client_of().get(PAGE).content.decode()
    assert "data-chart" not in page
    assert "chart-data" not in page


def test_what_was_reckoned_is_noted_as_bought_in_one_more_step(client_of: Visitor) -> None:
    stored(pack_size=3)
    anne = client_of()
    text = page_of(anne, "?cost=2,50&units=1&quantity=4&profile=prudent", **LIVE)
    link = re.search(r'href="(/achats/ajouter/[^"]+)"', text)
    assert link is not None
    form = html.unescape(anne.get(link[1]).content.decode())
    for name, value in (("asin", ASIN), ("cost", "7,5"), ("quantity", "4")):
        assert re.search(rf'<input[^>]*name="{name}"[^>]*value="{value}"', form), name
    assert re.search(r'<option value="prudent"[^>]* selected', form)
    change_role(member=anne.user, role=Role.VIEWER)
    assert "/achats/ajouter/" not in page_of(anne, "?cost=2,50", **LIVE)
