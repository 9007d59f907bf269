"""The answers are as dirty as Keepa's: every oddity occurs, in a share that is told, for good."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from discovery.sandbox import kinds
from discovery.sandbox.dirt import Dirt, dirt_of
from discovery.sandbox.products import Product
from discovery.sandbox.times import DAY
from tests.discovery.sandbox.conftest import Keepa

EVERYTHING = {"stats": 90, "offers": 20, "rating": 1}
US = 1


def products_with(
    observed: Keepa, has: Callable[[Product], object], *, domain: int = US
) -> list[Product]:
    """Up to five living products of which it is true, sold new by somebody."""
    store = observed.app.catalogue.store(domain)
    figures = observed.app.answers.figures()
    found = (
        product
        for product in store.live
        if has(product) and (state := figures.new_side(product)) is not None and state.buy_box > 0
    )
    return [product for product, _ in zip(found, range(5), strict=False)]


def answers(observed: Keepa, products: list[Product], **options: Any) -> list[dict[str, Any]]:
    assert products, "no product of this kind"
    asins = [product.asin for product in products]
    found = observed.products(asins, products[0].domain, **{**EVERYTHING, **options})
    assert len(found) == len(asins)
    return found


def share(observed: Keepa, has: Callable[[Dirt], object]) -> float:
    products = observed.app.catalogue.store(US).products
    return sum(bool(has(product.dirt)) for product in products) / len(products)


@pytest.mark.parametrize(
    ("has", "least", "most"),
    [
        (lambda dirt: dirt.series < 36, 0.11, 0.17),
        (lambda dirt: dirt.series > 36, 0.09, 0.15),
        (lambda dirt: not dirt.tells_group, 0.70, 0.80),
        (lambda dirt: dirt.coupon, 0.05, 0.09),
        (lambda dirt: dirt.offers_fail, 0.015, 0.035),
        (lambda dirt: dirt.box, 0.015, 0.03),
        (lambda dirt: dirt.dominant, 0.045, 0.075),
        (lambda dirt: dirt.private_label, 0.008, 0.03),
        (lambda dirt: dirt.no_stock, 0.045, 0.075),
        (lambda dirt: dirt.unknown_shipping, 0.02, 0.04),
        (lambda dirt: dirt.lightning, 0.008, 0.022),
        (lambda dirt: dirt.stale_days, 0.005, 0.022),
        (lambda dirt: dirt.fee is not None, 0.008, 0.022),
        (lambda dirt: dirt.percent_noise, 0.06, 0.10),
        (lambda dirt: dirt.text, 0.004, 0.013),
        (lambda dirt: dirt.rank_reference, 0.008, 0.022),
        (lambda dirt: not dirt.counts_offers, 0.035, 0.065),
    ],
)
def test_each_oddity_is_on_a_realistic_share_of_products(
    observed: Keepa, has: Callable[[Dirt], object], least: float, most: float
) -> None:
    assert least < share(observed, has) < most


def test_an_oddity_belongs_to_the_asin_under_any_seed(
    observed: Keepa, new_sandbox: Callable[..., Keepa]
) -> None:
    (product,) = products_with(observed, lambda each: each.dirt.coupon)[:1]
    assert dirt_of(product.asin) == dirt_of(product.asin)
    assert dirt_of(product.asin).coupon == product.dirt.coupon
    first = answers(observed, [product])
    assert first == answers(new_sandbox(refill_rate=1000), [product])


@pytest.mark.parametrize("length", [34, 35, 36, 37, 38])
def test_csv_and_statistics_are_of_one_length_which_differs(observed: Keepa, length: int) -> None:
    for product in answers(observed, products_with(observed, lambda p: p.dirt.series == length)):
        assert len(product["csv"]) == length
        for name in ("current", "avg90", "min", "outOfStockPercentage90", "isLowest"):
            assert len(product["stats"][name]) == length


def test_the_split_of_offers_is_told_by_the_eligible_counts(observed: Keepa) -> None:
    chosen = products_with(observed, lambda p: p.dirt.series == 34 and p.dirt.counts_offers)
    for product in answers(observed, chosen):
        counts = product["buyBoxEligibleOfferCounts"]
        assert len(counts) == 8
        assert sum(counts[:2]) == product["stats"]["current"][kinds.COUNT_NEW]
        assert counts[0] == product["stats"]["offerCountFBA"]


def test_group_and_binding_are_null_and_the_tree_tells_what_it_is(observed: Keepa) -> None:
    books = products_with(observed, lambda p: p.author and not p.dirt.tells_group)
    for product in answers(observed, books):
        assert (product["productGroup"], product["binding"]) == (None, None)
        assert product["categoryTree"][0] == {"catId": 283155, "name": "Books"}


def test_offers_that_could_not_be_fetched_are_no_offers_and_say_so(observed: Keepa) -> None:
    failed = products_with(observed, lambda p: p.dirt.offers_fail)[:1]
    answer = observed.get("product", domain=US, asin=failed[0].asin, offers=20, stats=90)
    (product,) = answer["products"]
    assert product["offersSuccessful"] is False
    assert (product["offers"], product["liveOffersOrder"]) == (None, None)
    assert product["stats"]["buyBoxPrice"] > 0, "what was known before is still told"
    assert answer["tokensConsumed"] == 1


def test_coupons_are_amounts_or_shares_of_the_marketplaces_money(observed: Keepa) -> None:
    (amount,) = products_with(observed, lambda p: p.dirt.coupon == (150, 0), domain=11)[:1]
    assert answers(observed, [amount])[0]["coupon"] == [int(150 * 17.0), 0]
    (both,) = products_with(observed, lambda p: p.dirt.coupon == (-20, -5))[:1]
    product = answers(observed, [both])[0]
    assert product["coupon"] == [-20, -5]
    assert product["couponHistory"][-2:] == [-20, -5]
    assert len(product["couponHistory"]) % 3 == 0


@pytest.mark.parametrize(
    ("state", "flag"), [("backorder", "buyBoxIsBackorder"), ("preorder", "buyBoxIsPreorder")]
)
def test_a_buy_box_may_be_of_something_that_does_not_ship_yet(
    observed: Keepa, state: str, flag: str
) -> None:
    found = observed.find({flag: True, "rootCategory": [1055398]})["asinList"]
    assert found
    for product in observed.products(found[:5], **EVERYTHING):
        assert product["stats"][flag] is True
        assert product["stats"]["buyBoxIsShippable"] is False
        assert product["stats"]["buyBoxAvailabilityMessage"]
    by_third_parties = [
        product
        for product in answers(observed, products_with(observed, lambda p: p.dirt.box == state))
        if not product["stats"]["buyBoxIsAmazon"] and product["offersSuccessful"]
    ]
    for product in by_third_parties:
        held_up = [offer for offer in product["offers"] or [] if not offer["isShippable"]]
        assert {offer["sellerId"] for offer in held_up} <= {product["stats"]["buyBoxSellerId"]}


def test_amazon_may_have_its_offer_in_any_of_its_states(observed: Keepa) -> None:
    for availability, delayed in ((0, False), (1, False), (2, False), (3, True), (4, True)):
        found = observed.find({"availabilityAmazon": [availability]})["asinList"]
        assert found, availability
        (product,) = observed.products(found[:1], stats=90)
        assert product["availabilityAmazon"] == availability
        assert product["stats"]["current"][kinds.AMAZON] > 0
        assert bool(product["availabilityAmazonDelay"]) is delayed


def test_a_dominant_seller_holds_the_buy_box_nearly_always(observed: Keepa) -> None:
    found = observed.find({"buyBoxStatsTopSeller90_gte": 80, "buyBoxStatsAmazon90_lte": 0})
    asins = found["asinList"][:20]
    for product in observed.products(asins, **EVERYTHING):
        shares = [row["percentageWon"] for row in product["stats"]["buyBoxStats"].values()]
        assert max(shares) >= 79.5
    with_rivals = products_with(
        observed,
        lambda p: p.dirt.dominant and p.plan.fba_sellers > 3 and p.plan.amazon == "never",
    )
    for product in answers(observed, with_rivals):
        assert product["stats"]["buyBoxStats"]


def test_a_private_label_is_sold_by_its_brand_alone(observed: Keepa) -> None:
    chosen = products_with(observed, lambda p: p.dirt.private_label and not p.dirt.offers_fail)
    for product in answers(observed, chosen):
        assert product["brandStoreName"] == product["brand"]
        assert len(product["stats"]["buyBoxStats"]) == 1
        (live,) = (product["offers"][place] for place in product["liveOffersOrder"])
        assert live["sellerId"] == product["stats"]["buyBoxSellerId"]
    sellers = {p["stats"]["buyBoxSellerId"] for p in answers(observed, chosen)}
    assert len(sellers) == len({product.brand for product in chosen})


def test_an_offer_may_stand_on_the_listing_with_nothing_left(observed: Keepa) -> None:
    chosen = products_with(
        observed, lambda p: p.dirt.no_stock and not p.dirt.offers_fail and p.plan.fba_sellers > 1
    )
    for product in answers(observed, chosen):
        live = [product["offers"][place] for place in product["liveOffersOrder"]]
        empty = [offer for offer in live if offer["stockCSV"] and offer["stockCSV"][-1] == 0]
        assert len(empty) == 1
        assert empty[0]["condition"] == 1


def test_minus_one_stands_within_series_and_beside_prices(observed: Keepa) -> None:
    chosen = products_with(
        observed, lambda p: p.dirt.unknown_shipping and p.plan.fbm_sellers > 3 and not p.salt & 1
    )
    shipping = [
        (price, fee)
        for product in answers(observed, chosen)
        for price, fee in zip(
            product["csv"][kinds.NEW_FBM_SHIPPING][1::3],
            product["csv"][kinds.NEW_FBM_SHIPPING][2::3],
            strict=True,
        )
    ]
    assert any(price > 0 and fee == -1 for price, fee in shipping)
    gaps = products_with(observed, lambda p: p.plan.stockouts)
    assert any(-1 in product["csv"][kinds.NEW] for product in answers(observed, gaps))


def test_a_lightning_deal_that_runs_ends_in_the_future(observed: Keepa) -> None:
    for product in answers(observed, products_with(observed, lambda p: p.dirt.lightning)):
        begin, price, end, nothing = product["csv"][kinds.LIGHTNING_DEAL]
        assert begin < product["lastUpdate"] < end or product["lastUpdate"] < begin
        assert nothing == -1
        if begin <= product["lastUpdate"]:
            assert product["stats"]["current"][kinds.LIGHTNING_DEAL] == price
            assert product["stats"]["lightningDealInfo"] == [begin, end]


def test_some_products_were_last_looked_at_weeks_ago(observed: Keepa) -> None:
    now = observed.app.answers.world().now
    chosen = products_with(observed, lambda p: p.stale_days >= 14)
    for product in answers(observed, chosen):
        assert product["lastUpdate"] <= now - 13 * DAY
        assert product["lastPriceChange"] <= product["lastUpdate"]
    old = observed.find({"lastUpdate_lte": now - 14 * DAY})["asinList"]
    assert {product.asin for product in chosen} <= set(
        observed.find({"lastUpdate_lte": now - 14 * DAY, "perPage": 1000})["asinList"]
    )
    assert old


def test_fees_may_be_null_nothing_or_nonsense_and_shares_not_quite_round(
    observed: Keepa,
) -> None:
    for nonsense in (0, -1):
        chosen = [
            product
            for product in observed.app.catalogue.store(US).live
            if product.dirt.fee == nonsense and not product.fee_quirk and product.product_type == 0
        ]
        for product in answers(observed, chosen[:3]):
            assert product["fbaFees"]["pickAndPackFee"] == nonsense
    missing = products_with(observed, lambda p: p.fee_quirk == "missing")
    assert {str(product["fbaFees"]) for product in answers(observed, missing)} == {"None"}
    noisy = products_with(observed, lambda p: p.author and p.dirt.percent_noise == 0.01)
    assert {product["referralFeePercentage"] for product in answers(observed, noisy)} == {15.01}
    surcharged = products_with(observed, lambda p: p.author and p.salt % 3 == 0, domain=4)
    assert 15.45 in {p["referralFeePercentage"] for p in answers(observed, surcharged)}


@pytest.mark.parametrize(("text", "character"), [("nul", "\x00"), ("surrogate", "\ud83d")])
def test_a_title_may_hold_what_no_text_should(observed: Keepa, text: str, character: str) -> None:
    for product in answers(observed, products_with(observed, lambda p: p.dirt.text == text)):
        assert character in product["title"]


def test_a_rank_may_be_of_no_tree_or_of_nothing(observed: Keepa) -> None:
    grouped = products_with(
        observed, lambda p: p.dirt.rank_reference and p.plan.rank and p.plan.rank_lost_day > 0
    )
    for product in answers(observed, grouped):
        assert 0 < product["salesRankReference"] <= 40
        assert str(product["salesRankReference"]) in product["salesRanks"]
    assert observed.find({"salesRankReference": -1})["totalResults"] > 0
    launched = observed.find({"salesRankReference": -2, "launchpad": True})["asinList"]
    for product in observed.products(launched[:5], stats=90):
        assert product["salesRankReference"] == -2
        assert product["stats"]["current"][kinds.SALES] == -1
    lost = products_with(
        observed,
        lambda p: p.plan.rank_lost_day < 0 and p.plan.shows_monthly_sold and p.plan.sales > 200,
    )
    for product in answers(observed, lost):
        assert product["salesRankReference"] == -1
        assert product["salesRankReferenceHistory"][-1] == -1
        assert product["stats"]["current"][kinds.SALES] == -1
        assert product["monthlySold"] > 0, "a rank is lost and Amazon still tells the sales"


def test_packs_are_named_in_the_title_and_sometimes_counted(observed: Keepa) -> None:
    packs = products_with(observed, lambda p: p.pack > 1, domain=4)
    for sold, product in zip(
        sorted(packs, key=lambda each: each.asin),
        sorted(answers(observed, packs), key=lambda each: str(each["asin"])),
        strict=True,
    ):
        assert str(sold.pack) in product["title"]
        assert product["numberOfItems"] in {1, sold.pack}
        assert product["packageQuantity"] in {-1, 0, sold.pack}
    counted = observed.find({"numberOfItems_gte": 2, "packageQuantity_gte": 2}, 4)
    assert counted["totalResults"] > 0


def test_used_copies_are_offered_grade_by_grade(observed: Keepa) -> None:
    chosen = products_with(
        observed, lambda p: p.author and p.plan.used_ratio and not p.dirt.offers_fail
    )
    for product in answers(observed, chosen, offers=100):
        current = product["stats"]["current"]
        live = [product["offers"][place] for place in product["liveOffersOrder"]]
        for grade, kind in ((2, 19), (3, 20), (4, 21), (5, 22)):
            prices = [sum(o["offerCSV"][-2:]) for o in live if o["condition"] == grade]
            if current[kinds.COUNT_USED] >= 4 and len(live) < 100:
                assert min(prices, default=-1) == current[kind]


# --- what is not known ----------------------------------------------------------------------------


@pytest.mark.parametrize("asin", ["XXXXXXXXXX", "1234567890", "ZZZZZZZZZZ"])
def test_where_nothing_is_known_there_are_no_products_but_a_charge(keepa: Keepa, asin: str) -> None:
    answer = keepa.get("product", domain=1, asin=asin, stats=90)
    assert answer.get("products") is None
    assert answer["tokensConsumed"] == 1


def test_products_are_now_null_and_now_not_there_at_all(keepa: Keepa) -> None:
    asins = [f"XXXXXXXXX{digit}" for digit in range(10)]
    found = [keepa.get("product", domain=1, asin=asin) for asin in asins]
    assert {"products" in answer for answer in found} == {True, False}
    code = keepa.get("product", domain=1, code="3017620422003")
    assert code.get("products") is None
    assert code["tokensConsumed"] == 1


def test_without_a_refresh_a_missing_asin_costs_nothing(keepa: Keepa) -> None:
    answer = keepa.get("product", domain=1, asin="XXXXXXXXXX", update=-1)
    assert answer["tokensConsumed"] == 0


# --- the option `days` ----------------------------------------------------------------------------


def test_days_trims_every_history_and_no_statistic(observed: Keepa) -> None:
    chosen = products_with(
        observed,
        lambda p: p.author and p.plan.used_ratio and p.dirt.coupon and not p.dirt.offers_fail,
    )
    for whole, short in zip(
        answers(observed, chosen), answers(observed, chosen, days=5), strict=True
    ):
        start = whole["lastUpdate"] - 5 * DAY
        assert short["stats"] == whole["stats"]
        histories = [(flat, _width(kind)) for kind, flat in enumerate(short["csv"]) if flat]
        histories += [(flat, 2) for flat in short["salesRanks"].values()]
        histories += [(short["buyBoxSellerIdHistory"], 2), (short["couponHistory"], 3)]
        histories += [(short["buyBoxUsedHistory"], 4), (short["salesRankReferenceHistory"], 2)]
        histories += [(short["monthlySoldHistory"] or [], 2)]
        histories += [(offer["offerCSV"], 3) for offer in short["offers"]]
        for flat, width in histories:
            times = [int(time) for time in flat[::width]]
            assert all(time > start for time in times[1:]), "only the first may be older"
        assert all(offer["lastSeen"] >= start for offer in short["offers"])
        assert len(short["offers"]) == len(short["liveOffersOrder"])
        assert len(json.dumps(short["csv"])) < len(json.dumps(whole["csv"]))


def _width(kind: int) -> int:
    return 3 if kind in kinds.WITH_SHIPPING else 2


def test_only_the_live_offers_come_when_only_they_are_asked_for(observed: Keepa) -> None:
    chosen = products_with(observed, lambda p: p.plan.fba_sellers > 2 and not p.dirt.offers_fail)
    for product in answers(observed, chosen, **{"only-live-offers": 1}):
        assert len(product["offers"]) == len(product["liveOffersOrder"])
