"""What users choose about their tables: columns, order, density, filters with a name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from discovery.accounts.preferences import preferences_of
from discovery.models import Run, SavedFilter
from discovery.pages.columns import ON_PAGE
from discovery.pages.table_layout import changed, layout_of
from discovery.runs import saved_filters
from tests.discovery.builders import FINISHED, finished_run, scored_product

Visitor = Callable[..., Any]


def names(kind: str, stored: dict[str, Any]) -> list[str]:
    return [choice.name for choice in layout_of(kind, stored).choices]


class TestLayout:
    def test_at_first_it_is_dense_and_shows_what_one_buys_by(self) -> None:
        layout = layout_of("search", {})
        assert layout.density == "compact"
        assert layout.shown[:3] == ("verdict", "max_cost", "landed_cost")
        assert {"fees", "margin_percent", "brand"} <= set(layout.order) - set(layout.shown)

    def test_a_column_moved_to_a_place_pushes_the_others_down(self) -> None:
        before = layout_of("search", {})
        places = {choice.name: choice.place for choice in before.choices}
        kept = changed(
            {}, kind="search", shown=before.shown, places=places | {"bsr": 1}, density="compact"
        )
        rest = [name for name in before.order if name != "bsr"]
        assert names("search", kept) == ["bsr", *rest]
        assert layout_of("search", kept).shown[:2] == ("bsr", "verdict")

    def test_what_one_kind_of_table_has_alone_stays_as_it_was(self) -> None:
        hidden = changed({}, kind="list", shown=["roi_percent"], places={}, density="")
        assert layout_of("list", hidden).shown == ("roi_percent",)
        after = changed(hidden, kind="search", shown=["bsr"], places={}, density="comfortable")
        assert layout_of("search", after).shown == ("bsr",)
        assert "quantity" not in layout_of("list", after).shown
        assert layout_of("list", after).density == "comfortable"

    @pytest.mark.parametrize(
        "stored",
        [
            {"order": "bsr", "shown": 7, "density": "tiny"},
            {"order": [1, None, "nonsense"], "shown": ["nonsense"], "density": None},
        ],
    )
    def test_what_is_not_understood_is_left_out(self, stored: dict[str, Any]) -> None:
        assert layout_of("search", stored) == layout_of("search", {})

    @pytest.mark.parametrize("kind", list(ON_PAGE))
    def test_a_column_that_came_later_stands_as_it_first_does(self, kind: str) -> None:
        old = changed({}, kind=kind, shown=["roi_percent"], places={}, density="")
        old["order"].remove("bsr")
        layout = layout_of(kind, old)
        assert set(layout.shown) == {"roi_percent", "bsr"}
        assert set(layout.order) == set(layout_of(kind, {}).order)


pytestmark = pytest.mark.django_db


def headings(visitor: Any, run: Run) -> list[str]:
    text = visitor.get(run.get_absolute_url()).content.decode()
    return re.findall(r'<th scope="col" data-column="(\w+)"', text)


@pytest.fixture(params=["search", "list"])
def run(request: pytest.FixtureRequest, client_of: Visitor) -> Run:
    product = scored_product(cost="5.00")
    return FINISHED[request.param](owner=client_of("anne").user, products=[product])


def test_the_choice_is_remembered_for_every_table_and_forgotten_on_demand(
    client_of: Visitor, run: Run
) -> None:
    anne = client_of("anne")
    first = headings(anne, run)
    chosen = {
        "kind": run.kind,
        "column": ["roi_percent", "brand"],
        "place_brand": "1",
        "density": "comfortable",
        "back": f"{run.get_absolute_url()}?sort=bsr",
    }
    answer = anne.post("/tableau/", chosen)
    assert answer["Location"] == f"{run.get_absolute_url()}?sort=bsr#results"
    assert headings(anne, run)[2:] == ["brand", "roi_percent", "actions"]
    row = anne.get(run.get_absolute_url()).content.decode().split('class="main-row"')[1]
    assert re.findall(r'<t[dh][^>]* data-column="(\w+)"', row)[2:] == [
        "brand", "roi_percent", "actions",
    ]  # fmt: skip
    assert 'class="data-table results comfortable"' in (
        anne.get(run.get_absolute_url()).content.decode()
    )
    anne.post("/tableau/", {"kind": run.kind, "action": "reset"})
    assert headings(anne, run) == first


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"kind": "nonsense"}, 400),
        ({}, 400),
        ({"kind": "search", "column": ["nonsense", "\x00"], "place_bsr": "٣"}, 302),
        ({"kind": "search", "place_bsr": "9" * 50, "density": "x", "back": "//evil.example"}, 302),
    ],
)
def test_nonsense_is_no_choice(client_of: Visitor, sent: dict[str, Any], status: int) -> None:
    anne = client_of("anne")
    answer = anne.post("/tableau/", sent)
    assert answer.status_code == status
    if status == 302:
        assert answer["Location"] == "/niches/#results"
        assert layout_of("search", preferences_of(user=anne.user).table).density == "compact"


class TestSavedFilters:
    QUERY = "sort=bsr&verdict=BUY&roi_min=30&hide_ignored=1"

    def test_one_kept_on_a_search_is_offered_on_every_table(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        search = finished_run(owner=anne.user, products=[scored_product(cost="5.00")])
        address = f"{search.get_absolute_url()}?roi_min=30&sort=bsr&page=1&verdict=BUY"
        text = anne.get(f"{address}&hide_ignored=1").content.decode()
        assert f'name="query" value="{self.QUERY.replace("&", "&amp;")}"' in text
        anne.post("/tableau/filtres/", {"name": "Sûrs", "query": f"{self.QUERY}&page=3&evil=1"})
        assert SavedFilter.objects.get().query == self.QUERY
        listed = FINISHED["list"](owner=anne.user, products=[scored_product(cost="5.00")])
        for run in (search, listed):
            page = anne.get(run.get_absolute_url()).content.decode()
            assert f'href="?{self.QUERY.replace("&", "&amp;")}#results"' in page
            assert "Sûrs" in page

    def test_the_same_name_is_the_same_filter(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        for query in ("sort=bsr", "sort=roi"):
            anne.post("/tableau/filtres/", {"name": " Best ", "query": query})
        assert SavedFilter.objects.get().query == "sort=roi"

    @pytest.mark.parametrize(
        "sent",
        [
            {"name": "", "query": "sort=bsr"},
            {"name": "x" * 61, "query": "sort=bsr"},
            {"name": "Nothing", "query": "page=2"},
            {"name": "Endless", "query": "q=" + "x" * 600},
        ],
    )
    def test_what_cannot_be_kept_is_said(self, client_of: Visitor, sent: dict[str, str]) -> None:
        answer = client_of("anne").post("/tableau/filtres/", sent, follow=True)
        assert 'class="banner error"' in answer.content.decode()
        assert not SavedFilter.objects.exists()

    def test_a_menu_holds_fifty(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        for nth in range(saved_filters.MOST):
            saved_filters.keep_filter(user=anne.user, name=f"{nth}", query="sort=bsr")
        anne.post("/tableau/filtres/", {"name": "0", "query": "sort=roi"})
        anne.post("/tableau/filtres/", {"name": "one more", "query": "sort=roi"})
        assert SavedFilter.objects.count() == saved_filters.MOST
        assert SavedFilter.objects.get(name="0").query == "sort=roi"

    def test_one_is_deleted_by_its_owner_alone(self, client_of: Visitor) -> None:
        kept = saved_filters.keep_filter(user=client_of("anne").user, name="mine", query="sort=bsr")
        address = f"/tableau/filtres/{kept.pk}/supprimer/"
        assert client_of("paul").post(address).status_code == 404
        assert client_of("anne").post(address).status_code == 302
        assert not SavedFilter.objects.exists()
