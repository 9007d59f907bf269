"""A category number of another marketplace is refused at every door for no token; one nobody knows
is looked up once, for one token, then refused or accepted.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone, translation

from discovery.accounts.api_tokens import create_api_token
from discovery.cache import fill_discovery
from discovery.keepa.categories.checked import settle_categories, to_look_up, whereabouts
from discovery.keepa.client import get_client
from discovery.keepa.errors import InvalidFilters
from discovery.keepa.finder import NicheFilters
from discovery.models import KeepaCategory, Niche, Run
from discovery.profiles.service import active_profile, ensure_shipped_profiles
from discovery.runs.service import start_search, work_in_background
from discovery.search.find_asins import find_asins, refresh
from discovery.search.quote import quote
from discovery.search.request import read_filters

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("profiles")]

Visitor = Callable[..., Any]
BOOKS_US, LIVRES, TOYS_FR = 283155, 301061, 322086011
TOLD_EN = "283155 is Books on amazon.com; on amazon.fr it is 301061 (Livres)."
TOLD_FR = "283155 est Books sur amazon.com ; sur amazon.fr, c’est 301061 (Livres)."
NOBODYS = 987_654_321


@pytest.fixture
def profiles(transactional_db: None) -> None:
    ensure_shipped_profiles()


@pytest.fixture
def shelf(sandbox_app: Any) -> int:
    """A French shelf that neither the built-in list nor the database knows."""
    from discovery.sandbox.categories import category_tree

    tree = category_tree(4)
    return next(node.id for node in tree.values() if node.parent == LIVRES)


GIVEN: dict[str, dict[str, Any]] = {
    "as a number": {"categories": [BOOKS_US]},
    "as text": {"categories": [" 283155 "]},
    "beside one that is right": {"categories": ["Livres", BOOKS_US]},
    "as a department": {"root_categories": [BOOKS_US]},
    "as a shelf": {"categories_include": [BOOKS_US]},
    "to be left out": {"title": "x", "categories_exclude": [BOOKS_US]},
}


@pytest.mark.parametrize("way", GIVEN)
def test_the_reader_refuses_it_with_what_it_is_and_what_was_meant(keepa: Any, way: str) -> None:
    with pytest.raises(InvalidFilters) as caught:
        read_filters({"marketplace": "fr", **GIVEN[way]})
    with translation.override("en"):
        assert TOLD_EN in str(caught.value)
    with translation.override("fr"):
        assert TOLD_FR.replace(" ;", "\u00a0;") in str(caught.value)
    assert caught.value.tokens_spent == 0
    assert keepa.charged_total == 0


@pytest.mark.parametrize(
    ("marketplace", "number", "told"),
    [
        ("us", TOYS_FR, "322086011 is Jeux et Jouets on amazon.fr; on amazon.com it is "
                        "165793011 (Toys & Games)."),
        ("de", BOOKS_US, "283155 is Books on amazon.com; on amazon.de it is 186606 (Bücher)."),
        ("fr", 173514, "173514 is Medical Books on amazon.com; amazon.fr has no category of that "
                       "number."),
    ],
)  # fmt: skip
def test_its_namesake_is_named_where_one_is_known(
    keepa: Any, marketplace: str, number: int, told: str
) -> None:
    with pytest.raises(InvalidFilters) as caught:
        read_filters({"marketplace": marketplace, "categories": [number]})
    with translation.override("en"):
        assert caught.value.messages == {"categories": [told]}


def test_a_number_bought_for_another_marketplace_is_known_to_be_its(keepa: Any) -> None:
    KeepaCategory.objects.create(
        marketplace="de", category_id=4242, name="Bücher", is_root=True, fetched_at=timezone.now()
    )
    with translation.override("en"), pytest.raises(InvalidFilters, match=r"Bücher on amazon\.de"):
        read_filters({"marketplace": "fr", "categories": ["4242"]})
    assert read_filters({"marketplace": "de", "categories": ["4242"]}).root_categories == (4242,)


class TestEveryDoor:
    def test_the_api(self, keepa: Any, django_user_model: Any) -> None:
        token = create_api_token(user=django_user_model.objects.create_user("anne"))[1]
        client = Client(headers={"authorization": f"Bearer {token}", "accept-language": "en"})
        for call in ("discover", "discover-with-scoring"):
            for given in ({"categories": [BOOKS_US]}, {"root_categories": [BOOKS_US]}):
                asked = {"marketplace": "fr", "bsr_max": 50_000, **given}
                asked.setdefault("categories", ["Livres"])
                answer = client.post(
                    f"/api/v1/products/{call}", json.dumps(asked), content_type="application/json"
                )
                assert answer.status_code == 422
                (problem,) = answer.json()["errors"]
                assert problem["detail"] == TOLD_EN
                assert problem["field"] in given
                assert answer.json()["tokens_spent"] == 0
        assert keepa.charged_total == 0

    def test_the_command(self, keepa: Any) -> None:
        err = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command(
                "discover", "--category", "283155", "--marketplace", "fr", "--bsr", "1", "50000",
                "--language", "en", stderr=err,
            )  # fmt: skip
        assert ended.value.code == 2
        assert f"--category: {TOLD_EN}" in err.getvalue()
        assert keepa.charged_total == 0

    def test_the_page(self, keepa: Any, client_of: Visitor) -> None:
        typed = {
            "marketplace": "fr", "subcategory": "283155", "bsr_max": "50000",
            "profile": "equilibre", "max_results": "20",
        }  # fmt: skip
        page = client_of().post("/niches/recherche/", typed)
        assert page.status_code == 422
        assert "301061 (Livres)" in page.content.decode()
        assert not Run.objects.exists()
        assert keepa.charged_total == 0

    def test_a_niche_kept_before_anybody_checked(self, keepa: Any, client_of: Visitor) -> None:
        anne = client_of()
        niche = Niche.objects.create(
            owner=anne.user,
            name="Old",
            marketplace="fr",
            filters={"marketplace": "fr", "root_categories": [BOOKS_US], "bsr_max": 50_000},
        )
        page = anne.post(f"/niches/{niche.pk}/lancer/", follow=True)
        assert "301061 (Livres)" in page.content.decode()
        assert not Run.objects.exists()
        assert keepa.charged_total == 0

    def test_an_answer_kept_from_then_is_not_served(self, keepa: Any) -> None:
        stale = NicheFilters(marketplace="fr", categories_include=(BOOKS_US,), bsr_max=50_000)
        fill_discovery(
            cache_key=stale.cache_key, marketplace="fr", filters=stale.canonical(), asins=[],
            total_results=0, tokens_spent=10,
        )  # fmt: skip
        with pytest.raises(InvalidFilters):
            find_asins(filters=stale, purpose="interactive")
        assert keepa.charged_total == 0

    def test_a_search_queued_before_anybody_checked_ends_with_its_reason(
        self, keepa: Any, django_user_model: Any
    ) -> None:
        anne: User = django_user_model.objects.create_user("anne")
        run = start_search(
            owner=anne,
            filters=NicheFilters(marketplace="fr", root_categories=(LIVRES,), bsr_max=50_000),
            profile=active_profile(slug=None, user=anne),
            max_results=5,
        )
        Run.objects.filter(pk=run.pk).update(
            filters={"marketplace": "fr", "root_categories": [BOOKS_US], "bsr_max": 50_000}
        )
        work_in_background(run_id=run.pk)
        run.refresh_from_db()
        assert run.state == Run.State.FAILED
        assert run.failure
        assert run.failure["code"] == "question_refused"
        assert keepa.charged_total == 0


class TestNumbersNobodyKnows:
    def test_one_that_exists_is_looked_up_once_and_accepted(self, keepa: Any, shelf: int) -> None:
        asked = {"marketplace": "fr", "categories": [shelf], "bsr_max": 90_000}
        filters = read_filters(asked)
        assert to_look_up(filters) == 1
        found = find_asins(filters=filters, purpose="interactive")
        paths = [call.endpoint for call in keepa.calls]
        assert paths.count("category") == 1
        assert found.tokens_spent == keepa.charged_total
        assert found.asins
        again = find_asins(filters=read_filters(asked), purpose="interactive")
        assert (again.tokens_spent, again.asins) == (0, found.asins)
        assert to_look_up(filters) == 0

    def test_one_that_does_not_is_refused_and_not_looked_up_again(self, keepa: Any) -> None:
        asked = {"marketplace": "fr", "categories": [NOBODYS], "bsr_max": 50_000}
        with pytest.raises(InvalidFilters) as caught:
            find_asins(filters=read_filters(asked), purpose="interactive")
        assert caught.value.tokens_spent == keepa.charged_total == 1
        with translation.override("en"):
            assert (
                str(caught.value) == "categories: Keepa knows no category 987654321 on amazon.fr."
            )
        with pytest.raises(InvalidFilters) as caught:
            read_filters(asked)
        assert caught.value.tokens_spent == 0
        assert keepa.charged_total == 1

    def test_a_number_of_nothing_is_asked_about_again_after_a_month(self, keepa: Any) -> None:
        filters = read_filters({"marketplace": "fr", "categories": [NOBODYS]})
        for _ in range(2):
            with pytest.raises(InvalidFilters):
                settle_categories(filters, client=get_client())
        assert keepa.charged_total == 1
        KeepaCategory.numbers.update(fetched_at=timezone.now() - timedelta(days=31))
        with pytest.raises(InvalidFilters):
            settle_categories(filters, client=get_client())
        assert keepa.charged_total == 2

    def test_a_number_of_nothing_is_no_category_anywhere_else(self, keepa: Any) -> None:
        filters = read_filters({"marketplace": "fr", "categories": [NOBODYS]})
        with pytest.raises(InvalidFilters):
            settle_categories(filters, client=get_client())
        assert not KeepaCategory.objects.exists()
        assert whereabouts([NOBODYS], "de") == {}

    def test_a_department_given_as_a_shelf_is_asked_for_as_a_department(self, keepa: Any) -> None:
        filters = NicheFilters(marketplace="fr", categories_include=(LIVRES,), bsr_max=9_000)
        settled, spent = settle_categories(filters, client=get_client())
        assert (settled.root_categories, settled.categories_include) == ((LIVRES,), ())
        assert spent == 0

    def test_a_shelf_given_as_a_department_is_refused_once_it_is_known(
        self, keepa: Any, shelf: int
    ) -> None:
        filters = read_filters({"marketplace": "fr", "root_categories": [shelf]})
        with pytest.raises(InvalidFilters) as caught:
            find_asins(filters=filters, purpose="interactive")
        assert caught.value.errors["categories"][0].code == "not_a_root"
        assert keepa.charged_total == 1
        with pytest.raises(InvalidFilters):
            read_filters({"marketplace": "fr", "root_categories": [shelf]})

    def test_its_price_is_told_beforehand(self, keepa: Any, shelf: int) -> None:
        profile = active_profile(slug=None, user=None)
        dear = quote(
            filters=read_filters({"marketplace": "fr", "categories": [shelf]}),
            profile=profile,
            max_results=10,
        )
        plain = quote(
            filters=read_filters({"marketplace": "fr", "categories": ["Livres"]}),
            profile=profile,
            max_results=10,
        )
        assert dear.lookup_tokens == plain.lookup_tokens + 1

    def test_the_page_says_it_beside_the_field_and_what_it_has_cost_is_paid_once(
        self, keepa: Any, client_of: Visitor
    ) -> None:
        anne = client_of()
        typed = {
            "marketplace": "fr", "subcategory": str(NOBODYS), "bsr_max": "50000",
            "profile": "equilibre", "max_results": "20",
        }  # fmt: skip
        for _ in range(2):
            page = anne.post("/niches/recherche/", typed)
            assert page.status_code == 422
            assert "amazon.fr" in page.content.decode()
        assert keepa.charged_total == 1
        assert not Run.objects.exists()

    def test_a_refresh_of_a_question_no_longer_asked_is_left_alone(self, keepa: Any) -> None:
        stale = NicheFilters(marketplace="fr", root_categories=(BOOKS_US,))
        fill_discovery(
            cache_key=stale.cache_key, marketplace="fr", filters=stale.canonical(), asins=[],
            total_results=0, tokens_spent=10,
        )  # fmt: skip
        from discovery.models import DiscoveryCacheEntry

        long_ago = timezone.now() - timedelta(days=2)
        DiscoveryCacheEntry.objects.update(created_at=long_ago, expires_at=long_ago)
        assert refresh(cache_key=stale.cache_key) == "refused"
        assert keepa.charged_total == 0
