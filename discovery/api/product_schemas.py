"""The shapes of one product in the API: its page, its live check, its calculator."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Query, Schema
from pydantic import Field

from discovery.api.fields import Body, amount, choice, cost_vat, whole, words
from discovery.api.parameters import example
from discovery.api.product_example import SCORED
from discovery.api.schemas import WRITING_REFUSALS, Coded, Problem, ScoredProduct
from discovery.scoring import SoldCopy
from discovery.search.request_fields import LONGEST_SLUG

SPENDING_REFUSALS = WRITING_REFUSALS | dict.fromkeys((402, 409, 502), Problem)
SeriesName = Literal[
    "buy_box", "amazon", "new", "new_fba", "new_fbm", "used", "used_buy_box", "list_price", "bsr",
    "new_offers", "fba_offers", "used_offers", "monthly_sold",
]  # fmt: skip
SeriesNames = Annotated[list[SeriesName] | None, Query(description="Stored series to tell too.")]
CheckOutcome = Literal["ok", "changed", "avoid", "unknown"]
MOST_PACK = 999


class CostAnswer(Schema):
    """What a product costs the caller: all that its listing sells at once."""

    model_config = example(
        asin="B00EXAMPLE", marketplace="fr", currency="EUR", cost=12.5, cost_vat="incl",
        source="typed", stated_at="2026-11-20T08:00:00Z",
    )  # fmt: skip
    asin: str
    marketplace: str
    currency: str
    cost: float
    cost_vat: Literal["incl", "excl"]
    source: Literal["typed", "bought", "api", "list"] = Field(description="Who said it.")
    stated_at: datetime


class OfferAnswer(Schema):
    """A live offer; the profits stay null for one that cannot be had today."""

    seller: str
    kind: Literal["amazon", "fba", "fbm"]
    condition: str
    total: float = Field(description="With shipping.")
    stock: int | None
    available: bool
    profit_if_bought: float | None = Field(description="Bought here, sold at our price.")
    profit_if_matched: float | None = Field(description="Bought at our cost, sold at this price.")


CHECK: dict[str, Any] = {
    "outcome": "changed",
    "text": "Changed: look at what moved before you buy.",
    "findings": [{"code": "price", "text": "The price fell by 4 %, from €24.90 to €23.90."}],
    "offers": [
        {
            "seller": "A1X6FK5RDHNB96", "kind": "amazon", "condition": "new", "total": 23.9,
            "stock": 12, "available": True, "profit_if_bought": None, "profit_if_matched": 3.2,
        }
    ],
    "checked_at": "2026-11-20T08:00:00Z",
    "expired": False,
    "for_another": False,
    "tokens_spent": 7,
}  # fmt: skip


class CheckAnswer(Schema):
    """The live offers against what was known before."""

    model_config = example(**CHECK)
    outcome: CheckOutcome | None = Field(description="Null where it tells nothing any more.")
    text: str
    findings: list[Coded]
    offers: list[OfferAnswer]
    checked_at: datetime
    expired: bool = Field(description="Too long ago to buy on.")
    for_another: bool = Field(description="It was made for another cost, copy or profile.")
    tokens_spent: int = Field(description="By this call; reading it again costs none.")


class PointAnswer(Schema):
    """From then on the series has this value; null: there was none."""

    at: datetime
    value: float | None


class SeriesAnswer(Schema):
    """One stored series, thinned out to what a chart can show."""

    name: SeriesName
    unit: str = Field(description="A currency, `rank`, `offers` or `units`.")
    points: list[PointAnswer]


class LinkAnswer(Schema):
    """A search for the product at another shop."""

    name: str
    url: str


class ProductAnswer(Schema):
    """All that is known of a product for the caller, for no token."""

    model_config = example(
        product=SCORED, profile="equilibre", url="/produits/fr/B00EXAMPLE/",
        eans=["3700000000000"], seen_at="2026-11-20T06:00:00Z", age_seconds=7200, old=False,
        cost=None, favourite=True, ignored=False, pick=None, buy_box_tokens=None,
        check_tokens=7, check=None,
        sourcing_links=[{"name": "idealo", "url": "https://www.idealo.fr/prechcat.html?q=37"}],
        series=[
            {"name": "bsr", "unit": "rank",
             "points": [{"at": "2026-11-19T00:00:00Z", "value": 1200.0}]}
        ],
    )  # fmt: skip
    product: ScoredProduct
    profile: str
    url: str = Field(description="Its page on this site.")
    eans: list[str]
    seen_at: datetime = Field(description="When Keepa looked.")
    age_seconds: int
    old: bool = Field(description="Older than a day.")
    cost: CostAnswer | None
    favourite: bool
    ignored: bool
    pick: int | None = Field(description="What the caller's jobs have found of it.")
    buy_box_tokens: int | None = Field(description="What its Buy Box costs; null: it is known.")
    check_tokens: int = Field(description="What a live check costs at most.")
    check: CheckAnswer | None
    sourcing_links: list[LinkAnswer]
    series: list[SeriesAnswer]


class BuyBoxAnswer(Schema):
    """What buying the Buy Box has cost and brought."""

    model_config = example(asin="B00EXAMPLE", marketplace="fr", known=True, tokens_spent=3)
    asin: str
    marketplace: str
    known: bool = Field(description="False where Keepa has nothing new on it.")
    tokens_spent: int


class OutcomeAnswer(Schema):
    """What so many units bring."""

    quantity: int | None
    profit: float | None
    paid: float | None
    sold_in_30_days: int | None
    sold_in_60_days: int | None
    too_many: int | None = Field(description="What sells in 60 days, where that is fewer.")


class CalculationAnswer(Schema):
    """The verdict with what was tried; nothing of it is kept."""

    model_config = example(
        product=SCORED, profile="equilibre",
        outcome={
            "quantity": 10, "profit": 51.2, "paid": 125.0, "sold_in_30_days": 8,
            "sold_in_60_days": 16, "too_many": None,
        },
    )  # fmt: skip
    product: ScoredProduct
    profile: str
    outcome: OutcomeAnswer


_COST = {
    "cost": amount("What is paid; null: nothing is known. Left out: what is kept as its cost."),
    "cost_vat": cost_vat("Whether the cost holds VAT; else as the profile says."),
    "units": whole(
        "For how many units of what the listing sells at once; else for all.", high=MOST_PACK
    ),
    "grade": choice(
        "Which used copy is sold, for a profile that sells used ones.",
        [copy.value for copy in SoldCopy],
    ),
    "profile": words("A business profile (slug); else the caller's.", longest=LONGEST_SLUG),
}
CHECK_BODY = Body("Check", _COST, {"cost": 12.5, "cost_vat": "incl"})
CALCULATION_BODY = Body(
    "Calculation",
    _COST
    | {
        "price": amount("What it is sold at, instead of what is expected."),
        "quantity": whole("Units bought."),
        "own_shipping": amount(
            "What sending a unit oneself (FBM) costs, without VAT; left out: Amazon sends it.",
            low=Decimal(0),
        ),
    },
    {"cost": 12.5, "cost_vat": "incl", "price": 24.9, "quantity": 10},
)
