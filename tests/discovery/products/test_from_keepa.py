"""From a raw answer to what the engine reads: nothing invented where Keepa says nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from discovery.keepa.product import Series
from discovery.keepa.raw_fields import OFFSET_MINUTES
from discovery.pages.products.chart_data import CHARTED
from discovery.products.from_keepa import MOST_EANS, card_of, facts_of, history_of
from discovery.scoring import (
    EQUILIBRE,
    FlagCode,
    ProductFacts,
    Profile,
    ReasonCode,
    SalesKind,
    Score,
    score,
)
from discovery.scoring.codes import (
    Condition,
    PriceSeries,
)
from tests.discovery.keepa.test_decode import by_index, csv, decoded

NOW = datetime(2026, 7, 20, 12, tzinfo=UTC)
USED = Profile(condition=Condition.USED)

NOT_ASKED = (
    "fbaFees", "variableClosingFee", "referralFeePercentage", "offers", "brand", "images",
    "liveOffersOrder", "eanList", "categories", "categoryTree", "monthlySold", "coupon",
    "buyBoxSellerIdHistory", "salesRankReferenceHistory", "monthlySoldHistory", "variations",
    "buyBoxEligibleOfferCounts", "parentAsin", "offersSuccessful",
)  # fmt: skip


def minute(days_ago: float) -> int:
    return int((NOW - timedelta(days=days_ago)).timestamp()) // 60 - OFFSET_MINUTES


def facts(**fields: Any) -> ProductFacts:
    return facts_of(decoded(market="fr", **fields), now=NOW)


def scored(product: ProductFacts, profile: Profile = EQUILIBRE) -> Score:
    return score(product, profile, now=NOW)


class TestCard:
    def test_a_card_has_the_eans_once_each_and_not_dozens(self) -> None:
        many = [f"{number:013}" for number in range(400, 420)]
        assert card_of(decoded(eanList=[many[0], *many]))["eans"] == many[:MOST_EANS]

    def test_without_an_ean_the_upc_is_one_with_a_zero_before_it(self) -> None:
        assert card_of(decoded(eanList=None, upcList=["036000291452"]))["eans"] == ["0036000291452"]
        assert card_of(decoded(eanList=None, upcList=None))["eans"] == []

    def test_upcs_and_gtins_follow_the_eans_and_the_code_of_a_case_is_left_out(self) -> None:
        codes: dict[str, Any] = {
            "eanList": ["4006381333931"],
            "upcList": ["036000291452", "4006381333931"],
            "gtinList": ["04006381333931", "00036000291452", "05012345678900", "14006381333938"],
        }
        expected = ["4006381333931", "0036000291452", "5012345678900"]
        assert card_of(decoded(**codes))["eans"] == expected


class TestHistory:
    def test_every_series_of_the_chart_is_kept_where_keepa_delivers_it(self) -> None:
        series = {name: Series((60,), (7,)) for name in (charted.name for charted in CHARTED)}
        monthly = series.pop("MONTHLY_SOLD")
        snapshot = replace(decoded(), series=series, monthly_sold_series=monthly)
        kept = history_of(snapshot)
        assert set(kept) == {charted.name for charted in CHARTED}
        assert kept["MONTHLY_SOLD"] == {"times": [60], "values": [7]}
        assert history_of(replace(snapshot, series={}, monthly_sold_series=Series())) == {}

    def test_no_word_of_amazon_on_monthly_sales_is_a_gap(self) -> None:
        told = [minute(90), 100, minute(60), -1, minute(30), 0, minute(9), 200]
        kept = history_of(decoded(monthlySoldHistory=told))["MONTHLY_SOLD"]
        assert kept["values"] == [100, None, None, 200]
        assert kept["times"][0] == (minute(90) + OFFSET_MINUTES) * 60


class TestPrices:
    def test_a_flag_of_a_used_buy_box_does_not_throw_the_new_price_away(self) -> None:
        product = facts(
            stats={
                "current": by_index(
                    34, NEW=4450, BUY_BOX_SHIPPING=4450, BUY_BOX_USED_SHIPPING=3120
                ),
                "buyBoxIsUsed": True,
                "buyBoxCondition": 1,
                "buyBoxPrice": 4450,
                "buyBoxShipping": 0,
            }
        )
        assert scored(product).sell_price == Decimal("44.50")
        assert scored(product, USED).sell_price == Decimal("31.20")

    def test_only_used_offers_are_no_price_for_a_new_copy(self) -> None:
        product = facts(
            stats={
                "current": by_index(34, USED=1740, COUNT_NEW=0, BUY_BOX_USED_SHIPPING=2110),
                "buyBoxPrice": -1,
                "buyBoxUsedPrice": 1740,
                "buyBoxUsedShipping": 370,
            }
        )
        new = scored(product)
        assert new.sell_price is None
        assert new.profit is None
        assert [reason.code for reason in new.reasons] == [ReasonCode.NO_PRICE]
        assert scored(product, USED).sell_price == Decimal("21.10")

    def test_a_rank_a_count_and_a_rating_are_no_prices(self) -> None:
        low, high = [None] * 34, [None] * 34
        low[1], high[3] = [minute(90), 1650], [minute(400), 1_402_700]  # type: ignore[call-overload]
        product = facts(
            stats={
                "current": by_index(
                    36, NEW=2290, SALES=140_270, COUNT_NEW=9, RATING=43, BUY_BOX_SHIPPING=2390
                ),
                "min": low,
                "max": high,
            }
        )
        assert (product.bsr, product.count_new) == (140_270, 9)
        assert product.rating == Decimal("4.3")
        assert scored(product).sell_price == Decimal("23.90")

    def test_none_stands_where_keepa_says_minus_one_or_two(self) -> None:
        product = facts(
            csv=csv(
                NEW=[minute(80), 2150, minute(40), -1, minute(30), 2250, minute(5), -1],
                SALES=[minute(90), 55_000, minute(60), -1, minute(50), 58_420],
                BUY_BOX_SHIPPING=[minute(30), 2250, -1, minute(5), -2, -2],
            ),
            stats={
                "current": by_index(34, SALES=58_420, COUNT_NEW=0),
                "salesRankDrops30": -1,
                "salesRankDrops90": -1,
                "outOfStockPercentage90": by_index(34, NEW=57),
                "offerCountFBA": -2,
            },
        )
        assert (product.buy_box.current, product.new.current) == (None, None)
        assert (product.rank_drops_30, product.rank_drops_90) == (None, None)
        assert product.count_new_fba is None
        assert product.out_of_stock_90 == 57
        # Three ranks in ninety days: nobody watched for drops, so none seen is not none.
        assert product.measures.drop_days_180 is None
        assert scored(product).monthly_sales_kind is SalesKind.RANK_MODEL

    def test_what_was_not_asked_for_is_unknown(self) -> None:
        nothing = dict.fromkeys(NOT_ASKED)
        stats = {"current": by_index(34, NEW=1490, SALES=5200, COUNT_NEW=2), "avg90": None}
        product = facts(**nothing, stats=stats | {"buyBoxPrice": None, "buyBoxStats": None})
        assert product.new.current == Decimal("14.90")
        unknown = (product.fba_fee, product.referral_percent, product.closing_fee)
        shares = (product.amazon_buy_box_share_90, product.buy_box_leader_share_90)
        assert (*unknown, *shares) == (None,) * 5
        assert scored(product).has_flag(FlagCode.FEES_UNKNOWN)


class TestMeaningOfNew:
    """NEW holds shipping since 23 February 2026: 3.99 more that day are no rise."""

    FIELDS: ClassVar[dict[str, Any]] = {"csv": csv(NEW=[minute(400), 1200, minute(147.5), 1599])}

    def test_no_trend_is_read_across_the_change(self) -> None:
        for days_ago in (0, 60, 110):
            now = NOW - timedelta(days=days_ago)
            measured = facts_of(decoded(market="fr", **self.FIELDS), now=now).measures.new
            assert measured is not None
            assert (measured.trend, measured.last_to_median) == (1.0, 1.0)
            assert (measured.p25, measured.p75) == (1599, 1599)

    def test_keepas_averages_over_the_change_raise_no_spike(self) -> None:
        stats = {"current": by_index(34, NEW=1599), "avg90": by_index(34, NEW=1240)}
        soon = datetime(2026, 3, 20, tzinfo=UTC)
        product = facts_of(decoded(market="fr", stats=stats), now=soon)
        assert not score(product, EQUILIBRE, now=soon).has_flag(FlagCode.PRICE_SPIKE)
        assert scored(product).has_flag(FlagCode.PRICE_SPIKE)


class TestTime:
    def test_the_age_is_that_of_keepas_look_not_of_our_question(self) -> None:
        product = facts(lastUpdate=minute(12), stats={"current": by_index(NEW=1500)})
        assert product.fetched_at == NOW
        assert product.known_at == NOW - timedelta(days=12)
        (stale,) = (f for f in scored(product).flags if f.code is FlagCode.STALE_DATA)
        assert stale.params == {"hours": "288"}
        fresh = facts(lastUpdate=minute(0.02), stats={"current": by_index(NEW=1500)})
        assert scored(fresh).confidence > scored(product).confidence

    @pytest.mark.parametrize("told", [0, -1, None, minute(-3)])
    def test_an_unknown_look_is_as_old_as_our_question(self, told: int | None) -> None:
        assert facts(lastUpdate=told).known_at == NOW

    def test_an_announced_end_of_a_deal_ages_nothing(self) -> None:
        deal = [minute(0.2), 1399, minute(-0.3), -1]
        product = decoded(
            market="fr",
            lastUpdate=minute(0.1),
            csv=csv(NEW=[minute(70), 2099], SALES=[minute(70), 9000], LIGHTNING_DEAL=deal),
        )
        assert product.price("LIGHTNING_DEAL") == Decimal("13.99")
        measures = facts_of(product, now=NOW).measures
        assert measures.history_days == 70
        assert measures.new is not None
        assert measures.new.in_stock_90 == 1.0


class TestRank:
    TREE: ClassVar = [{"catId": 301061, "name": "Livres"}, {"catId": 87, "name": "Rayon"}]

    def test_a_shelfs_rank_tells_no_sales(self) -> None:
        product = facts(
            stats={"current": by_index(34, NEW=1390)},
            salesRankReference=-1,
            rootCategory=0,
            salesRanks={"87": [minute(3), 9]},
            categories=[87],
        )
        assert product.bsr is None
        result = scored(product)
        assert (result.monthly_sales, result.monthly_sales_kind) == (None, SalesKind.UNKNOWN)
        told = facts(
            stats={"current": by_index(34, NEW=1390, SALES=9)},
            salesRankReference=87,
            rootCategory=301061,
            categories=[87],
            categoryTree=self.TREE,
        )
        assert told.bsr is None
        assert scored(told).monthly_sales is None
        shelved = decoded(
            stats={"current": by_index(SALES=9)}, salesRankReference=87, categories=[87]
        )
        assert card_of(shelved)["bsr"] is None

    def test_a_reference_below_none_is_no_rank(self) -> None:
        product = facts(stats={"current": by_index(NEW=1390)}, salesRankReference=-2)
        assert product.bsr is None
        assert scored(product).has_flag(FlagCode.NO_RANK)

    @pytest.mark.parametrize(
        ("history", "changed"),
        [
            ([minute(400), 301061, minute(20), -2], True),
            ([minute(400), 301061, minute(20), 4711], True),
            ([minute(400), 4711, minute(120), 301061], False),
            ([minute(400), 301061, minute(60), -1, minute(50), 301061], False),
            ([minute(400), 301061], False),
            (None, False),
        ],
    )
    def test_a_rank_of_another_category_within_the_window_is_said(
        self, history: list[int] | None, changed: bool
    ) -> None:
        product = facts(
            salesRankReferenceHistory=history, stats={"current": by_index(NEW=1390, SALES=500)}
        )
        assert product.rank_reference_changed is changed
        assert scored(product).has_flag(FlagCode.RANK_REFERENCE_CHANGED) is changed

    def test_before_its_release_a_rank_counts_orders(self) -> None:
        coming = facts(
            stats={"current": by_index(34, NEW=2190, SALES=640), "salesRankDrops30": 25},
            releaseDate=20261002,
            monthlySold=300,
        )
        assert coming.release_day == date(2026, 10, 2)
        result = scored(coming)
        assert result.monthly_sales_kind is SalesKind.UNKNOWN
        assert result.days_to_sell is None
        assert result.has_flag(FlagCode.NOT_RELEASED)
        for told in (20260719, 2026, 202607, -1, 0, None):
            assert not facts(releaseDate=told, monthlySold=300).is_unreleased


class TestSellers:
    OFFERS = (
        {"sellerId": "DEAD", "condition": 1, "offerCSV": [minute(300), 1090, 0]},
        {"sellerId": "FBM", "condition": 1, "offerCSV": [minute(1), 1800, 350]},
        {"sellerId": "USED", "condition": 3, "offerCSV": [minute(1), 1190, 299]},
        {"sellerId": "EMPTY", "condition": 1, "isFBA": True, "offerCSV": [minute(1), 2390, 0]}
        | {"stockCSV": [minute(9), 12, minute(1), 0]},
        {"sellerId": "FBA", "condition": 1, "isFBA": True, "offerCSV": [minute(1), 2490, 0]}
        | {"stockCSV": [minute(1), 8]},
        {"sellerId": "DEAR", "condition": 1, "offerCSV": [minute(1), 5990, 0]},
        {"sellerId": "SOON", "condition": 1, "offerCSV": [minute(1), 2390, 0], "isPreorder": True},
    )

    def test_competitors_are_alive_new_near_the_price_and_have_stock(self) -> None:
        product = facts(
            offers=[dict(offer) for offer in self.OFFERS],
            liveOffersOrder=[5, 1, 2, 4, 3, 6],
            stats={"current": by_index(34, NEW=2150, BUY_BOX_SHIPPING=2390, COUNT_NEW=5)},
        )
        assert product.sellers_near_price == 2
        assert scored(product).competitors == 2

    def test_a_third_party_who_holds_the_buy_box_is_seen_in_its_history(self) -> None:
        history = [str(minute(300)), "SOMEBODY", str(minute(9)), "OTHER"]
        product = facts(buyBoxSellerIdHistory=history)
        assert (product.amazon_buy_box_share_90, product.buy_box_leader_share_90) == (0, 90)

    def alone(self, **fields: Any) -> bool:
        known: dict[str, Any] = {
            "brand": "Zorbel",
            "stats": {"current": by_index(34, NEW=2500, COUNT_NEW=1)},
            "csv": csv(COUNT_NEW=[minute(120), 1], NEW=[minute(120), 2500]),
        }
        return facts(**(known | fields)).sole_seller

    def test_one_seller_for_months_on_a_branded_listing_is_alone(self) -> None:
        assert self.alone()
        assert not self.alone(brand=None)
        assert not self.alone(csv=csv(COUNT_NEW=[minute(120), 1, minute(60), 3, minute(50), 1]))
        assert not self.alone(csv=csv(COUNT_NEW=[minute(25), 1]))
        assert not self.alone(stats={"current": by_index(34, NEW=2500, COUNT_NEW=2)})

    def test_without_a_history_two_means_tell_it(self) -> None:
        one = by_index(34, COUNT_NEW=1)
        stats = {"current": by_index(34, NEW=2500, COUNT_NEW=1), "avg90": one, "avg180": one}
        assert self.alone(csv=None, stats=stats)
        assert not self.alone(csv=None, stats=stats | {"avg180": by_index(34, COUNT_NEW=2)})


class TestCoupons:
    @pytest.mark.parametrize(
        ("coupon", "paid"),
        [([250, 0], "17.50"), ([-20, 0], "16.00"), ([0, -10], "20.00"), ([9900, 0], "20.00")],
    )
    def test_the_price_is_what_a_buyer_pays(self, coupon: list[int], paid: str) -> None:
        stats = {"current": by_index(34, BUY_BOX_SHIPPING=2000, NEW=2000)}
        result = scored(facts(coupon=coupon, stats=stats))
        assert result.sell_price == Decimal(paid)
        assert result.has_flag(FlagCode.COUPON) is (paid != "20.00")
        # The offer with the coupon is the one we sell against: nobody buys it to resell.
        assert result.cost_source is None

    def test_it_is_not_on_other_offers(self) -> None:
        stats = {"current": by_index(34, NEW=2000)}
        result = scored(facts(coupon=[250, 0], stats=stats))
        assert result.sell_price_series is PriceSeries.NEW
        assert result.sell_price == Decimal("20.00")
