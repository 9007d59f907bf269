"""Facts and a score as the hand-written codecs of version 0.1.0 stored them, and what they meant.

The score is cut to one or two entries of each list.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from discovery.scoring import (
    Change,
    ChangeCode,
    Condition,
    CostBasis,
    FeeCode,
    FeeLine,
    FeeSource,
    Flag,
    FlagCode,
    PriceBasis,
    PriceSeries,
    PriceStats,
    ProductFacts,
    Reason,
    ReasonCode,
    SalesKind,
    Score,
    Severity,
    VatRegime,
    Verdict,
)
from discovery.scoring.inputs import (
    Measures,
    PriceDistribution,
    PriceMeasures,
)
from discovery.scoring.results import BetterPrice, Cliff, Corridor, FeeBreakdown, FeeKind

FACTS_TEXT = """
{"asin": "2070360024", "marketplace": "fr", "currency": "EUR", "fetched_at": 1780315200,
 "root_category": 301061, "root_category_name": "Livres", "category_ids": [301061, 13921201],
 "binding": "paperback", "is_hazmat": true,
 "buy_box": ["24.90", "24.90", "24.90", "24.90", "24.90"],
 "used": ["9.90", null, "10.5", null, null],
 "lowest_fbm_new": "25.40", "list_price": "1234567.89", "bsr": 5000, "count_new": 0,
 "amazon_availability": -1, "buy_box_is_amazon": false, "amazon_buy_box_share_90": 0,
 "referral_percent": "15.45", "fba_fee": "5.070", "package_weight_g": 400, "return_rate": 1,
 "rating": "4.5", "listed_since": 1425168000, "first_data_at": 1451703840,
 "measures": {
  "history_days": 400,
  "new": {"series": "BUY_BOX_SHIPPING", "p25": 2490, "median": 2490, "p75": 2490,
   "window_90": [[2390, 2490], [2500, 10000]], "trend": 0.981, "last_to_median": 1.0,
   "in_stock_90": 1.0},
  "used": {"series": "USED", "p25": 990, "median": 990, "p75": 1090,
   "window_180": [[990, 1090], [5000, 10000]]},
  "drop_days_180": 90, "amazon_presence_90": 0.0}}
"""

FACTS = ProductFacts(
    asin="2070360024",
    marketplace="fr",
    currency="EUR",
    fetched_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
    root_category=301061,
    root_category_name="Livres",
    category_ids=(301061, 13921201),
    binding="paperback",
    is_hazmat=True,
    buy_box=PriceStats(*[Decimal("24.90")] * 5),
    used=PriceStats(Decimal("9.90"), None, Decimal("10.5"), None, None),
    lowest_fbm_new=Decimal("25.40"),
    list_price=Decimal("1234567.89"),
    bsr=5000,
    count_new=0,
    amazon_availability=-1,
    buy_box_is_amazon=False,
    amazon_buy_box_share_90=0,
    referral_percent=Decimal("15.45"),
    fba_fee=Decimal("5.070"),
    package_weight_g=400,
    return_rate=1,
    rating=Decimal("4.5"),
    listed_since=datetime(2015, 3, 1, tzinfo=UTC),
    first_data_at=datetime(2016, 1, 2, 3, 4, tzinfo=UTC),
    measures=Measures(
        history_days=400,
        new=PriceMeasures(
            PriceSeries.BUY_BOX,
            2490,
            2490,
            2490,
            window_90=PriceDistribution((2390, 2490), (2500, 10_000)),
            trend=0.981,
            last_to_median=1.0,
            in_stock_90=1.0,
        ),
        used=PriceMeasures(
            PriceSeries.USED,
            990,
            990,
            1090,
            window_180=PriceDistribution((990, 1090), (5000, 10_000)),
        ),
        drop_days_180=90,
        amazon_presence_90=0.0,
    ),
)

SCORE_TEXT = """
{"asin": "B000000001", "marketplace": "us", "currency": "USD", "verdict": "SKIP",
 "condition": "used", "regime": "franchise", "roi_percent": "-81.40", "profit": "-3.39",
 "margin_percent": "-32.60", "sell_price": "10.39", "sell_price_series": "BUY_BOX_USED_SHIPPING",
 "sell_price_basis": "conservative", "landed_cost": "4.16", "landed_cost_net": "4.16",
 "cost_basis": "price_factor", "cost_source": null, "hypothetical": true, "max_cost": "0.52",
 "break_even": "14.79", "target_price": "17.33",
 "fees": {"price": "10.39", "lines": [
   {"code": "referral", "kind": "amazon", "amount": "1.56", "source": "table",
    "effective_from": "2026-01-01", "to_check": false, "params": {"percent": "15"}},
   {"code": "storage", "kind": "amazon", "amount": "0.00", "source": "keepa_moved",
    "effective_from": null, "to_check": true, "params": {}}],
  "amazon": "8.47", "own": "1.15", "vat": "0", "total": "9.62", "net_proceeds": "0.77",
  "category": "other", "size_tier": "small_standard"},
 "velocity_score": 64.9, "monthly_sales": 272815.8593117958, "monthly_sales_kind": "rank_model",
 "expected_sales_per_month": 13640.79296558979, "competitors": null, "days_to_sell": 0.0,
 "confidence": 54.8,
 "flags": [
  {"code": "offer_surge", "severity": "danger", "cap": "CONSIDER", "params": {"ratio": "3.97"}},
  {"code": "often_out_of_stock", "severity": "info", "cap": null, "params": {"percent": "70"}}],
 "reasons": [
  {"code": "loses_money", "supports": false, "params": {"profit": "-3.39"}},
  {"code": "better_price", "supports": true, "params": {"price": "9.99", "gain": "0.61"}}],
 "what_would_change": [
  {"code": "confirm_cost", "params": {}},
  {"code": "cost_at_most", "params": {"verdict": "CONSIDER", "amount": "0.67"}}],
 "corridor": {"series": "BUY_BOX_USED_SHIPPING", "p25": "1.84", "median": "2.08", "p75": "2.98"},
 "share_profitable_90": 0.0, "share_profitable_180": 0.0,
 "cliffs": [{"price": "9.99", "profit": "-2.77", "drop": "0.91"}],
 "better_price": {"price": "9.99", "profit": "-2.77", "gain": "0.61"},
 "rank_score": -26099.27, "scored_at": "2026-06-01T12:00:00.000123+00:00",
 "engine_version": "1.0", "profile_fingerprint": "bede9074c5723421992ce2a8"}
"""

SCORE = Score(
    asin="B000000001",
    marketplace="us",
    currency="USD",
    verdict=Verdict.SKIP,
    condition=Condition.USED,
    regime=VatRegime.FRANCHISE,
    roi_percent=Decimal("-81.40"),
    profit=Decimal("-3.39"),
    margin_percent=Decimal("-32.60"),
    sell_price=Decimal("10.39"),
    sell_price_series=PriceSeries.BUY_BOX_USED,
    sell_price_basis=PriceBasis.CONSERVATIVE,
    landed_cost=Decimal("4.16"),
    landed_cost_net=Decimal("4.16"),
    cost_basis=CostBasis.PRICE_FACTOR,
    cost_source=None,
    hypothetical=True,
    max_cost=Decimal("0.52"),
    break_even=Decimal("14.79"),
    target_price=Decimal("17.33"),
    fees=FeeBreakdown(
        price=Decimal("10.39"),
        lines=(
            FeeLine(
                code=FeeCode.REFERRAL,
                kind=FeeKind.AMAZON,
                amount=Decimal("1.56"),
                source=FeeSource.TABLE,
                effective_from=date(2026, 1, 1),
                to_check=False,
                params={"percent": "15"},
            ),
            FeeLine(
                code=FeeCode.STORAGE,
                kind=FeeKind.AMAZON,
                amount=Decimal("0.00"),
                source=FeeSource.KEEPA_MOVED,
                effective_from=None,
                to_check=True,
                params={},
            ),
        ),
        amazon=Decimal("8.47"),
        own=Decimal("1.15"),
        vat=Decimal("0"),
        total=Decimal("9.62"),
        net_proceeds=Decimal("0.77"),
        category="other",
        size_tier="small_standard",
    ),
    velocity_score=64.9,
    monthly_sales=272815.8593117958,
    monthly_sales_kind=SalesKind.RANK_MODEL,
    expected_sales_per_month=13640.79296558979,
    competitors=None,
    days_to_sell=0.0,
    confidence=54.8,
    flags=(
        Flag(FlagCode.OFFER_SURGE, Severity.DANGER, Verdict.CONSIDER, {"ratio": "3.97"}),
        Flag(FlagCode.OFTEN_OUT_OF_STOCK, Severity.INFO, None, {"percent": "70"}),
    ),
    reasons=(
        Reason(ReasonCode.LOSES_MONEY, supports=False, params={"profit": "-3.39"}),
        Reason(ReasonCode.BETTER_PRICE, supports=True, params={"price": "9.99", "gain": "0.61"}),
    ),
    what_would_change=(
        Change(ChangeCode.CONFIRM_COST, {}),
        Change(ChangeCode.COST_AT_MOST, {"verdict": "CONSIDER", "amount": "0.67"}),
    ),
    corridor=Corridor(PriceSeries.BUY_BOX_USED, Decimal("1.84"), Decimal("2.08"), Decimal("2.98")),
    share_profitable_90=0.0,
    share_profitable_180=0.0,
    cliffs=(Cliff(Decimal("9.99"), Decimal("-2.77"), Decimal("0.91")),),
    better_price=BetterPrice(Decimal("9.99"), Decimal("-2.77"), Decimal("0.61")),
    rank_score=-26099.27,
    scored_at=datetime(2026, 6, 1, 12, 0, 0, 123, tzinfo=UTC),
    engine_version="1.0",
    profile_fingerprint="bede9074c5723421992ce2a8",
)
