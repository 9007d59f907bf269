"""A cost stated once: every answer of its owner that holds the product follows, for no token."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery.models import BusinessProfile, KeepaProduct, ProductCost, Run, RunLine
from discovery.products.product_costs import Source, state_costs
from discovery.products.scored import StatedCost, from_breakdown
from discovery.profiles.service import ensure_shipped_profiles, save_profile
from discovery.runs.own_costs import MOST_LINES, state_own_cost
from discovery.runs.queries import counts_of, purchase_of, results_of
from discovery.scoring import EQUILIBRE, Score, ShownVerdict, VatBasis
from discovery.scoring.inputs import Measures
from tests.discovery.builders import finished_list, finished_run, scored_product
from tests.discovery.products.test_pages import stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("season_of_the_answers")]

Visitor = Callable[..., Any]
ASIN, OTHER = "0131103628", "B000000002"
SEEN_LONG: dict[str, Any] = {"measures": Measures(history_days=900)}  # a Buy is not forbidden


@pytest.fixture
def anne(client_of: Visitor) -> Any:
    ensure_shipped_profiles()
    stored(**SEEN_LONG)
    return client_of("anne")


def frozen() -> dict[str, Any]:
    """A run that keeps the profile it was started with."""
    return {"profile_revision": 1, "profile_settings": EQUILIBRE.to_settings()}


def types(user: Any, cost: str | None, line: RunLine | None = None, **more: Any) -> bool:
    said = None if cost is None else StatedCost(Decimal(cost), VatBasis.INCLUDED, is_whole=True)
    told = {"user": user, "marketplace": "us", "asin": ASIN, "now": timezone.now()} | more
    return state_own_cost(cost=said, line=line, **told)


def line_of(run: Run, asin: str = ASIN) -> RunLine:
    return run.lines.select_related("run__profile").get(asin=asin)


def score_of(line: RunLine) -> Score:
    return from_breakdown(line.breakdown or {})[1]


def columns_of(run: Run) -> tuple[Any, ...]:
    line = line_of(run)
    return line.landed_cost, line.profit, line.roi_percent, line.verdict, line.sourcing


def test_the_line_and_what_is_sorted_filtered_and_counted_by_follow(anne: Any) -> None:
    dear = scored_product(asin=OTHER, cost="1.00")
    run = finished_run(owner=anne.user, products=[dear, scored_product()], **frozen())
    before = line_of(run)
    assert types(anne.user, "16.99", before)
    assert line_of(run).verdict == "SKIP"
    assert counts_of(run=run)[0][ShownVerdict.SKIP] == 1
    assert types(anne.user, "5.00", before)
    after = line_of(run)
    assert (after.landed_cost, after.profit) == (Decimal("5.0000"), Decimal("12.00"))
    assert after.roi_percent == pytest.approx(240, abs=1)
    assert counts_of(run=run)[0][ShownVerdict.SKIP] == 0
    by_roi = results_of(run=run, sort="roi", descending=False)
    assert [line.asin for line in by_roi] == [ASIN, OTHER]


def test_the_row_does_not_jump_it_keeps_its_rank(anne: Any) -> None:
    run = finished_run(
        owner=anne.user, products=[scored_product(), scored_product(asin=OTHER)], **frozen()
    )
    types(anne.user, "29.99", line_of(run))
    assert [line.asin for line in results_of(run=run)] == [ASIN, OTHER]


def test_every_answer_of_its_owner_follows_and_nobody_elses(anne: Any) -> None:
    paul = User.objects.create_user("paul")
    here, there, his = (
        finished_run(owner=owner, products=[scored_product()], **frozen())
        for owner in (anne.user, anne.user, paul)
    )
    untouched = columns_of(his)
    types(anne.user, "5.00", line_of(here))
    assert columns_of(here) == columns_of(there)
    assert columns_of(here)[0] == Decimal("5.0000")
    assert columns_of(his) == untouched


def test_each_answer_is_scored_with_the_profile_it_was_started_with(anne: Any) -> None:
    shared = BusinessProfile.objects.get(is_default=True)
    run = finished_run(owner=anne.user, products=[scored_product()], **frozen())
    strict = finished_run(
        owner=anne.user,
        products=[scored_product()],
        profile_revision=2,
        profile_settings=EQUILIBRE.to_settings() | {"roi_target_percent": "45"},
    )
    save_profile(
        profile=shared, settings=shared.settings | {"roi_target_percent": "40"}, saved_by=anne.user
    )
    types(anne.user, "5.00", line_of(run))
    assert line_of(run).max_cost != line_of(strict).max_cost
    assert line_of(run).roi_percent == line_of(strict).roi_percent


def test_forgotten_it_is_unknown_again(anne: Any) -> None:
    run = finished_run(owner=anne.user, products=[scored_product()], **frozen())
    types(anne.user, "5.00", line_of(run))
    types(anne.user, None, line_of(run))
    assert not ProductCost.objects.exists()
    assert line_of(run).landed_cost != Decimal("5.0000")
    assert score_of(line_of(run)).cost_given is None


def test_a_list_keeps_the_cost_of_its_file_unless_it_is_typed_in_that_line(anne: Any) -> None:
    listed = finished_list(owner=anne.user, products=[scored_product(cost="3.00")], **frozen())
    listed.lines.update(cost="3.00", cost_vat="incl", cost_given="36.00", pack=12)
    run = finished_run(owner=anne.user, products=[scored_product()], **frozen())
    types(anne.user, "5.00", line_of(run))
    assert line_of(listed).cost == Decimal("3.00")
    assert line_of(listed).landed_cost == Decimal("3.00")
    before = purchase_of(run=listed).investment
    types(anne.user, "6.00", line_of(listed))
    line = line_of(listed)
    assert (line.cost, line.cost_given, line.pack) == (None, "", None)
    assert line.landed_cost == Decimal("6.00")
    assert line_of(run).landed_cost == Decimal("6.00")
    # The totals of the list follow: two units of it are bought.
    assert purchase_of(run=listed).investment != before


def test_a_line_without_a_cost_of_its_own_follows_what_is_typed_elsewhere(anne: Any) -> None:
    listed = finished_list(owner=anne.user, products=[scored_product()], **frozen())
    types(anne.user, "5.00")
    assert line_of(listed).landed_cost == Decimal("5.00")


def test_it_is_the_cost_of_all_that_a_lot_sells(anne: Any) -> None:
    KeepaProduct.objects.all().delete()
    stored(pack_size=6, **SEEN_LONG)
    listed = finished_list(owner=anne.user, products=[scored_product(pack_size=6)], **frozen())
    listed.lines.update(cost_units=1)  # its quantity counts units
    types(anne.user, "12.00", line_of(listed))
    line = line_of(listed)
    assert line.landed_cost == Decimal("12.00")
    assert line.cost_units == 1
    assert "pack_cost" not in {flag.code.value for flag in score_of(line).flags}


def test_of_a_product_that_is_not_stored_any_more_nothing_is_lost(anne: Any) -> None:
    run = finished_run(owner=anne.user, products=[scored_product()], **frozen())
    before = columns_of(run)
    KeepaProduct.objects.all().delete()
    assert not types(anne.user, "5.00", line_of(run))
    assert columns_of(run) == before
    assert ProductCost.objects.get().cost == Decimal("5.00")


def test_the_export_says_the_cost_that_was_used(anne: Any) -> None:
    run = finished_run(owner=anne.user, products=[scored_product()], **frozen())
    types(anne.user, "5.50", line_of(run))
    file = anne.get(f"/niches/recherche/{run.pk}/export.csv?format=plain").content.decode()
    row = next(csv.DictReader(StringIO(file)))
    assert (row["your_cost"], row["landed_cost"]) == ("5.5", "5.50")


def test_the_statements_are_as_many_whatever_the_answers_hold(anne: Any) -> None:
    def statements(runs: int, products: int) -> int:
        Run.objects.all().delete()
        made = [
            finished_run(
                owner=anne.user,
                products=[
                    scored_product(),
                    *(scored_product(asin=f"B{n:09}") for n in range(products)),
                ],
                **frozen(),
            )
            for _ in range(runs)
        ]
        line = line_of(made[0])
        asked = {"cost": "5", "line": line.pk, "key": line.pk}
        with CaptureQueriesContext(
            connection,
        ) as caught:
            answer = anne.post(f"/produits/us/{ASIN}/cout/", asked, headers={"hx-request": "true"})
        assert answer.status_code == 200
        assert {line_of(run).landed_cost for run in made} == {Decimal("5.0000")}
        return len(caught)

    statements(1, 1)
    assert statements(1, 1) == statements(6, 60)


def test_the_newest_answers_are_those_that_follow(anne: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("discovery.runs.own_costs.MOST_LINES", 2)
    assert MOST_LINES > 2
    runs = [
        finished_run(owner=anne.user, products=[scored_product()], **frozen()) for _ in range(4)
    ]
    types(anne.user, "5.00", line_of(runs[0]))
    followed = [line_of(run).landed_cost == Decimal("5.0000") for run in runs]
    assert followed == [True, False, True, True]


def test_a_list_never_replaces_what_was_typed_or_paid(anne: Any) -> None:
    said = {"user": anne.user, "marketplace": "us", "now": timezone.now()}
    for source, expected in (
        (Source.LIST, "1"), (Source.TYPED, "2"), (Source.LIST, "2"), (Source.BOUGHT, "4"),
        (Source.LIST, "4"), (Source.API, "6"), (Source.LIST, "6"),
    ):  # fmt: skip
        amount = {"1": "1", "2": "2", "4": "4", "6": "6"}[expected]
        amount = "9" if source is Source.LIST and expected != "1" else amount
        costs = {ASIN: StatedCost(Decimal(amount), VatBasis.INCLUDED)}
        state_costs(costs=costs, source=source, **said)
        assert ProductCost.objects.get().cost == Decimal(expected)
