"""Many who want the same products at the same moment, of a Keepa slow enough that they meet.

With the real web server and the queue it is ``benchmarks/drills/herd.py``.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db.models import Model, Sum
from django.db.models.functions import Now

from discovery.keepa.client import KeepaClient, get_client, using_client
from discovery.keepa.errors import KeepaUnavailable
from discovery.lists.reading.reader import read_list
from discovery.lists.service import create_list, start_list
from discovery.models import (
    DiscoveryCacheEntry,
    DiscoveryLease,
    KeepaCategory,
    KeepaProduct,
    LiveCheck,
    ProductCode,
    Run,
    ScoringCacheEntry,
    TokenLedgerEntry,
)
from discovery.products import buy_box, live_check, store
from discovery.products.asin_lookup import resolve
from discovery.profiles.service import ActiveProfile, active_profile
from discovery.runs.worker import work_on
from discovery.search.discover import discover_with_scoring, score_asins
from discovery.search.find_asins import find_asins
from discovery.search.request import read_filters
from discovery.search.results import Asker, ScoredSearch
from tests.discovery.products.test_asin_lookup import is_code
from tests.discovery.test_cache import in_threads

pytestmark = pytest.mark.django_db(transaction=True)

ASKERS = 20
NICHES = 12
PRODUCTS = 8
MOST = 1.05  # of what one caller pays
ASKER = Asker(source="api")
STRANGER = UUID("12345678123456781234567812345678")


@pytest.fixture
def keepa(live_keepa: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A sandbox on a socket that answers late."""
    monkeypatch.setattr(live_keepa.app, "_sleep", time.sleep)
    client = KeepaClient(
        api_key="sandbox",
        base_url=live_keepa.url,
        sleep=lambda seconds: time.sleep(seconds / 10),  # before it tries again
    )
    with using_client(client):
        yield live_keepa.app
    client.close()


@pytest.fixture
def profile() -> ActiveProfile:
    return active_profile()


def slow(keepa: Any) -> None:
    keepa.faults.push("slow", times=1000, seconds=0.1)


def forget(keepa: Any) -> int:
    """As if nothing had ever been bought; returns what had been paid."""
    tables: tuple[type[Model], ...] = (
        DiscoveryCacheEntry, ScoringCacheEntry, KeepaProduct, ProductCode, TokenLedgerEntry,
    )  # fmt: skip
    for table in tables:
        table._default_manager.all().delete()
    paid: int = keepa.charged_total
    keepa.charged_total = 0
    keepa.calls.clear()
    return paid


def niche(step: int, profile: ActiveProfile) -> ScoredSearch:
    """The first products of a niche; each step further on leaves out a few of them."""
    first = 10_000 + 30 * step
    question = {"marketplace": "us", "categories": ["Books"], "bsr_range": [first, first + 40_000]}
    return discover_with_scoring(
        filters=read_filters(question), profile=profile, max_results=PRODUCTS, asker=ASKER
    )


def told(search: ScoredSearch) -> list[Any]:
    """What an answer says, less what differs with the clock and with who has paid."""
    assert search.problem is None
    return [
        (each.asin, each.score.verdict, each.score.max_cost, each.card.bsr, each.buy_box_known)
        for each in search.products
    ]


def bought_twice(keepa: Any) -> dict[Any, int]:
    wanted: Counter[Any] = Counter()
    for call in keepa.calls:
        if call.endpoint == "product":
            detail = "buybox" in call.params
            wanted.update((asin, detail) for asin in call.params["asin"].split(","))
    return {what: times for what, times in wanted.items() if times > 1}


def assert_paid_once(keepa: Any, alone: int) -> None:
    assert bought_twice(keepa) == {}
    assert alone <= keepa.charged_total <= MOST * alone
    spent = TokenLedgerEntry.objects.aggregate(Sum("tokens_consumed"))["tokens_consumed__sum"]
    assert spent == keepa.charged_total
    assert not DiscoveryLease.objects.exists()


def test_twenty_ask_for_the_same_niche_and_pay_for_one(keepa: Any, profile: ActiveProfile) -> None:
    expected = told(niche(0, profile))
    alone = forget(keepa)
    slow(keepa)
    found = in_threads(ASKERS, lambda _n: niche(0, profile))
    assert_paid_once(keepa, alone)
    assert [told(search) for search in found] == [expected] * ASKERS
    assert len(expected) == PRODUCTS
    assert sum(search.tokens_spent for search in found) == alone


def test_overlapping_niches_pay_for_each_product_once(keepa: Any, profile: ActiveProfile) -> None:
    expected = [told(niche(step, profile)) for step in range(NICHES)]
    alone = forget(keepa)
    wanted = [product[0] for answer in expected for product in answer]
    assert len(set(wanted)) < len(wanted) / 3  # they do overlap
    slow(keepa)
    found = in_threads(NICHES, lambda step: niche(step, profile))
    assert_paid_once(keepa, alone)
    assert [told(search) for search in found] == expected


def test_a_niche_and_lists_of_its_products_pay_for_it_once(
    keepa: Any, profile: ActiveProfile, django_user_model: Any
) -> None:
    expected = told(niche(0, profile))
    asins = [product[0] for product in expected]
    alone = forget(keepa)
    owner = django_user_model.objects.create_user("anne")
    runs = [list_of(asins[::way], owner, profile) for way in (1, -1)]
    slow(keepa)

    def named(asked: Sequence[str]) -> ScoredSearch:
        return score_asins(identifiers=asked, marketplace="us", profile=profile, asker=ASKER)

    work: list[Callable[[], Any]] = [
        lambda: niche(0, profile),
        lambda: named(asins),
        lambda: named(asins[::-1]),
        lambda: work_on(run_id=runs[0].pk),
        lambda: work_on(run_id=runs[1].pk),
    ]
    found = in_threads(len(work), lambda number: work[number]())
    assert_paid_once(keepa, alone)
    assert [told(search) for search in found[:3]] == [expected] * 3
    paid = sum(search.tokens_spent for search in found[:3])
    for run in runs:
        run.refresh_from_db()
        assert (run.state, run.failure) == (Run.State.DONE, None)
        assert run.lines.filter(state="scored").count() == PRODUCTS
        paid += run.tokens_spent
    assert paid == alone


def list_of(asins: Sequence[str], owner: User, profile: ActiveProfile) -> Run:
    read = read_list("\n".join(asins), currency="USD")
    listed = create_list(owner=owner, name="A list", read=read, marketplace="us")
    return start_list(run=listed, profile=profile, marketplace="us")


def test_those_who_wait_go_on_when_who_was_buying_is_dead(
    keepa: Any, profile: ActiveProfile
) -> None:
    expected = told(niche(0, profile))
    alone = forget(keepa)
    kind = store.lease_kind("us")
    for asin, *_told in expected[::2]:
        DiscoveryLease.objects.create(
            pk=f"{kind}_{asin}", holder=STRANGER, expires_at=Now() + timedelta(seconds=0.7)
        )
    found = in_threads(4, lambda _n: niche(0, profile))
    assert [told(search) for search in found] == [expected] * 4
    assert_paid_once(keepa, alone)


def test_a_keepa_that_is_down_is_tried_by_one_and_tells_all(
    keepa: Any, profile: ActiveProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It takes seconds to give up: however busy the machine, all ask meanwhile.
    monkeypatch.setattr(get_client()._caller, "_sleep", time.sleep)
    niche(0, profile)
    KeepaProduct.objects.all().delete()
    ScoringCacheEntry.objects.all().delete()
    tried = len(keepa.calls)
    keepa.faults.push("500", endpoint="product", times=100)

    def ask(_number: int) -> str:
        with pytest.raises(KeepaUnavailable) as caught:
            niche(0, profile)
        return caught.value.code

    assert in_threads(8, ask) == ["keepa_unavailable"] * 8
    assert sum(call.endpoint == "product" for call in list(keepa.calls)[tried:]) == 3  # retries


def test_the_same_codes_are_looked_up_once(keepa: Any) -> None:
    live = [product.asin for product in keepa.catalogue.store(1).live[::40]][:100]
    answer = get_client().products(live, marketplace="us")
    borne = (
        code.lstrip("0").zfill(13) for each in answer.snapshots.values() for code in each.codes
    )
    codes = sorted(code for code in set(borne) if is_code(code))[:15]
    assert len(codes) == 15

    def look_up() -> dict[str, str]:
        return resolve(identifiers=codes, marketplace="us", purpose="interactive").asins

    forget(keepa)
    expected = look_up()
    alone = forget(keepa)
    slow(keepa)
    assert in_threads(6, lambda _n: look_up()) == [expected] * 6
    assert keepa.charged_total == alone


def test_a_category_number_nobody_knows_is_looked_up_once(keepa: Any) -> None:
    from discovery.sandbox.categories import category_tree

    shelf = next(node.id for node in category_tree(4).values() if node.parent == 301061)
    filters = read_filters({"marketplace": "fr", "categories": [shelf]})
    slow(keepa)
    found = in_threads(6, lambda _n: find_asins(filters=filters, purpose="interactive").asins)
    assert [asins == found[0] for asins in found] == [True] * 6
    assert sum(call.endpoint == "category" for call in keepa.calls) == 1
    assert sum(call.endpoint == "query" for call in keepa.calls) == 1
    assert KeepaCategory.objects.filter(category_id=shelf).exists()


def test_live_checks_and_buy_boxes_of_one_product_follow_each_other(
    keepa: Any, profile: ActiveProfile, django_user_model: Any
) -> None:
    asin = next(asin for asin, *_told, is_known in told(niche(0, profile)) if not is_known)
    users = [django_user_model.objects.create_user(name) for name in ("anne", "bob", "carl")]
    before, calls = keepa.charged_total, len(keepa.calls)
    slow(keepa)

    def look(number: int) -> LiveCheck:
        return live_check.verify(user=users[number], marketplace="us", asin=asin, profile=profile)

    def buy(number: int) -> Any:
        if number < len(users):
            return look(number)
        time.sleep(0.05)
        return buy_box.buy(marketplace="us", asins=[asin])

    *looks, first, second = in_threads(len(users) + 2, buy)
    made = list(keepa.calls)[calls:]
    assert sum("offers" in call.params for call in made) == 1
    # Whoever came first: the offers bring the Buy Box with them.
    assert sum("buybox" in call.params for call in made) <= 1
    paid = sum(look.tokens_spent for look in looks) + first.tokens_spent + second.tokens_spent
    assert paid == keepa.charged_total - before
    assert KeepaProduct.objects.get(asin=asin).has_buy_box
