"""The search form: every condition of the Product Finder, on one's own marketplace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from discovery.accounts.preferences import keep_preferences
from discovery.keepa.categories.known import KNOWN
from discovery.keepa.finder import NicheFilters
from discovery.keepa.finder_fields import FLAGS, PRICE_TYPES, RANGES, SORTS
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import Niche
from discovery.niches.service import create_example_niches
from discovery.niches.templates import templates_for
from discovery.pages.niches.filter_fields import FLAG_NAMES
from discovery.scoring.category_roots import ROOTS
from discovery.text.filter_labels import ALWAYS, LABELS, THEMES, WORDS
from discovery.text.filter_labels import PRICE_TYPES as PRICE_TYPE_LABELS
from discovery.text.filter_labels import SORTS as SORT_LABELS
from tests.discovery.niches.test_pages import ASKED

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]


def test_departments_are_keepas_roots() -> None:
    departments = [one for one in KNOWN if one.is_root and one.marketplace not in {"us", "fr"}]
    assert {one.marketplace for one in departments} == set(MARKETPLACES) - {"us", "fr"}
    assert all(one.id in ROOTS[one.marketplace] for one in departments)


def test_every_condition_of_a_template_stands_in_a_field_of_its_own(client_of: Visitor) -> None:
    form = client_of().get("/niches/", {"template": "jouets-hors-saison"}).context["page"].form
    assert form["amazon_out_of_stock90_min"].value() == "50"
    assert [one.name for theme in form.themes() for one in theme.filters if one.is_set] == [
        "amazon_out_of_stock90"
    ]


@pytest.mark.parametrize("name", [condition.name for condition in RANGES])
def test_every_range_of_the_finder_can_be_typed(client_of: Visitor, name: str) -> None:
    asked = ASKED | {f"{name}_min": "2", f"{name}_max": "4", "name": "x", "action": "save"}
    assert client_of().post("/niches/recherche/", asked).status_code == 302
    filters = NicheFilters.from_canonical(Niche.objects.get().filters)
    bounds = tuple(getattr(filters, f"{name}_{end}") for end in ("min", "max"))
    assert list(map(str, bounds)) in (["2", "4"], ["2.0", "4.0"], ["2.00", "4.00"])


def test_words_brands_flags_and_categories_left_out_are_asked_and_come_back(
    client_of: Visitor,
) -> None:
    anne = client_of()
    typed = {
        "title": "python",
        "brand": "Nathan; Hachette",
        "excluded": "Programming",
        "sort": "-price",
    }
    typed |= dict.fromkeys(FLAG_NAMES, "on")
    asked = ASKED | typed | {"name": "x", "action": "save"}
    assert anne.post("/niches/recherche/", asked).status_code == 302
    niche = Niche.objects.get()
    filters = NicheFilters.from_canonical(niche.filters)
    assert (filters.title, filters.brand) == ("python", ("Hachette", "Nathan"))
    assert filters.categories_exclude == (3839,)
    assert all(getattr(filters, name) for name in FLAG_NAMES)
    form = anne.get("/niches/", {"niche": niche.pk}).context["page"].form
    assert form["excluded"].value() == "Programming (3839)"
    assert form["brand"].value() == "Hachette; Nathan"
    assert form["sort"].value() == "-price"


def test_a_category_left_out_that_nobody_knows_is_refused_beside_its_field(
    client_of: Visitor,
) -> None:
    page = client_of().post("/niches/recherche/", ASKED | {"excluded": "zzqx", "action": "run"})
    assert page.status_code == 422
    assert page.context["page"].form.errors.keys() == {"excluded"}


def test_an_added_filter_that_is_refused_is_shown_with_its_reason(client_of: Visitor) -> None:
    page = client_of().post("/niches/recherche/", ASKED | {"rating_max": "9", "action": "run"})
    assert "9 dépasse la plus grande valeur permise, 5." in page.content.decode()
    assert page.context["page"].form.is_filtered()


def test_every_condition_of_the_finder_is_on_the_form_once() -> None:
    added = [name for names in THEMES.values() for name in names]
    assert len(added) == len(set(added))
    finder = {one.name for one in RANGES} | {one.name for one in FLAGS}
    assert {*added, *ALWAYS} == finder | set(WORDS)
    assert LABELS.keys() == finder
    assert PRICE_TYPE_LABELS.keys() == set(PRICE_TYPES)
    assert SORT_LABELS.keys() == set(SORTS)


def test_words_of_the_title_may_come_with_the_address(client_of: Visitor) -> None:
    form = client_of().get("/niches/", {"title": "jeu de société"}).context["page"].form
    assert form["title"].value() == "jeu de société"
    assert form["marketplace"].value() == "fr"


class TestOnesOwnMarketplace:
    def test_the_form_and_the_templates_are_of_the_marketplace_one_sells_on(
        self, client_of: Visitor
    ) -> None:
        anne = client_of()
        keep_preferences(user=anne.user, marketplace="de")
        page = anne.get("/niches/").context["page"]
        assert page.form["marketplace"].value() == "de"
        assert {template.filters.marketplace for template in page.templates} == {"de"}

    def test_so_are_the_examples(self, client_of: Visitor) -> None:
        anne = client_of()
        keep_preferences(user=anne.user, marketplace="it")
        assert create_example_niches(owner=anne.user) == 3
        assert {niche.marketplace for niche in Niche.objects.all()} == {"it"}

    def test_board_games_are_board_games(self) -> None:
        games = {
            store: template.filters
            for store in MARKETPLACES
            for template in templates_for(store)
            if template.slug == "jeux-de-societe"
        }
        assert games.keys() == set(MARKETPLACES)
        assert games["us"].categories_include == (166225011,)
        assert games["fr"].title == "jeu de société"
        assert games["de"].title == "Brettspiel"

    def test_prices_are_of_the_currency(self) -> None:
        yen = next(one for one in templates_for("jp") if one.slug == "jeux-de-societe").filters
        assert (str(yen.price_min), str(yen.price_max)) == ("2200", "9000")

    def test_a_template_that_cannot_be_asked_there_is_not_offered(self) -> None:
        assert "us-medical-books" not in {one.slug for one in templates_for("fr")}
        assert templates_for("narnia") == ()
