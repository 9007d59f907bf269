"""The shapes of the API's answers, as its documentation shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field


def example_of(answer: dict[str, Any]) -> ConfigDict:
    """The ``model_config`` of a shape whose documentation shows this answer."""
    return ConfigDict(json_schema_extra={"examples": [answer]})


CacheName = Literal["hit", "subsumed", "stored", "stale", "miss"]


class UnscoredProduct(Schema):
    """A product of a niche, named only; all but the ASIN is null."""

    asin: str
    title: str | None
    price: float | None
    bsr: int | None
    roi_percent: float | None
    velocity_score: float | None
    recommendation: str | None


class Coded(Schema):
    """A code for programs, with its words in the caller's language."""

    code: str
    text: str


class Flag(Coded):
    """A risk."""

    severity: Literal["info", "warning", "danger"]
    cap: str | None = Field(description="The best verdict this risk leaves.")


class Reason(Coded):
    """A reason for the verdict."""

    supports: bool = Field(description="Whether it speaks for buying.")


class Fee(Schema):
    """One thing taken from the price."""

    code: str
    label: str
    amount: float
    source: Literal["table", "keepa", "keepa_moved", "profile", "assumed"]
    to_check: bool


class Corridor(Schema):
    """Where the price usually stands: quartiles over 90 days."""

    series: str
    p25: float
    median: float
    p75: float


class BetterPrice(Schema):
    """A lower price that earns more."""

    price: float
    profit: float
    gain: float


class Candidate(Schema):
    """A product that a code may stand for."""

    asin: str
    title: str
    brand: str | None
    pack_size: int | None
    is_alive: bool = Field(description="It has an offer, a price or a rank.")
    bsr: int | None


class Code(Schema):
    """What a code stands for; without an ASIN it is held unknown since `resolved_at`."""

    given: str
    code: str
    asin: str | None
    ambiguous: bool
    chosen: bool = Field(description="By the user, among the candidates.")
    may_be_more: bool = Field(description="No more candidates were asked for.")
    resolved_at: datetime | None
    candidates: list[Candidate]


class ScoredProduct(Schema):
    """A product with its verdict and all it rests on."""

    asin: str
    title: str | None
    price: float | None = Field(description="What we expect to sell at.")
    bsr: int | None
    roi_percent: float | None
    velocity_score: float = Field(ge=0, le=100)
    recommendation: Literal["STRONG_BUY", "BUY", "CONSIDER", "SKIP"]
    sourcing: bool = Field(
        description="A CONSIDER whose purchase price is unknown: worth looking for at max_cost."
    )
    marketplace: str
    currency: str
    condition: Literal["new", "used"]
    grade: Literal["like_new", "very_good", "good", "acceptable"] | None = Field(
        description="How good the used copy is that the figures are about; see grade_assumed."
    )
    brand: str | None
    category: str | None
    image: str | None
    bsr_avg90: int | None
    new_offers: int | None
    fba_offers: int | None
    max_cost: float | None = Field(
        description="The most to pay and still meet the profile, VAT included."
    )
    max_cost_excl_vat: float | None = Field(
        description="The same without VAT; null where costs are stated with it."
    )
    profit_at_max_cost: float | None = Field(
        description="What a unit bought at max_cost earns; given where the cost is unknown."
    )
    roi_at_max_cost: float | None = Field(description="The same in percent of the cost.")
    buy_box_known: bool = Field(
        description="False where the Buy Box was never bought: the price is another offer's."
    )
    buy_forbidden_by: list[Coded] = Field(
        description="What forbids the buy whatever the cost: codes of flags and reasons."
    )
    roi_is_hypothetical: bool = Field(
        description="ROI and profit are those of an assumed cost: go by max_cost instead."
    )
    landed_cost: float | None = Field(description="What a unit costs as paid, VAT included.")
    cost_given: float | None = Field(description="The cost as it was given.")
    cost_vat: Literal["incl", "excl"] | None = Field(
        description="Whether that holds VAT; null without one and on stores without VAT."
    )
    cost_basis: Literal["explicit", "lowest_offer", "europe", "dip", "price_factor"] | None
    cost_source: str | None = Field(
        description="Which offer, or which marketplace, the cost is asked at."
    )
    profit: float | None
    margin_percent: float | None
    sell_price: float | None
    sell_price_series: str | None
    sell_price_basis: Literal["conservative", "current", "average"]
    break_even: float | None
    target_price: float | None
    net_proceeds: float | None
    fees_total: float | None
    fees: list[Fee]
    corridor: Corridor | None
    share_profitable_90: float | None
    share_profitable_180: float | None
    better_price: BetterPrice | None
    monthly_sales: float | None
    monthly_sales_kind: Literal["floor", "shared", "proxy", "rank_model", "unknown"]
    expected_sales_per_month: float | None
    competitors: float | None
    days_to_sell: float | None
    confidence: float = Field(ge=0, le=100)
    flags: list[Flag]
    reasons: list[Reason]
    what_would_change: list[Coded]
    pack_size: int | None = Field(description="Units sold at once; null when nothing says.")
    cost_units: int | None = Field(
        description="For how many units the cost was given; `landed_cost` is for all."
    )
    ambiguous: bool = Field(description="The code stands for several products: see candidates.")
    candidates: list[Candidate] = Field(description="The products of its code, if several.")
    rank_score: float
    fetched_at: datetime
    scored_at: datetime


class AnswerProblem(Schema):
    """Why an answer is stale or partial; ``retry_after`` in seconds."""

    code: str
    detail: str
    retry_after: int | None


class Metadata(Schema):
    """Where an answer comes from and what it cost."""

    filters_applied: dict[str, Any] | None
    marketplace: str
    execution_time_ms: int
    cache: CacheName
    stale: bool
    age_seconds: int | None
    tokens_spent: int
    tokens_saved: int
    problem: AnswerProblem | None


class Stage(Schema):
    """One stage of scoring: how many products entered and how many passed."""

    name: str
    items: int
    tokens_spent: int
    survivors: int


class ProfileUsed(Schema):
    """The business profile the products were scored with."""

    slug: str
    revision: int
    fingerprint: str


class ScoringMetadata(Metadata):
    """The same for scored products."""

    discovery_cache: CacheName | None
    product_cache: dict[CacheName, int]
    stages: list[Stage]
    profile: ProfileUsed
    engine_version: str
    unusable: list[str]
    undecodable: list[str]
    codes: list[Code] = Field(description="The EANs, UPCs and ISBN-13s asked for.")


class DiscoveryAnswer(Schema):
    """The products of a niche."""

    products: list[UnscoredProduct]
    total_count: int
    cache_hit: bool
    metadata: Metadata


class ScoredAnswer(Schema):
    """Scored products, the best first."""

    products: list[ScoredProduct]
    total_count: int
    cache_hit: bool
    metadata: ScoringMetadata


class TokenAnswer(Schema):
    """Keepa tokens left; all null until Keepa has been asked once."""

    tokens_left: int | None
    capacity: int | None
    refill_per_minute: int | None
    full_at: datetime | None
    sandbox: bool = Field(description="Demonstration data, not Keepa's.")


class FieldError(Schema):
    """What is wrong with one field of the question."""

    field: str
    pointer: str
    detail: str


class Problem(Schema):
    """RFC 9457 problem details."""

    model_config = example_of(
        {
            "type": "urn:arbitragevault:problem:invalid_question",
            "title": "The request is not valid.",
            "status": 422,
            "detail": "The lowest value (50 000) is above the highest (10 000).",
            "instance": "/api/v1/products/discover",
            "code": "invalid_question",
            "errors": [
                {
                    "field": "bsr_range",
                    "pointer": "#/bsr_range",
                    "detail": "The lowest value (50 000) is above the highest (10 000).",
                }
            ],
            "request_id": "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d",
        }
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[FieldError] = []
    retry_after: int | None = None
    tokens_spent: int | None = None
    required_scope: Literal["read", "search", "admin"] | None = None
    request_id: str | None = Field(None, description="What the site's log calls this request.")


# Status -> shape, of what each kind of call may refuse; 500 and 503 of ours come as problems too.
ANY_REFUSALS = dict.fromkeys((400, 401, 429, 503), Problem)
WRITING_REFUSALS = ANY_REFUSALS | dict.fromkeys((403, 404, 413, 422), Problem)
SEARCH_REFUSALS = ANY_REFUSALS | dict.fromkeys((402, 403, 413, 422, 502), Problem)
