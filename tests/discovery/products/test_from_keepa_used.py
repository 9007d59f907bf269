"""From Keepa's answer to the engine's facts: used copies by grade, categories, the age of fees."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from discovery.products.from_keepa import facts_of
from discovery.scoring import SHIPPED, FlagCode, Grade, ProductFacts, score
from discovery.scoring.categories import FeeCategory, fee_category
from tests.discovery.keepa.test_decode import MINUTES, UNIX, by_index, decoded

NOW = datetime(2026, 7, 1, tzinfo=UTC)
LATER = MINUTES + 10_000


def facts(**fields: Any) -> ProductFacts:
    return facts_of(decoded(market="fr", **fields), now=NOW)


def offer(condition: int, price: int, shipping: int) -> dict[str, Any]:
    return {
        "sellerId": f"S{condition}",
        "condition": condition,
        "isFBA": False,
        "isAmazon": False,
        "offerCSV": [MINUTES, price, shipping],
    }


def test_the_cheapest_copy_of_each_grade_is_read_with_its_average() -> None:
    found = facts(
        stats={
            "current": by_index(
                USED_NEW_SHIPPING=2190, USED_GOOD_SHIPPING=990, USED_ACCEPTABLE_SHIPPING=-1
            ),
            "avg90": by_index(USED_ACCEPTABLE_SHIPPING=610),
            "buyBoxUsedCondition": 2,
        }
    )
    assert found.used_like_new.current == Decimal("21.90")
    assert found.used_good.current == Decimal("9.90")
    assert found.used_very_good.current is None
    assert (found.used_acceptable.current, found.used_acceptable.avg90) == (None, Decimal("6.10"))
    assert found.used_buy_box_grade is Grade.LIKE_NEW


def test_live_offers_tell_grades_that_the_statistics_leave_out() -> None:
    found = facts(
        stats={"current": by_index(USED_GOOD_SHIPPING=990)},
        offers=[offer(1, 2500, 0), offer(5, 299, 240), offer(5, 700, 0), offer(4, 100, 0)],
        liveOffersOrder=[0, 1, 2],
    )
    assert found.used_acceptable.current == Decimal("5.39")
    assert found.used_good.current == Decimal("9.90")


def test_a_copy_that_nobody_can_have_today_tells_no_price() -> None:
    gone = offer(5, 299, 240) | {"stockCSV": [MINUTES, 0]}
    unsent = offer(4, 450, 0) | {"isShippable": False}
    ordered = offer(2, 900, 0) | {"isPreorder": True}
    found = facts(
        offers=[gone, unsent, ordered, offer(4, 979, 0)],
        liveOffersOrder=[0, 1, 2, 3],
    )
    assert found.used_acceptable.current is None
    assert found.used_like_new.current is None
    assert found.used_good.current == Decimal("9.79")


def test_a_lowest_used_price_that_is_the_used_buy_box_costs_its_shipping_too() -> None:
    found = facts(
        stats={
            "current": by_index(USED=1840, BUY_BOX_USED_SHIPPING=2239),
            "avg90": by_index(USED=1850),  # without shipping: nothing to compare with
            "buyBoxUsedPrice": 1840,
            "buyBoxUsedShipping": 399,
        }
    )
    assert found.used.current == Decimal("22.39")
    result = score(found, SHIPPED["occasion"], now=NOW)
    assert result.sell_price == Decimal("22.39")
    assert result.has_flag(FlagCode.COST_ASSUMED)  # there is no other copy to buy


def test_the_age_of_fees_is_that_of_the_fulfilment_fee_else_of_the_product() -> None:
    fees = {"pickAndPackFee": 277, "lastUpdate": MINUTES}
    assert facts(fbaFees=fees, lastUpdate=LATER).fees_at == datetime.fromtimestamp(UNIX, UTC)
    told = facts(fbaFees={"pickAndPackFee": 277}, lastUpdate=LATER).fees_at
    assert told == datetime.fromtimestamp(UNIX + 600_000, UTC)
    assert facts(fbaFees=None).fees_at is None


def test_the_category_tree_tells_the_fee_category_where_nothing_else_does() -> None:
    found = facts(
        productGroup=None,
        binding=None,
        rootCategory=13921051,
        categoryTree=[
            {"catId": 13921051, "name": "High-Tech"},
            {"catId": 1, "name": "Téléphones portables et accessoires"},
            {"catId": 2, "name": "Accessoires"},
            {"catId": 3, "name": "Coques et étuis"},
        ],
    )
    assert found.category_names[-1] == "Coques et étuis"
    assert fee_category(found) is FeeCategory.ACCESSORIES
