"""What a product says about itself must be one story, told by every field alike."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from discovery.sandbox import kinds
from discovery.sandbox.catalogue import DEFAULT_SEED, Catalogue
from discovery.sandbox.products import Product
from discovery.sandbox.server import create_app
from discovery.sandbox.times import DAY, keepa_minutes
from tests.discovery.sandbox.conftest import START, Clock, Keepa

EVERYTHING = {"stats": 90, "buybox": 1, "rating": 1}


@pytest.fixture(scope="module")
def sample(observed: Keepa) -> list[dict[str, Any]]:
    """A hundred varied US products with all their data."""
    asins = [product.asin for product in observed.app.catalogue.store(1).products[::131]][:100]
    return observed.products(asins, **EVERYTHING)


def pairs(product: dict[str, Any], kind: int) -> list[tuple[int, int]]:
    """`(time, value)`; prices with shipping as totals, without one that is not known."""
    flat = product["csv"][kind]
    if kind in kinds.WITH_SHIPPING:
        triplets = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
        return [(time, price + max(0, fee) if price >= 0 else -1) for time, price, fee in triplets]
    return list(zip(flat[::2], flat[1::2], strict=True))


def with_data(sample: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [product for product in sample if any(product["csv"])]


def test_there_are_twenty_thousand_products_over_twelve_roots_and_eleven_stores() -> None:
    catalogue = Catalogue(seed=DEFAULT_SEED, anchor=keepa_minutes(START))
    assert catalogue.product_count() >= 20_000
    for domain in (1, 4):
        products = catalogue.store(domain).products
        assert len({product.category.root for product in products}) >= 12
        assert len({product.asin for product in products}) == len(products)
        # But for one family, whose three pages share a code.
        assert len({product.ean for product in products}) == len(products) - 2


def test_the_same_seed_makes_the_same_world_and_another_seed_another(clock: Clock) -> None:
    asins = [product.asin for product in Catalogue(seed=1, anchor=0).store(5).products[:5]]

    def answers(seed: int) -> list[dict[str, Any]]:
        return Keepa(create_app(seed=seed, clock=clock)).products(asins, 5, **EVERYTHING)

    first = answers(1)
    assert first == answers(1)
    assert all(product["title"] for product in first if product["productType"] == 0)
    assert answers(2) != first


def test_the_present_does_not_depend_on_the_day_one_looks(clock: Clock) -> None:
    selection = {"rootCategory": [465392], "current_NEW_gte": 1, "sort": [["current_NEW", "asc"]]}
    today = Keepa(create_app(clock=clock)).find(selection, 5)["asinList"]
    clock.now += timedelta(days=3)
    assert len(today) == 50
    assert Keepa(create_app(clock=clock)).find(selection, 5)["totalResults"] > 50


def test_current_values_are_the_last_of_the_series(sample: list[dict[str, Any]]) -> None:
    checked = 0
    for product in with_data(sample):
        assert len(product["csv"]) == len(product["stats"]["current"])
        for kind, series in enumerate(product["csv"][: kinds.COUNT]):
            if kind == kinds.LIGHTNING_DEAL:
                continue  # its last point lies ahead
            current = product["stats"]["current"][kind]
            assert current == (pairs(product, kind)[-1][1] if series else -1)
            checked += bool(series)
    assert checked > 1000


def test_averages_are_weighted_by_time_and_ignore_what_is_out_of_stock(
    sample: list[dict[str, Any]],
) -> None:
    checked = 0
    for product in with_data(sample):
        now = product["lastUpdate"]
        for kind in (kinds.NEW, kinds.SALES, kinds.BUY_BOX_SHIPPING, kinds.COUNT_NEW, kinds.USED):
            if not product["csv"][kind]:
                continue
            points = [*pairs(product, kind), (now, 0)]
            minutes = value = 0
            for (begin, each), (end, _) in pairwise(points):
                inside = min(end, now) - max(begin, now - 90 * DAY)
                if inside > 0 and each >= 0:
                    minutes += inside
                    value += inside * each
            expected = value / minutes if minutes else -1
            assert abs(product["stats"]["avg90"][kind] - expected) <= 0.5
            checked += 1
    assert checked > 200


def test_sales_rank_drops_are_the_drops_of_the_series(sample: list[dict[str, Any]]) -> None:
    checked = 0
    for product in with_data(sample):
        if not product["csv"][kinds.SALES]:
            continue
        points = pairs(product, kinds.SALES)
        start = product["lastUpdate"] - 30 * DAY
        drops = sum(
            1
            for (_, before), (time, after) in pairwise(points)
            if time > start and 0 < after < before
        )
        assert product["stats"]["salesRankDrops30"] == drops
        checked += drops
    assert checked > 100


def test_extremes_and_out_of_stock_shares_agree_with_the_series(
    sample: list[dict[str, Any]],
) -> None:
    absent = 0
    for product in with_data(sample):
        if not product["csv"][kinds.NEW]:
            continue
        values = [value for _, value in pairs(product, kinds.NEW) if value >= 0]
        if values:
            assert product["stats"]["min"][kinds.NEW][1] == min(values)
            assert product["stats"]["max"][kinds.NEW][1] == max(values)
        share = product["stats"]["outOfStockPercentage365"][kinds.NEW]
        assert -1 <= share <= 100
        absent += share > 0
    assert absent > 10


def test_times_rise_and_two_years_are_covered(sample: list[dict[str, Any]]) -> None:
    ages = []
    for product in with_data(sample):
        for kind, series in enumerate(product["csv"]):
            if series and kind != kinds.LIGHTNING_DEAL:
                times = [time for time, _ in pairs(product, kind)]
                assert times == sorted(set(times))
                assert times[-1] <= product["lastUpdate"]
        if product["csv"][kinds.NEW]:
            ages.append(product["lastUpdate"] - product["csv"][kinds.NEW][0])
    assert max(ages) >= 715 * DAY


def test_the_buy_box_is_one_of_the_offers_and_the_lowest_price_is_the_lowest(
    sample: list[dict[str, Any]],
) -> None:
    for product in with_data(sample):
        current = [*product["stats"]["current"], -1, -1]
        new = [current[kind] for kind in (kinds.AMAZON, kinds.NEW_FBA, kinds.NEW_FBM_SHIPPING)]
        offered = [price for price in new if price >= 0]
        assert current[kinds.NEW] == min(offered, default=-1)
        if current[kinds.BUY_BOX_SHIPPING] >= 0:
            assert current[kinds.BUY_BOX_SHIPPING] in offered
        fba, fbm = current[kinds.COUNT_NEW_FBA], current[kinds.COUNT_NEW_FBM]
        if len(product["csv"]) <= kinds.COUNT_NEW_FBM:  # the split is told by the counts alone
            counts = product.get("buyBoxEligibleOfferCounts")
            if counts is None:
                continue
            fba, fbm = counts[:2]
        assert current[kinds.COUNT_NEW] in {fba + fbm, -1}
        assert (fba > 0) == (current[kinds.NEW_FBA] >= 0 or current[kinds.AMAZON] >= 0)
        assert (product["availabilityAmazon"] == -1) == (current[kinds.AMAZON] < 0)


def test_detail_that_was_not_paid_for_is_not_delivered(observed: Keepa) -> None:
    asin = observed.find({"current_BUY_BOX_SHIPPING_gte": 1})["asinList"][0]
    plain = observed.products([asin], stats=90)[0]
    assert all(plain["csv"][kind] is None for kind in kinds.OFFERS_ONLY | kinds.RATING_ONLY)
    assert plain["stats"]["current"][kinds.BUY_BOX_SHIPPING] == -1
    assert plain["stats"]["buyBoxPrice"] == -2
    assert plain["stats"]["buyBoxIsAmazon"] is None
    paid = observed.products([asin], stats=90, buybox=1)[0]
    assert paid["csv"][kinds.BUY_BOX_SHIPPING]
    total = paid["stats"]["buyBoxPrice"] + paid["stats"]["buyBoxShipping"]
    assert total == paid["stats"]["current"][kinds.BUY_BOX_SHIPPING]
    assert observed.products([asin])[0]["stats"] is None
    assert observed.products([asin], history=0)[0]["csv"] is None


def test_days_shortens_the_series_but_not_the_statistics(observed: Keepa) -> None:
    asin = observed.find({"rootCategory": [283155], "current_SALES_lte": 2000})["asinList"][0]
    whole = observed.products([asin], stats=90)[0]
    short = observed.products([asin], stats=90, days=30)[0]
    assert len(short["csv"][kinds.SALES]) < len(whole["csv"][kinds.SALES])
    assert short["stats"] == whole["stats"]


def test_only_the_live_offers_are_live_and_they_match_the_series(observed: Keepa) -> None:
    asins = observed.find({"rootCategory": [283155], "current_NEW_FBM_SHIPPING_gte": 1})["asinList"]
    for product in observed.products(asins[:10], stats=90, offers=100):
        live = [product["offers"][place] for place in product["liveOffersOrder"]]
        gone = [offer for offer in product["offers"] if offer not in live]
        now, current = product["lastUpdate"], product["stats"]["current"]
        assert all(offer["lastSeen"] < now - 7 * DAY for offer in gone)
        merchants = [
            sum(offer["offerCSV"][-2:])
            for offer in live
            if offer["condition"] == 1 and not offer["isFBA"]
        ]
        assert min(merchants) == current[kinds.NEW_FBM_SHIPPING]
        new = [offer for offer in live if offer["condition"] == 1]
        if len(live) < 100:
            assert len(new) == current[kinds.COUNT_NEW]


def test_books_answer_to_their_isbn_and_goods_to_their_codes(observed: Keepa) -> None:
    store = observed.app.catalogue.store(1)
    book = next(product for product in store.live if product.author)
    toy = next(product for product in store.live if not product.author)
    assert book.ean.startswith("978")
    assert book.ean[3:12] == book.asin[:9]
    for wanted in (book, toy):
        for code in {wanted.ean, wanted.ean.lstrip("0")}:
            found = observed.get("product", domain=1, code=code)["products"]
            assert [product["asin"] for product in found] == [wanted.asin]


def is_valid_ean(code: str) -> bool:
    digits = [int(digit) for digit in code]
    return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def is_valid_isbn10(code: str) -> bool:
    digits = [10 if digit == "X" else int(digit) for digit in code]
    return sum((10 - place) * digit for place, digit in enumerate(digits)) % 11 == 0


def test_check_digits_are_right() -> None:
    catalogue = Catalogue(seed=DEFAULT_SEED, anchor=0)
    for domain in (1, 2, 4, 5):
        for product in catalogue.store(domain).products[::37]:
            assert len(product.ean) == 13
            assert is_valid_ean(product.ean)
            if product.ean.startswith("978"):
                assert is_valid_isbn10(product.asin)


def test_dead_and_unknown_asins_are_empty_or_absent_but_paid_for(keepa: Keepa) -> None:
    store = keepa.app.catalogue.store(1)
    dead = next(product.asin for product in store.products if product.is_dead)
    answer = keepa.get("product", domain=1, asin=f"{dead},B000000000,B000000001", stats=90)
    assert answer["tokensConsumed"] == 3
    shells = {product["asin"]: product for product in answer["products"]}
    assert dead in shells
    assert len(shells) == 2, "one of the two unknown ASINs is left out"
    assert shells[dead]["title"] is None
    assert not any(shells[dead]["csv"])
    assert set(shells[dead]["stats"]["current"]) == {-1}


def test_yen_have_no_cents(observed: Keepa) -> None:
    prices = [product.plan.price for product in observed.app.catalogue.store(5).products]
    assert 1500 < sorted(prices)[len(prices) // 2] < 6000


def test_the_past_stays_as_it_was_while_time_goes_on(clock: Clock, keepa: Keepa) -> None:
    asins = keepa.find({"rootCategory": [283155]})["asinList"][:20]
    before = {product["asin"]: product for product in keepa.products(asins)}
    clock.now += timedelta(days=9)
    after = {product["asin"]: product for product in keepa.products(asins)}
    for asin in asins:
        for kind in (kinds.SALES, kinds.NEW):
            old, new = before[asin]["csv"][kind], after[asin]["csv"][kind]
            if old:
                assert new[: len(old)] == old
    assert any(after[asin]["csv"] != before[asin]["csv"] for asin in asins)


def has_bargain(product: Product) -> bool:
    return 0 < product.plan.fbm_cheap_ratio < 0.6


def test_every_situation_a_reseller_meets_exists_in_the_us_and_french_stores(
    observed: Keepa,
) -> None:
    for domain in (1, 4):
        live = observed.app.catalogue.store(domain).live
        assert {"spike", "crash", "surge", "worsening"} <= {each.plan.event for each in live}
        assert {"never", "always", "cycle", "left", "back"} <= {each.plan.amazon for each in live}
        situations = {
            "hazmat": [each for each in live if each.is_hazmat],
            "adult": [each for each in live if each.is_adult],
            "heat": [each for each in live if each.is_heat_sensitive],
            "oversize": [each for each in live if each.body.length > 620],
            "variation parent": [each for each in live if each.children],
            "variation child": [each for each in live if each.parent_asin],
            "few data": [each for each in live if each.plan.listed_day > -45],
            "stale": [each for each in live if each.stale_days],
            "no rank": [each for each in live if not each.plan.rank],
            "markup in the title": [each for each in live if "<script>" in each.title],
            "entity in the title": [each for each in live if "&amp;" in each.title],
            "fees missing": [each for each in live if each.fee_quirk == "missing"],
            "fees off": [each for each in live if each.fee_quirk == "off"],
        }
        assert [name for name, found in situations.items() if not found] == []
        bargains = sum(has_bargain(product) for product in live)
        assert 0.02 < bargains / len(live) < 0.12


@pytest.mark.parametrize("domain", [1, 4, 5, 12])
def test_one_code_stands_for_a_unit_a_lot_and_a_dead_page(observed: Keepa, domain: int) -> None:
    store = observed.app.catalogue.store(domain)
    [(code, family)] = [
        (code, found)
        for code, found in store.by_code.items()
        if len(found) == 3 and len(code) == 13
    ][:1]
    for limit, count in ((1, 1), (3, 3)):
        answer = observed.get(
            "product", domain=domain, code=code, stats=90, **{"code-limit": limit}
        )
        assert len(answer["products"]) == answer["tokensConsumed"] == count
    by_asin = {product["asin"]: product for product in answer["products"]}
    unit, lot, dead = (by_asin[product.asin] for product in family)
    assert unit["numberOfItems"] == 1
    assert max(lot["numberOfItems"], lot["packageQuantity"]) in (1, 12)
    assert lot["title"].endswith("Pack of 12")
    assert lot["stats"]["current"][1] > 5 * unit["stats"]["current"][1]
    assert max(dead["stats"]["current"]) == 0  # it counts no offer, and has no price and no rank
    assert lot["asin"] < unit["asin"]
