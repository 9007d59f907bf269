"""Sellers and what they offer: what is asked of Keepa, and what is kept of its answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import translation

from discovery.keepa.client import KeepaClient
from discovery.keepa.errors import EndpointNotInPlan, GarbledAnswer
from discovery.models import TokenLedgerEntry
from tests.discovery.keepa.fakes import FakeKeepa, status

pytestmark = pytest.mark.django_db

SELLER = "A2L77EE7U53NWQ"
MINUTE = 8_000_000
AT = datetime(2026, 3, 18, 13, 20, tzinfo=UTC)


def told(**changes: Any) -> dict[str, Any]:
    return {
        "sellerId": SELLER,
        "sellerName": "Books &amp; Co",
        "businessName": "Jeanne Martin",
        "address": ["1 rue de la Paix", "75002 Paris"],
        "phoneNumber": "+33 1 23 45 67 89",
        "hasFBA": True,
        "totalStorefrontAsins": [MINUTE, 1200],
        **changes,
    }


def offered(**changes: Any) -> dict[str, Any]:
    listed = {
        "asinList": ["B000000002", "B000000001"],
        "asinListLastSeen": [MINUTE, MINUTE - 60],
    }
    return told(**listed | changes)


class TestStorefront:
    def test_what_is_offered_comes_freshest_first(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        keepa.cost, keepa.body = 10, {"sellers": {SELLER: offered()}}
        answer = client.storefront(SELLER, marketplace="fr", purpose="autosourcing")
        params = keepa.requests[-1].url.params
        assert (params["seller"], params["storefront"], params["domain"]) == (SELLER, "1", "4")
        assert answer.asins == ("B000000002", "B000000001")
        assert answer.last_seen["B000000002"] == AT
        assert answer.is_listed
        assert answer.tokens_spent == 10
        assert TokenLedgerEntry.objects.get(endpoint="seller").tokens_consumed == 10

    def test_only_the_name_of_the_shop_is_read(self, keepa: FakeKeepa, client: KeepaClient) -> None:
        keepa.body = {"sellers": {SELLER: offered()}}
        answer = client.storefront(SELLER, marketplace="fr")
        assert answer.seller is not None
        assert answer.seller.name == "Books & Co"
        for word in ("Jeanne", "Paix", "+33"):
            assert word not in repr(answer)

    @pytest.mark.parametrize("sellers", [None, {}, {SELLER: None}])
    def test_a_seller_keepa_does_not_know_is_no_error(
        self, keepa: FakeKeepa, client: KeepaClient, sellers: Any
    ) -> None:
        keepa.cost, keepa.body = 0, {"sellers": sellers}
        answer = client.storefront(SELLER, marketplace="fr")
        assert answer.seller is None
        assert (answer.asins, answer.tokens_spent) == ((), 0)

    def test_a_storefront_keepa_never_listed_is_not_an_empty_one(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        keepa.cost, keepa.body = 1, {"sellers": {SELLER: told(totalStorefrontAsins=None)}}
        answer = client.storefront(SELLER, marketplace="fr")
        assert answer.seller is not None
        assert (answer.is_listed, answer.seller.total) == (False, None)

    def test_broken_entries_are_left_out(self, keepa: FakeKeepa, client: KeepaClient) -> None:
        listed = ["B000000001", 5, "short", "B000000001", "B000000003"]
        keepa.body = {"sellers": {SELLER: offered(asinList=listed, asinListLastSeen=[0])}}
        answer = client.storefront(SELLER, marketplace="fr")
        assert answer.asins == ("B000000001", "B000000003")
        assert answer.last_seen == {}

    @pytest.mark.parametrize(
        "sellers", [[], {SELLER: "x"}, {SELLER: {"asinList": "B1"}}, {SELLER: {"asinList": [1]}}]
    )
    def test_an_answer_of_another_shape_is_an_error_that_knows_its_cost(
        self, keepa: FakeKeepa, client: KeepaClient, sellers: Any
    ) -> None:
        keepa.cost, keepa.body = 10, {"sellers": sellers}
        with pytest.raises(GarbledAnswer) as caught:
            client.storefront(SELLER, marketplace="fr")
        assert caught.value.tokens_spent == 10

    def test_what_is_no_seller_is_not_asked_about(self, client: KeepaClient) -> None:
        with pytest.raises(ValueError, match="seller"):
            client.storefront("amazon.fr", marketplace="fr")

    def test_a_plan_without_sellers_says_so(self, keepa: FakeKeepa, client: KeepaClient) -> None:
        keepa.script = [status(404)]
        with pytest.raises(EndpointNotInPlan) as caught:
            client.storefront(SELLER, marketplace="fr")
        with translation.override("en"):
            assert str(caught.value) == "The Keepa plan does not include sellers."


class TestSellers:
    def test_sellers_are_asked_about_together_at_a_token_each(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        other = "A1AAAAAAAAAAAA"
        keepa.cost, keepa.body = 1, {"sellers": {SELLER: told()}}
        answer = client.sellers([SELLER, other, SELLER], marketplace="fr")
        assert keepa.requests[-1].url.params["seller"] == f"{SELLER},{other}"
        assert "storefront" not in keepa.requests[-1].url.params
        assert answer.unknown == (other,)
        seller = answer.sellers[SELLER]
        assert (seller.total, seller.counted_at, seller.has_fba) == (1200, AT, True)

    def test_no_more_than_keepa_takes_are_asked_about(self, client: KeepaClient) -> None:
        with pytest.raises(ValueError, match="100"):
            client.sellers([f"A{number:013}" for number in range(101)], marketplace="fr")
