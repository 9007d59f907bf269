"""The discovery calls through the real client and database, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from analytics.models import SearchHistory
from discovery.api.schemas import DiscoveryAnswer, ScoredAnswer, ScoredProduct, UnscoredProduct
from discovery.models import ApiToken, CodeChoice
from tests.discovery.api.conftest import BOOKS, Ask
from tests.discovery.shelf import Shelf, shelved, sold

pytestmark = pytest.mark.django_db(transaction=True)

SCORED = "discover-with-scoring"


class TestCodes:
    """An EAN that stands for a unit and a lot of it."""

    EAN, UNIT, LOT = "3700000000129", "B0UNIT0001", "B0ALOT0001"

    @pytest.fixture(autouse=True)
    def shelf(self, shipped_profiles: None) -> Iterator[Shelf]:
        unit = sold(self.UNIT, "Savon noir 200 g", self.EAN, price=2490, rank=9_000, items=1)
        lot = sold(self.LOT, "Savon noir - lot de 12", self.EAN, price=19900, rank=4_000)
        with shelved(lot, unit) as shelf:
            yield shelf

    def asked(self, ask: Ask, *named: str, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = ask(SCORED, {"asins": named, "marketplace": "fr", **more}).json()
        ScoredAnswer.model_validate(answer)
        return answer

    def test_the_answer_holds_the_candidates_and_is_no_buy(self, ask: Ask) -> None:
        answer = self.asked(ask, self.EAN, costs={self.EAN: 1.9})
        [product] = answer["products"]
        assert (product["asin"], product["ambiguous"]) == (self.UNIT, True)
        assert product["recommendation"] == "CONSIDER"
        sizes = {found["asin"]: found["pack_size"] for found in product["candidates"]}
        assert sizes == {self.UNIT: 1, self.LOT: 12}
        [code] = answer["metadata"]["codes"]
        assert (code["given"], code["ambiguous"], code["chosen"]) == (self.EAN, True, False)

    def test_naming_the_asin_is_choosing(self, ask: Ask) -> None:
        [product] = self.asked(ask, self.UNIT, costs={self.UNIT: 1.9})["products"]
        assert not product["ambiguous"]
        assert product["candidates"] == []
        assert product["recommendation"] in ("BUY", "STRONG_BUY")

    def test_a_choice_made_on_a_page_holds_here_too(self, ask: Ask, anne: User) -> None:
        CodeChoice.objects.create(
            user=anne, marketplace="fr", code=self.EAN, asin=self.LOT, cost_units=1
        )
        [product] = self.asked(ask, self.EAN, costs={self.EAN: 1.9})["products"]
        assert (product["asin"], product["landed_cost"]) == (self.LOT, 22.8)
        assert (product["pack_size"], product["cost_units"]) == (12, 1)

    def test_two_names_of_one_product_cost_their_mean(self, ask: Ask) -> None:
        costs = {self.EAN: 2, self.UNIT: 3}
        [product] = self.asked(ask, self.EAN, self.UNIT, costs=costs)["products"]
        assert product["landed_cost"] == 2.5

    def test_an_unknown_code_says_since_when(self, ask: Ask) -> None:
        answer = self.asked(ask, "3700000000235")
        [code] = answer["metadata"]["codes"]
        assert code["asin"] is None
        assert code["resolved_at"]
        assert answer["metadata"]["unusable"] == ["3700000000235"]


class TestDiscover:
    def test_answers_with_the_asins_of_the_niche(self, keepa: Any, ask: Ask) -> None:
        response = ask("discover", BOOKS)
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json; charset=utf-8"
        answer = response.json()
        DiscoveryAnswer.model_validate(answer)
        assert len(answer["products"]) == 10
        assert answer["total_count"] > 10
        assert all(set(p) == set(UnscoredProduct.model_fields) for p in answer["products"])

    def test_the_second_answer_is_the_same_and_free(self, keepa: Any, ask: Ask) -> None:
        first, second = ask("discover", BOOKS).json(), ask("discover", BOOKS).json()
        assert (first["cache_hit"], second["cache_hit"]) == (False, True)
        assert (first["metadata"]["cache"], second["metadata"]["cache"]) == ("miss", "hit")
        assert second["products"] == first["products"]
        assert second["total_count"] == first["total_count"]
        assert second["metadata"]["tokens_spent"] == 0
        assert second["metadata"]["tokens_saved"] == first["metadata"]["tokens_spent"] > 0
        assert keepa.charged_total == first["metadata"]["tokens_spent"]

    def test_says_which_filters_were_applied(self, keepa: Any, ask: Ask) -> None:
        applied = ask("discover", BOOKS).json()["metadata"]["filters_applied"]
        assert applied["marketplace"] == "us"
        assert (applied["bsr_min"], applied["bsr_max"]) == (10_000, 50_000)

    def test_a_hit_is_three_statements(
        self, keepa: Any, ask: Ask, django_assert_num_queries: Any
    ) -> None:
        ask("discover", BOOKS)
        with django_assert_num_queries(3) as captured:  # who calls, the hit, the history
            assert ask("discover", BOOKS).json()["cache_hit"]
        texts = [query["sql"] for query in captured.captured_queries]
        assert "api_token" in texts[0]
        assert "product_discovery_cache" in texts[1]
        assert "search_history" in texts[2]

    def test_the_search_is_noted_as_the_callers(self, keepa: Any, ask: Ask, anne: User) -> None:
        ask("discover", BOOKS)
        noted = SearchHistory.objects.get()
        assert (noted.source, noted.user_id) == ("api", str(anne.pk))
        assert ApiToken.objects.get().last_used_at is not None

    def test_max_results_is_taken_from_the_same_entry(self, keepa: Any, ask: Ask) -> None:
        many = ask("discover", BOOKS | {"max_results": 100}).json()
        few = ask("discover", BOOKS | {"max_results": 3}).json()
        assert few["cache_hit"]
        assert few["products"] == many["products"][:3]


class TestDiscoverWithScoring:
    def test_answers_with_ranked_and_explained_products(
        self, keepa: Any, ask: Ask, shipped_profiles: None
    ) -> None:
        answer = ask(SCORED, BOOKS).json()
        ScoredAnswer.model_validate(answer)
        assert len(answer["products"]) == 10
        for product in answer["products"]:
            assert set(product) == set(ScoredProduct.model_fields)
            assert product["reasons"]
            assert all(reason["text"] for reason in product["reasons"])
        order = ["STRONG_BUY", "BUY", "CONSIDER", "SKIP"]
        verdicts = [product["recommendation"] for product in answer["products"]]
        assert verdicts == sorted(verdicts, key=order.index)
        assert answer["metadata"]["profile"]["slug"]
        assert answer["metadata"]["stages"]

    def test_the_second_answer_is_the_same_and_free(
        self, keepa: Any, ask: Ask, shipped_profiles: None
    ) -> None:
        first, second = ask(SCORED, BOOKS).json(), ask(SCORED, BOOKS).json()
        assert second["products"] == first["products"]
        assert second["cache_hit"]
        assert second["metadata"]["tokens_spent"] == 0
        assert second["metadata"]["product_cache"] == {"hit": 10}
        assert keepa.charged_total == first["metadata"]["tokens_spent"]

    def test_a_cached_answer_takes_as_many_statements_whatever_its_size(
        self, keepa: Any, ask: Ask, shipped_profiles: None, django_assert_num_queries: Any
    ) -> None:
        for size in (2, 20):
            body = BOOKS | {"max_results": size, "detail": False}
            ask(SCORED, body)
            with django_assert_num_queries(6):  # who calls, profile, hit, costs, scores, history
                answer = ask(SCORED, body).json()
            assert (len(answer["products"]), answer["cache_hit"]) == (size, True)

    def test_texts_come_in_the_callers_language_and_numbers_do_not_change(
        self, keepa: Any, ask: Ask, shipped_profiles: None
    ) -> None:
        english = ask(SCORED, BOOKS).json()["products"]
        french = ask(SCORED, BOOKS, **{"accept-language": "fr"}).json()["products"]
        assert [p["reasons"] for p in english] != [p["reasons"] for p in french]
        for one, other in zip(english, french, strict=True):
            numbers = [name for name, value in one.items() if isinstance(value, int | float)]
            assert [one[name] for name in numbers] == [other[name] for name in numbers]

    def test_named_products_are_scored_with_the_price_paid(
        self, keepa: Any, ask: Ask, shipped_profiles: None
    ) -> None:
        asins = [p["asin"] for p in ask("discover", BOOKS).json()["products"][:3]]
        answer = ask(SCORED, {"asins": asins, "costs": {asins[0]: 1.5}}).json()
        products = {product["asin"]: product for product in answer["products"]}
        assert set(products) == set(asins)
        assert products[asins[0]]["landed_cost"] == 1.5
        assert products[asins[0]]["cost_basis"] == "explicit"
        assert not products[asins[0]]["roi_is_hypothetical"]
        assert answer["metadata"]["filters_applied"] is None

    def test_a_failure_in_mid_list_gives_what_was_bought_and_says_so(
        self, keepa: Any, ask: Ask, shipped_profiles: None
    ) -> None:
        ask("discover", BOOKS)
        keepa.faults.push("slow", endpoint="product", seconds=0)  # the statistics arrive
        keepa.faults.push("garbage", endpoint="product", times=5)  # and no Buy Box
        response = ask(SCORED, BOOKS)
        assert response.status_code == 200
        assert response.json()["products"]
        problem = response.json()["metadata"]["problem"]
        assert problem["code"] == "garbled_answer"
        assert problem["detail"]
