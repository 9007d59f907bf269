"""Sellers: what is new in their storefronts, looked at once for all who watch them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from discovery.keepa.errors import EndpointNotInPlan, TokensExhausted
from discovery.keepa.storefronts import Seller, StorefrontAnswer
from discovery.models import SourcingJob, Storefront
from discovery.sourcing.sources.base import SourceGone
from discovery.sourcing.sources.registry import source_of
from discovery.sourcing.sources.sellers import keep_storefront
from tests.discovery.sourcing.sources.looking import job_of, later, look

pytestmark = pytest.mark.django_db(transaction=True)
# Sellers of the sandbox's amazon.fr.
SHOPS = ["A0617743044000", "A0620397479761", "A0623051915522", "A0625706351283", "A0628360787044"]
SHOP = SHOPS[0]


def sellers_job(owner: User, *sellers: str, **changes: Any) -> SourcingJob:
    return job_of(
        owner, SourcingJob.Source.SELLERS, criteria={"sellers": list(sellers or [SHOP])}, **changes
    )


THE_SHOP = Seller(seller_id=SHOP, name="A shop", has_fba=True, total=9, counted_at=None)


def storefront(
    *asins: str, known: Seller | None = THE_SHOP, is_listed: bool = True
) -> StorefrontAnswer:
    return StorefrontAnswer(seller_id=SHOP, seller=known, asins=asins, is_listed=is_listed)


class TestALook:
    def test_the_first_look_learns_and_brings_nothing(self, keepa: Any, anne: User) -> None:
        found = look(sellers_job(anne))
        assert (found.asins, found.tokens_spent) == ((), 10)
        shop = Storefront.objects.get()
        assert len(shop.known) > 50
        assert shop.news == []
        (told,) = found.told["sellers"]
        assert (told["seller"], told["unknown"]) == (SHOP, False)

    def test_afterwards_only_what_is_new_is_brought(self, keepa: Any, anne: User) -> None:
        began = timezone.now()
        job = sellers_job(anne)
        look(job)
        shop = Storefront.objects.get()
        missed = shop.known[:3]
        shop.known = shop.known[3:]
        shop.save()
        with later(began, hours=2) as now:
            found = look(job)
            assert set(found.asins) == set(missed)
            assert found.evidence[missed[0]] == {
                "kind": "sellers",
                "seller": SHOP,
                "name": shop.name,
                "found_at": now.isoformat(),
            }
        with later(began, hours=4):
            assert look(job).asins == ()

    def test_what_a_look_has_no_room_for_comes_first_at_the_next(
        self, keepa: Any, anne: User
    ) -> None:
        began = timezone.now()
        job = sellers_job(anne, max_results=3)
        look(job)
        brought: list[str] = []
        for hours, new in ((2, 5), (4, 2), (6, 0), (8, 0)):
            shop = Storefront.objects.get()
            missed = shop.known[hours * 5 : hours * 5 + new]
            shop.known = [asin for asin in shop.known if asin not in missed]
            shop.save()
            with later(began, hours=hours):
                found = look(job)
            assert len(found.asins) <= 3
            brought += found.asins
            if hours == 4:
                assert set(missed).isdisjoint(found.asins[:2])  # those of before had to wait
        assert len(brought) == len(set(brought)) == 7
        assert set(job.cursor) == {SHOP}

    def test_what_has_waited_for_too_long_or_is_no_longer_watched_is_let_go(
        self, keepa: Any, anne: User
    ) -> None:
        began = timezone.now()
        job = sellers_job(anne, max_results=1)
        look(job)
        told = {"kind": "sellers", "name": "", "found_at": began.isoformat()}
        job.cursor["waiting"] = {"B000000001": told | {"seller": SHOPS[1]}}
        with later(began, minutes=30):
            assert look(job).asins == ()
        job.cursor["waiting"] = {"B000000001": told | {"seller": SHOP}}
        with later(began, days=31):
            assert "B000000001" not in look(job).asins

    def test_a_look_of_somebody_else_within_the_hour_is_shared(
        self, keepa: Any, anne: User
    ) -> None:
        began = timezone.now()
        look(sellers_job(anne))
        with later(began, minutes=59):
            found = look(sellers_job(User.objects.create_user("berthe")))
            assert found.tokens_spent == 0
            assert found.told["sellers"][0]["looked_at"] == (
                Storefront.objects.get().looked_at.isoformat()  # type: ignore[union-attr]
            )
        assert keepa.charged_total == 10

    def test_what_another_found_meanwhile_is_new_to_this_job_too(
        self, keepa: Any, anne: User
    ) -> None:
        began = timezone.now()
        hers, his = sellers_job(anne), sellers_job(User.objects.create_user("bob"))
        look(hers)
        look(his)
        shop = Storefront.objects.get()
        missed, shop.known = shop.known[0], shop.known[1:]
        shop.save()
        with later(began, hours=2):
            assert look(hers).asins == (missed,)
            found = look(his)
            assert (found.asins, found.tokens_spent) == ((missed,), 0)

    def test_a_look_buys_a_few_storefronts_the_stalest_first(self, keepa: Any, anne: User) -> None:
        now = timezone.now()
        sellers = [f"A{number:013}" for number in range(7)]
        for hours, seller in enumerate(sellers[:6], start=2):
            Storefront.objects.create(
                marketplace="fr", seller_id=seller, looked_at=now - timedelta(hours=hours)
            )
        look(sellers_job(anne, *sellers))
        asked = [call.params["seller"] for call in keepa.calls if call.endpoint == "seller"]
        assert asked == [sellers[6], *reversed(sellers[2:6])]

    def test_a_seller_keepa_does_not_know_is_told(self, keepa: Any, anne: User) -> None:
        found = look(sellers_job(anne, "A9999999999999"))
        assert found.tokens_spent == 0
        assert found.told["sellers"][0]["unknown"] is True

    def test_two_workers_never_buy_the_same(self, keepa: Any, anne: User) -> None:
        jobs = [sellers_job(anne, *SHOPS[:3]) for _ in range(2)]

        def work(job: SourcingJob) -> int:
            try:
                return look(job).tokens_spent
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as workers:
            spent = sum(workers.map(work, jobs))
        asked = [call.params["seller"] for call in keepa.calls if call.endpoint == "seller"]
        assert sorted(asked) == SHOPS[:3]
        assert spent == keepa.charged_total

    def test_storefronts_bought_before_a_failure_are_kept_and_told(
        self, keepa: Any, anne: User
    ) -> None:
        keepa.bucket.set(15)
        with pytest.raises(TokensExhausted) as caught:
            look(sellers_job(anne, *SHOPS))
        assert caught.value.tokens_spent == keepa.charged_total
        assert (
            Storefront.objects.filter(looked_at__isnull=False).count() * 10 == keepa.charged_total
        )

    def test_a_plan_without_sellers_is_told_as_such(self, keepa: Any, anne: User) -> None:
        keepa.without["seller"] = 402
        with pytest.raises(EndpointNotInPlan):
            look(sellers_job(anne))

    def test_a_job_without_a_seller_has_nothing_to_ask(self, anne: User) -> None:
        with pytest.raises(SourceGone, match="no_sellers"):
            look(sellers_job(anne, "amazon"))

    def test_the_forecast_is_what_is_due(self, keepa: Any, anne: User) -> None:
        job = sellers_job(anne, *SHOPS[:2])
        assert source_of(job).expected_tokens(job, now=timezone.now()) == 20
        look(job)
        assert source_of(job).expected_tokens(job, now=timezone.now()) == 0


class TestWhatIsKept:
    def test_news_are_kept_for_thirty_days(self) -> None:
        now = timezone.now()
        keep_storefront(storefront("B000000001"), marketplace="fr", now=now - timedelta(days=40))
        for days, asins in ((31, ["B000000002"]), (29, ["B000000003"]), (0, [])):
            listed = ["B000000001", *asins]
            shop = keep_storefront(
                storefront(*listed), marketplace="fr", now=now - timedelta(days=days)
            )
        assert [asin for asin, _at in shop.news] == ["B000000003"]

    def test_no_more_news_than_anybody_would_read(self) -> None:
        now = timezone.now()
        keep_storefront(storefront("B000000001"), marketplace="fr", now=now)
        many = [f"B{number:09}" for number in range(3000)]
        shop = keep_storefront(storefront(*many), marketplace="fr", now=now)
        assert (len(shop.news), len(shop.known), shop.total) == (2000, 3000, 3000)

    @pytest.mark.parametrize("changes", [{"known": None, "is_listed": False}, {}])
    def test_an_answer_without_a_list_unlearns_nothing(self, changes: dict[str, Any]) -> None:
        now = timezone.now()
        keep_storefront(storefront("B000000001"), marketplace="fr", now=now)
        keep_storefront(storefront(**changes), marketplace="fr", now=now)
        shop = keep_storefront(storefront("B000000001", "B000000002"), marketplace="fr", now=now)
        assert [asin for asin, _at in shop.news] == ["B000000002"]
        assert not shop.is_unknown
