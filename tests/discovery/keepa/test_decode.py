"""What each field of a product means when it is there, absent, null, −1, −2, or nonsense."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from discovery.keepa.csv_types import CSV_TYPES
from discovery.keepa.decode import decode_product
from discovery.keepa.marketplaces import marketplace_of
from discovery.keepa.product import ProductSnapshot
from discovery.keepa.raw_fields import Undecodable

MINUTES = 7_000_000  # Keepa's minutes, in 2024
UNIX = (MINUTES + 21_564_000) * 60
INDEX = {csv_type.name: csv_type.index for csv_type in CSV_TYPES}


def decoded(*, market: str = "us", detail: bool = True, **fields: Any) -> ProductSnapshot:
    marketplace = marketplace_of(market)
    raw = {"asin": "B000000001", "domainId": marketplace.domain_id, "title": "A thing"}
    return decode_product(raw | fields, marketplace=marketplace, detail=detail)


def by_index(length: int = 36, /, **values: Any) -> list[Any]:
    """An array of the csv table's shape, −1 where nothing is given."""
    answer: list[Any] = [-1] * length
    for name, value in values.items():
        answer[INDEX[name]] = value
    return answer


def csv(**series: list[int]) -> list[Any]:
    return [None if points == -1 else points for points in by_index(**series)]


class TestStatistics:
    @pytest.mark.parametrize("nothing", [-1, -2])
    def test_no_price_is_no_number(self, nothing: int) -> None:
        stats = {"current": by_index(NEW=nothing), "avg90": by_index(NEW=nothing)}
        product = decoded(stats=stats)
        assert product.price("NEW") is None
        assert product.price("NEW", "avg90") is None

    def test_a_rank_of_minus_one_is_none(self) -> None:
        assert decoded(stats={"current": by_index(SALES=-1)}).rank is None

    def test_the_statistics_rank_is_fresher_than_the_historys(self) -> None:
        product = decoded(stats={"current": by_index(SALES=900)}, csv=csv(SALES=[MINUTES, 5000]))
        assert product.rank == 900

    def test_a_sub_categorys_rank_is_never_taken_for_the_main_one(self) -> None:
        assert (
            decoded(salesRanks={"3839": [MINUTES, 3]}, stats={"current": by_index()}).rank is None
        )

    @pytest.mark.parametrize("absent", [{}, {"stats": None}, {"stats": {}}])
    def test_absent_statistics_are_no_statistics(self, absent: dict[str, Any]) -> None:
        product = decoded(**absent)
        assert (product.current, product.avg90, product.out_of_stock90) == ({}, {}, {})

    @pytest.mark.parametrize("length", [4, 36, 50])
    def test_an_array_may_have_any_length(self, length: int) -> None:
        assert decoded(stats={"current": by_index(length, SALES=7)}).rank == 7

    def test_drops_of_minus_one_are_unknown(self) -> None:
        product = decoded(stats={"salesRankDrops30": -1, "salesRankDrops90": 0})
        assert (product.drops30, product.drops90) == (None, 0)

    def test_a_rating_is_tenths_of_stars(self) -> None:
        assert decoded(stats={"current": by_index(RATING=45)}).rating == Decimal("4.5")

    def test_a_buy_box_nobody_was_asked_about_is_unknown(self) -> None:
        product = decoded(stats={"buyBoxIsAmazon": None, "buyBoxPrice": -2})
        assert product.buy_box.is_amazon is None
        assert product.buy_box.total is None


class TestSeries:
    def test_times_are_keepas_minutes(self) -> None:
        assert list(decoded(csv=csv(NEW=[MINUTES, 1234])).series["NEW"]) == [(UNIX, 1234)]

    def test_out_of_stock_is_a_point_without_a_value(self) -> None:
        series = decoded(csv=csv(NEW=[MINUTES, 1234, MINUTES + 60, -1])).series["NEW"]
        assert list(series) == [(UNIX, 1234), (UNIX + 3600, None)]
        assert series.last is None

    def test_triplets_are_price_and_shipping(self) -> None:
        points = [MINUTES, 1000, 250, MINUTES + 60, -1, -1]
        series = decoded(csv=csv(BUY_BOX_SHIPPING=points)).series["BUY_BOX_SHIPPING"]
        assert series.values == (1250, None)

    @pytest.mark.parametrize("length", [0, 4, 36, 40])
    def test_the_table_may_be_shorter_or_longer(self, length: int) -> None:
        table: list[Any] = [None] * length
        if length > 3:
            table[3] = [MINUTES, 12]
        assert len(decoded(csv=table).series.get("SALES", ())) == (1 if length > 3 else 0)

    @pytest.mark.parametrize("points", [[MINUTES], [MINUTES, "x"], "x", {}, 7])
    def test_a_series_of_nonsense_is_lost_and_the_others_are_not(self, points: Any) -> None:
        product = decoded(csv=csv(NEW=points, SALES=[MINUTES, 12]))
        assert "NEW" not in product.series
        assert product.series["SALES"].values == (12,)

    def test_a_point_that_cannot_be_read_is_left_out(self) -> None:
        points: Any = [MINUTES, 10.0, MINUTES + 1, None, "7000002", "30", MINUTES + 3, True]
        series = decoded(csv=csv(NEW=points)).series["NEW"]
        assert list(series) == [(UNIX, 10), (UNIX + 120, 30)]

    def test_points_are_in_the_order_of_their_times(self) -> None:
        points = [MINUTES + 5, 50, 3, MINUTES, 10, 2]
        series = decoded(csv=csv(BUY_BOX_SHIPPING=points)).series["BUY_BOX_SHIPPING"]
        assert list(series) == [(UNIX, 12), (UNIX + 300, 53)]

    @pytest.mark.parametrize("moment", [-3, 2**40, 10**30])
    def test_a_moment_out_of_this_world_is_no_point(self, moment: int) -> None:
        series = decoded(csv=csv(NEW=[MINUTES, 5, moment, 6])).series["NEW"]
        assert list(series) == [(UNIX, 5)]


class TestMoney:
    def test_cents_are_divided_once(self) -> None:
        assert decoded(stats={"current": by_index(NEW=1999)}).price("NEW") == Decimal("19.99")

    def test_nothing_costs_nothing(self) -> None:
        product = decoded(stats={"current": by_index(NEW=0), "avg90": by_index(NEW=0)})
        assert (product.price("NEW"), product.price("NEW", "avg90")) == (None, None)

    def test_a_yen_has_no_smaller_unit(self) -> None:
        product = decoded(market="jp", stats={"current": by_index(NEW=1980)})
        assert (product.price("NEW"), product.currency) == (Decimal(1980), "JPY")

    def test_another_marketplaces_product_is_refused(self) -> None:
        with pytest.raises(Undecodable, match="domainId"):
            decoded(domainId=4)


class TestFields:
    def test_a_title_is_text(self) -> None:
        assert decoded(title="<b>Tom &amp; Jerry</b>").title == "Tom & Jerry"

    @pytest.mark.parametrize("title", [5, ["x"], {}])
    def test_a_title_that_is_no_text_is_lost(self, title: Any) -> None:
        product = decoded(title=title, stats={"current": by_index(NEW=100)})
        assert (product.title, product.price("NEW")) == (None, Decimal(1))

    @pytest.mark.parametrize("told", [{"title": 5}, {"title": None, "csv": "x"}])
    def test_a_product_of_which_nothing_is_left_is_undecodable_not_unknown(
        self, told: dict[str, Any]
    ) -> None:
        with pytest.raises(Undecodable):
            decoded(**told)

    def test_text_holds_nothing_a_database_refuses(self) -> None:
        assert decoded(binding="paper\x00back\ud800").binding == "paperback"

    @pytest.mark.parametrize(
        ("counts", "read"),
        [([3, 21, 4], (3, 21, 4)), ([0, -1], (0, -1)), ([3, "x", 4], ()), (None, ())],
    )
    def test_the_offers_that_may_win_the_buy_box_are_told_apart_by_their_places(
        self, counts: Any, read: tuple[int, ...]
    ) -> None:
        assert decoded(buyBoxEligibleOfferCounts=counts).eligible_offers == read

    @pytest.mark.parametrize(("told", "read"), [(0, None), (None, None), (50, 50)])
    def test_no_monthly_sales_told_are_unknown_not_none(self, told: Any, read: int | None) -> None:
        assert decoded(monthlySold=told).monthly_sold == read

    @pytest.mark.parametrize("told", [0, -1])
    def test_a_size_of_nothing_is_unknown(self, told: int) -> None:
        package = decoded(packageLength=told, packageWeight=told).package
        assert (package.length, package.weight) == (None, None)

    def test_amazon_in_stock_and_absent_are_told_apart(self) -> None:
        assert decoded(availabilityAmazon=0).availability_amazon == 0
        assert decoded(availabilityAmazon=-1).availability_amazon == -1
        assert decoded().availability_amazon is None

    def test_the_fees_delivered_are_read(self) -> None:
        fees = decoded(
            referralFeePercentage=15.45, fbaFees={"pickAndPackFee": 537}, variableClosingFee=61
        ).fees
        assert fees.referral_percent == Decimal("15.45")
        assert (fees.pick_and_pack, fees.closing) == (537, 61)

    def test_the_old_fee_field_still_counts(self) -> None:
        assert decoded(referralFeePercent=15).fees.referral_percent == Decimal(15)

    def test_images_old_and_new(self) -> None:
        assert decoded(imagesCSV="51abc.jpg,51def.jpg").image == "51abc.jpg"
        assert decoded(images=[{"l": "61new.jpg", "m": "41new.jpg"}]).image in {
            "61new.jpg",
            "41new.jpg",
        }

    @pytest.mark.parametrize("told", [None, 0, -1, -2])
    def test_a_moment_of_nothing_is_unknown(self, told: int | None) -> None:
        assert decoded(listedSince=told).listed_since is None
        listed = decoded(listedSince=MINUTES).listed_since
        assert listed is not None
        assert listed.timestamp() == UNIX

    def test_what_is_new_at_keepas_is_ignored(self) -> None:
        assert decoded(somethingOf2027={"x": 1}).title == "A thing"

    def test_a_variation_parent_is_known_as_such(self) -> None:
        assert decoded(productType=5).is_variation_parent

    def test_an_asin_keepa_does_not_know_is_dead(self) -> None:
        assert decoded(title=None, productType=4).is_dead
        assert decoded(title="Once a book", productType=4, csv=csv(NEW=[MINUTES, 900])).is_dead
        assert decoded(title=None, productType=3, csv=None, stats=None).is_dead
        assert not decoded(stats={"current": by_index(NEW=100)}).is_dead


def test_what_was_not_asked_for_is_unknown_and_never_nothing() -> None:
    """Neither ``buybox`` nor ``offers`` was asked for: null wherever those would stand."""
    asked_for_less: dict[str, Any] = dict.fromkeys(
        (
            "fbaFees", "variableClosingFee", "referralFeePercentage", "offers", "liveOffersOrder",
            "eanList", "categories", "categoryTree", "images", "imagesCSV", "brand", "monthlySold",
        )
    )  # fmt: skip
    product = decoded(
        detail=False,
        csv=[None] * 34,
        stats={
            "current": by_index(34, NEW=1490, SALES=6200),
            "avg90": None,
            "buyBoxPrice": None,
            "buyBoxStats": None,
        },
        **asked_for_less,
    )
    assert (product.price("NEW"), product.rank) == (Decimal("14.90"), 6200)
    assert (product.fees.pick_and_pack, product.fees.closing) == (None, None)
    assert product.fees.referral_percent is None
    assert (product.buy_box.total, product.buy_box.shares) == (None, None)
    assert (product.avg90, product.live_offers, product.monthly_sold) == ({}, (), None)


def test_only_live_offers_are_read_and_their_newest_price_is_the_last() -> None:
    def offer(seller: str, *points: int) -> dict[str, Any]:
        return {"sellerId": seller, "condition": 1, "offerCSV": list(points), "isFBA": True}

    product = decoded(
        offers=[
            offer("GONE", MINUTES, 100, 0),
            offer("HERE", MINUTES, 900, 0, MINUTES + 60, 1100, 50),
        ],
        liveOffersOrder=[1],
    )
    (live,) = product.live_offers
    assert (live.seller_id, live.price, live.shipping, live.total) == ("HERE", 1100, 50, 1150)


@pytest.mark.parametrize(
    ("told", "read"),
    [
        (1974, date(1974, 1, 1)),
        (2011, date(2011, 1, 1)),  # a year: not 20 November
        (201105, date(2011, 5, 1)),
        (20191130, date(2019, 11, 30)),
        (20230230, None),
        (20231301, None),
        (0, None),
        (-1, None),
        (None, None),
        (123, None),
    ],
)
def test_a_date_has_the_precision_it_is_written_with(told: int | None, read: date | None) -> None:
    product = decoded(publicationDate=told, releaseDate=told)
    assert product.title == "A thing"
    assert (product.publication_date, product.release_date) == (read, read)


@pytest.mark.parametrize(("told", "read"), [(0, None), (-1, None), (MINUTES, UNIX)])
def test_when_keepa_looked_is_a_moment_or_unknown(told: int, read: int | None) -> None:
    seen = decoded(lastUpdate=told).last_update
    assert (None if seen is None else seen.timestamp()) == read


class TestLiveOffers:
    def offers(self, *told: dict[str, Any], order: list[int] | None = None) -> ProductSnapshot:
        base = {"condition": 1, "offerCSV": [MINUTES, 1500, 0], "isFBA": True}
        listed = [base | {"sellerId": f"S{at}"} | offer for at, offer in enumerate(told)]
        return decoded(
            offers=listed, liveOffersOrder=[*range(len(told))] if order is None else order
        )

    def test_an_offer_without_stock_cannot_be_had(self) -> None:
        product = self.offers(
            {"stockCSV": [MINUTES, 4, MINUTES + 9, 0]}, {"stockCSV": [MINUTES, 30]}, {}
        )
        assert [offer.stock for offer in product.live_offers] == [0, 30, None]
        assert [offer.is_available for offer in product.live_offers] == [False, True, True]

    def test_a_stock_of_minus_one_is_unknown(self) -> None:
        (offer,) = self.offers({"stockCSV": [MINUTES, -1]}).live_offers
        assert offer.stock is None
        assert offer.is_available

    def test_a_preorder_and_one_that_does_not_ship_cannot_be_had(self) -> None:
        product = self.offers({"isPreorder": True}, {"isShippable": False})
        assert [offer.is_available for offer in product.live_offers] == [False, False]

    def test_the_order_says_who_is_alive_not_who_is_cheapest(self) -> None:
        product = self.offers(
            {"offerCSV": [MINUTES, 800, 0]}, {"offerCSV": [MINUTES, 6000, 0]}, {}, order=[1, 2]
        )
        assert [offer.total for offer in product.live_offers] == [6000, 1500]

    @pytest.mark.parametrize("told", [True, False, None])
    def test_whether_the_offers_could_be_read_is_told(self, told: bool | None) -> None:
        assert decoded(offersSuccessful=told).offers_successful is told


class TestCoupons:
    @pytest.mark.parametrize(
        ("told", "read"),
        [([300, 0], 300), ([-15, -5], -15), ([0, -5], None), ([-100, 0], None), ([], None)],
    )
    def test_what_one_order_saves_is_an_amount_or_a_percentage(
        self, told: list[int], read: int | None
    ) -> None:
        assert decoded(coupon=told).coupon == read


class TestRankOfWhat:
    TREE: ClassVar = [{"catId": 301061, "name": "Livres"}, {"catId": 355, "name": "Un rayon"}]

    def ranked(self, reference: int | None, **fields: Any) -> ProductSnapshot:
        stats = {"current": by_index(SALES=12), "avg90": by_index(SALES=15)}
        known: dict[str, Any] = {
            "categoryTree": self.TREE,
            "rootCategory": 301061,
            "categories": [355],
        }
        return decoded(market="fr", stats=stats, salesRankReference=reference, **(known | fields))

    def test_the_rank_of_a_programme_is_no_rank(self) -> None:
        assert self.ranked(-2).rank is None

    @pytest.mark.parametrize("reference", [301061, 4711, None, -1])
    def test_the_root_or_a_display_group_is_the_main_rank(self, reference: int | None) -> None:
        product = self.ranked(reference)
        assert (product.rank, product.mean_rank("avg90")) == (12, 15)

    def test_the_rank_of_a_shelf_is_no_rank(self) -> None:
        product = self.ranked(355)
        assert (product.rank, product.mean_rank("avg90")) == (None, None)
        bare = self.ranked(355, categoryTree=None, rootCategory=0)
        assert bare.rank is None

    def test_what_the_rank_was_of_is_kept(self) -> None:
        product = self.ranked(-2, salesRankReferenceHistory=[MINUTES, 301061, MINUTES + 60, -2])
        assert product.rank_references == ((UNIX, 301061), (UNIX + 3600, -2))


def test_a_family_is_counted_with_the_product_itself() -> None:
    listed = [{"asin": "B000000001"}, {"asin": "B000000002"}, {"asin": "B000000003"}]
    assert decoded(variations=listed).family_size == 3
    assert decoded(variationCSV="B000000002,B000000009").family_size == 3
    assert decoded(parentAsin="B000000008", variations=None).family_size is None


def test_the_best_sales_figure_amazon_gave_is_kept() -> None:
    history = [MINUTES, 400, MINUTES + 60, 1000, MINUTES + 120, -1]
    assert decoded(monthlySoldHistory=history).monthly_sold_best == 1000
    assert decoded(monthlySold=50).monthly_sold_best == 50
    assert decoded(monthlySoldHistory=[MINUTES, -1]).monthly_sold_best is None


def test_a_lightning_deal_runs_until_its_announced_end() -> None:
    deal = csv(LIGHTNING_DEAL=[MINUTES, 1099, MINUTES + 300, -1])
    assert decoded(csv=deal, lastUpdate=MINUTES + 10).price("LIGHTNING_DEAL") == Decimal("10.99")
    assert decoded(csv=deal, lastUpdate=MINUTES + 300).price("LIGHTNING_DEAL") is None


def test_offers_that_may_win_the_buy_box_stand_in_for_counts_that_are_missing() -> None:
    short = decoded(stats={"current": by_index(34)}, buyBoxEligibleOfferCounts=[3, 7, 0, 1])
    assert (short.fba_offers, short.fbm_offers) == (3, 7)
    told = decoded(
        stats={"current": by_index(COUNT_NEW_FBA=5)}, buyBoxEligibleOfferCounts=[3, 7, 0, 1]
    )
    assert told.fba_offers == 5
    assert decoded(buyBoxEligibleOfferCounts=[-1, -2]).fba_offers is None
    assert decoded(buyBoxEligibleOfferCounts=[4]).fbm_offers is None
