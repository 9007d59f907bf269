"""A cost typed in a row is the product's cost on every page, in every file and next time."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from discovery.models import ProductCost
from tests.discovery.builders import finished_run, scored_product
from tests.discovery.products.test_pages import stored

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
ASIN = "0131103628"
COST = f"/produits/us/{ASIN}/cout/"


def test_the_row_answers_with_its_new_figures(client_of: Visitor) -> None:
    anne = client_of()
    stored()
    run = finished_run(owner=anne.user, products=[scored_product()])
    line = run.lines.get()
    answer = anne.post(
        COST, {"cost": "12,50", "line": line.pk, "key": line.pk}, headers={"hx-request": "true"}
    )
    assert answer.status_code == 200
    text = answer.content.decode()
    assert f'id="row-{line.pk}"' in text
    assert 'value="12,5"' in text
    known = ProductCost.objects.get()
    assert (known.cost, known.source) == (Decimal("12.5"), "typed")
    page = anne.get(f"/niches/recherche/{run.pk}/").content.decode()
    assert 'value="12,5"' in page
    line.refresh_from_db()
    assert line.landed_cost == Decimal("12.5")
