"""Deals: what is asked of Keepa, and what is read out of its rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from discovery.keepa.client import KeepaClient
from discovery.keepa.deals import DealQuery, DealRow
from discovery.keepa.errors import (
    EndpointNotInPlan,
    GarbledAnswer,
    InvalidKey,
    KeepaError,
    KeepaUnavailable,
)
from discovery.keepa.marketplaces import marketplace_of
from discovery.models import TokenLedgerEntry
from tests.discovery.keepa.fakes import FakeKeepa, status

pytestmark = pytest.mark.django_db

SERIES = 36
AMAZON, NEW, SALES = 0, 1, 3
MINUTE = 8_000_000  # of Keepa's: 2026-03-18 13:20 UTC
AT = datetime(2026, 3, 18, 13, 20, tzinfo=UTC)


def series(**values: int) -> list[int]:
    """A value for each series, −1 (none) but for those named."""
    return [values.get(name, -1) for name in ("amazon", "new", "used", "sales")] + [-1] * 32


def by_series(intervals: list[list[int]]) -> list[list[int]]:
    return [list(pair) for pair in zip(*intervals, strict=True)]


def row(asin: str = "B000000001", **changes: Any) -> dict[str, Any]:
    """A table that Amazon sells at 20 euros since 13:20, and at 40 as a rule."""
    means = [series(amazon=mean, new=mean - 100, sales=5000) for mean in (2000, 3800, 3900, 4000)]
    return {
        "asin": asin,
        "parentAsin": None,
        "title": "A <b>table</b>",
        "current": series(amazon=2000, new=2100, sales=1200),
        "avg": by_series(means),
        "deltaPercent": by_series([series(amazon=-drop) for drop in (0, 47, 49, 50)]),
        "deltaLast": series(amazon=1900),
        "currentSince": series(amazon=MINUTE, new=0),
        "rootCat": 57004031,
        "categories": [57004031, 3738],
        "creationDate": MINUTE,
        "lastUpdate": MINUTE + 1,
        "image": [ord(letter) for letter in "61k3Lay7JUL.jpg"],
        **changes,
    }


def read(client: KeepaClient, keepa: FakeKeepa, *rows: Any, **asked: Any) -> tuple[DealRow, ...]:
    keepa.cost = 5
    keepa.body = {"deals": {"dr": list(rows), "categoryIds": []}}
    return client.deals(DealQuery(**asked), marketplace="fr").rows


class TestWhatIsAsked:
    def test_a_page_is_posted_and_costs_five_tokens(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        keepa.cost, keepa.body = 5, {"deals": {"dr": [row()]}}
        answer = client.deals(DealQuery(), marketplace="fr", page=2, purpose="autosourcing")
        request = keepa.requests[-1]
        assert (request.method, request.url.path) == ("POST", "/deal")
        asked = json.loads(request.content)
        assert (asked["domainId"], asked["page"], asked["priceTypes"]) == (4, 2, [0])
        assert answer.tokens_spent == 5
        assert answer.is_last
        entry = TokenLedgerEntry.objects.get(endpoint="deal")
        assert (entry.purpose, entry.tokens_consumed, entry.marketplace) == (
            "autosourcing",
            5,
            "fr",
        )

    def test_conditions_are_in_keepas_words_and_units(self) -> None:
        query = DealQuery(
            price_type="NEW",
            drop_percent=30,
            range=3,
            bsr_max=50_000,
            price_min=Decimal("10.00"),
            categories=(57004031,),
            no_amazon=True,
        )
        body = query.to_body(marketplace_of("fr"))
        assert (body["priceTypes"], body["dateRange"]) == ([1], 3)
        assert body["deltaPercentRange"] == [30, 100]
        assert body["currentRange"] == [1000, 2**31 - 1]
        assert body["salesRankRange"] == [1, 50_000]
        assert body["includeCategories"] == [57004031]
        assert body["mustNotHaveAmazonOffer"] is True
        assert body["isRangeEnabled"] is body["isFilterEnabled"] is True

    def test_an_open_question_names_no_bounds(self) -> None:
        body = DealQuery().to_body(marketplace_of("jp"))
        assert body.keys().isdisjoint({"currentRange", "salesRankRange", "includeCategories"})

    @pytest.mark.parametrize(
        "asked", [{"price_type": "SALES"}, {"range": 4}, {"drop_percent": 9}, {"drop_percent": 101}]
    )
    def test_what_keepa_would_refuse_is_not_asked(self, asked: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=next(iter(asked))):
            DealQuery(**asked)


class TestRows:
    def test_a_row_tells_todays_price_the_usual_one_and_since_when(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        (found,) = read(client, keepa, row())
        assert (found.asin, found.title, found.image) == (
            "B000000001",
            "A table",
            "61k3Lay7JUL.jpg",
        )
        assert found.current == {"AMAZON": Decimal("20.00"), "NEW": Decimal("21.00")}
        assert found.avg90 == {"AMAZON": Decimal("40.00"), "NEW": Decimal("39.00")}
        assert found.avg30["AMAZON"] == Decimal("39.00")
        assert (found.rank, found.rank_avg90) == (1200, 5000)
        assert found.since == {"AMAZON": AT}
        assert (found.found_at, found.root_category) == (AT, 57004031)

    @pytest.mark.parametrize(("range_", "drop"), [(1, 47), (3, 50)])
    def test_the_drop_is_that_of_the_range_asked_about(
        self, keepa: FakeKeepa, client: KeepaClient, range_: int, drop: int
    ) -> None:
        (found,) = read(client, keepa, row(), range=range_)
        assert found.drop_percent["AMAZON"] == drop
        assert found.drop_percent.keys() == found.current.keys()

    def test_means_are_read_whichever_side_the_intervals_are_on(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        turned: dict[str, Any] = {name: by_series(row()[name]) for name in ("avg", "deltaPercent")}
        assert len(turned["avg"]) == 4
        assert read(client, keepa, row(**turned)) == read(client, keepa, row())

    def test_a_row_is_read_back_from_what_is_kept_of_it(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        rows = read(client, keepa, row(), row("B000000002", creationDate=None, categories=None))
        kept = json.loads(json.dumps([told.as_json() for told in rows]))
        assert tuple(DealRow.from_json(told) for told in kept) == rows

    def test_yen_have_no_cents(self, keepa: FakeKeepa, client: KeepaClient) -> None:
        keepa.body = {"deals": {"dr": [row()]}}
        (found,) = client.deals(DealQuery(), marketplace="jp").rows
        assert found.current["AMAZON"] == Decimal(2000)

    def test_a_broken_row_loses_itself_only(self, keepa: FakeKeepa, client: KeepaClient) -> None:
        found = read(client, keepa, {"title": "no ASIN"}, None, "nonsense", row("B000000002"))
        assert [each.asin for each in found] == ["B000000002"]

    def test_a_product_listed_twice_is_one_row(self, keepa: FakeKeepa, client: KeepaClient) -> None:
        assert len(read(client, keepa, row(), row())) == 1

    @pytest.mark.parametrize(
        "damage",
        [
            {"current": None, "avg": None, "deltaPercent": None, "currentSince": None},
            {"current": [2000], "avg": [[1, 2]], "deltaPercent": [[]], "currentSince": []},
            {"current": "2000", "avg": {"0": 1}, "image": [1, 2], "rootCat": 2**63 - 1},
        ],
    )
    def test_what_a_row_lacks_is_unknown(
        self, keepa: FakeKeepa, client: KeepaClient, damage: dict[str, Any]
    ) -> None:
        (found,) = read(client, keepa, row(**damage))
        assert found.avg90 == {}
        assert found.rank is None
        assert found.image in (None, "61k3Lay7JUL.jpg")

    def test_no_deals_are_an_empty_page(self, keepa: FakeKeepa, client: KeepaClient) -> None:
        assert read(client, keepa) == ()
        keepa.body = {"deals": None}
        assert client.deals(DealQuery(), marketplace="fr").rows == ()

    @pytest.mark.parametrize("deals", [{"dr": {}}, [], {"dr": [{"asin": 1}]}])
    def test_an_answer_of_another_shape_is_an_error_that_knows_its_cost(
        self, keepa: FakeKeepa, client: KeepaClient, deals: Any
    ) -> None:
        keepa.cost, keepa.body = 5, {"deals": deals}
        with pytest.raises(GarbledAnswer) as caught:
            client.deals(DealQuery(), marketplace="fr")
        assert caught.value.tokens_spent == 5

    def test_a_full_page_is_not_the_last(self, keepa: FakeKeepa, client: KeepaClient) -> None:
        keepa.body = {"deals": {"dr": [row(f"B{number:09}") for number in range(150)]}}
        assert not client.deals(DealQuery(), marketplace="fr").is_last


class TestPlansWithout:
    @pytest.mark.parametrize("code", [402, 404])
    def test_a_plan_without_deals_says_so_and_is_not_asked_again(
        self, keepa: FakeKeepa, client: KeepaClient, code: int
    ) -> None:
        keepa.script = [status(code)]
        with pytest.raises(EndpointNotInPlan) as caught:
            client.deals(DealQuery(), marketplace="fr")
        assert caught.value.permanent
        with translation.override("en"):
            assert str(caught.value) == "The Keepa plan does not include deals."
        assert caught.value.tokens_spent == 0
        assert keepa.paths.count("/deal") == 1

    def test_a_lapsed_key_is_told_from_it(self, keepa: FakeKeepa, client: KeepaClient) -> None:
        client.token_status()
        keepa.script, keepa.token_script = [status(402)], [status(402)]
        with pytest.raises(InvalidKey):
            client.deals(DealQuery(), marketplace="fr")

    def test_nothing_is_concluded_while_the_key_cannot_be_tried(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        client.token_status()
        keepa.script, keepa.token_script = [status(402)] * 3, [status(500)] * 9
        with pytest.raises(KeepaUnavailable):
            client.deals(DealQuery(), marketplace="fr")

    def test_other_questions_are_refused_as_ever(
        self, keepa: FakeKeepa, client: KeepaClient
    ) -> None:
        keepa.script = [status(402)]
        with pytest.raises(InvalidKey):
            client.find({"perPage": 50}, marketplace="fr")

    def test_it_is_stored_and_read_back(self) -> None:
        error = EndpointNotInPlan(detail="deal", http_status=404)
        again = KeepaError.from_stored(error.to_stored())
        assert isinstance(again, EndpointNotInPlan)
        with translation.override("en"):
            assert str(again) == "The Keepa plan does not include this kind of question."
