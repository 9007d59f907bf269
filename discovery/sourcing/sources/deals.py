"""Candidates among Keepa's deals: 150 rows for 5 tokens, ranked for nothing, the best verified.

A row tells today's price and what the product usually sells for. Of a product that is stored, the
engine tells for nothing how much one may then pay; of others it is known about. What costs more
than that is not worth a token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from discovery.keepa import costs
from discovery.keepa.client import get_client
from discovery.keepa.deals import DealQuery, DealRow
from discovery.keepa.errors import KeepaError
from discovery.keepa.marketplaces import marketplace_of
from discovery.models import BusinessProfile, SourcingJob
from discovery.products import store
from discovery.products.decisions import THE_BEGINNING
from discovery.profiles.service import ActiveProfile, activate
from discovery.scoring import score
from discovery.scoring.what_if import WhatIf
from discovery.search.results import Asker
from discovery.search.score_products import WantsDetail
from discovery.sourcing.sources.base import Candidates, SourceGone, sells_well_enough
from discovery.sourcing.sources.calls import Calls

MOST_PAGES = 3
# About what Amazon keeps of a sale, to rank by; the score of what is bought counts exactly.
REFERRAL_SHARE = Decimal("0.15")
# Where the price stands that the product is sold at while one offer is cheap.
DEARER_SERIES = ("BUY_BOX_SHIPPING", "NEW_FBA", "AMAZON")
FULFILMENT = 300  # smallest units of the currency, where it has cents


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedDeal:
    """A row with its price, what it usually sells for, and the most one may pay for it.

    In the marketplace's currency. ``is_known``: the engine has told that most from what is stored;
    else it is about that.
    """

    row: DealRow
    price: Decimal
    usual: Decimal
    most: Decimal
    is_known: bool
    is_alone: bool

    @property
    def room(self) -> Decimal:
        """How far the price is below the most, as a share of the price; below zero: above it."""
        return self.most / self.price - 1


class DealsSource:
    """The deals of the job's criteria that leave most room, as many as the job takes."""

    def look(self, job: SourcingJob, *, asker: Asker, now: datetime) -> Candidates:
        """As ``Source.look``. Raises ``EndpointNotInPlan`` where the plan has no deals."""
        query, pages = asked_by(job)
        calls = Calls(job, now=now)
        rows = _rows(query, pages, job.marketplace, calls, asker)
        profile = activate(job.profile or BusinessProfile.objects.get(is_default=True))
        worth_it = [
            deal
            for deal in rank(rows, query=query, job=job, profile=profile, now=now)
            if deal.room >= 0
        ]
        seen: Mapping[str, str] = job.cursor.get("seen", {})
        news = [deal for deal in worth_it if seen.get(deal.row.asin) != str(deal.price)]
        chosen = news[: job.max_results]
        told = {asin for asin in (row.asin for row in rows) if asin in seen}
        return Candidates(
            asins=tuple(deal.row.asin for deal in chosen),
            gone=tuple(asin for asin in seen if asin not in told),
            evidence={deal.row.asin: _evidence(deal, query) for deal in chosen},
            cursor={
                "seen": {asin: seen[asin] for asin in seen if asin in told}
                | {deal.row.asin: str(deal.price) for deal in chosen}
            },
            told={
                "kind": "deals",
                "rows": len(rows),
                "worth_it": len(worth_it),
                "seen_before": len(worth_it) - len(news),
                "chosen": len(chosen),
            },
            tokens_spent=calls.spent,
        )

    def expected_tokens(self, job: SourcingJob, *, now: datetime) -> int:
        """As ``Source.expected_tokens``: all that may be verified, of what was not seen yet."""
        return self.look_tokens(job) + costs.product_cost(job.max_results)

    def look_tokens(self, job: SourcingJob) -> int:
        """As ``Source.look_tokens``: its pages."""
        return asked_by(job)[1] * costs.DEAL_PAGE

    def wants_detail(self, job: SourcingJob) -> WantsDetail:
        """As ``Source.wants_detail``: of all that sells.

        For one token Keepa tells the lowest price only, which of a deal is the price it is bought
        at: what it sells for is the Buy Box's.
        """
        return sells_well_enough


def asked_by(job: SourcingJob) -> tuple[DealQuery, int]:
    """What the job asks of Keepa, and how many pages of it.

    Raises ``SourceGone`` (``deals_unreadable``) for criteria Keepa cannot be asked.
    """
    stored = job.criteria
    try:
        query = DealQuery(
            price_type=stored.get("price_type", "AMAZON"),
            drop_percent=int(stored.get("drop_percent", 20)),
            range=int(stored.get("range", 1)),
            bsr_max=stored.get("bsr_max"),
            price_min=_amount(stored.get("price_min")),
            price_max=_amount(stored.get("price_max")),
            categories=tuple(int(number) for number in stored.get("categories") or ()),
            no_amazon=bool(stored.get("no_amazon", False)),
        )
        pages = int(stored.get("pages", 1))
    except (TypeError, ValueError, InvalidOperation):
        raise SourceGone("deals_unreadable") from None
    return query, min(max(pages, 1), MOST_PAGES)


def rank(
    rows: Iterable[DealRow],
    *,
    query: DealQuery,
    job: SourcingJob,
    profile: ActiveProfile,
    now: datetime,
) -> list[RankedDeal]:
    """The rows of which a price and a usual price are known, in one statement.

    The most room first; those that stand alone come last.
    """
    priced = [
        (row, price, usual)
        for row in rows
        if (price := row.current.get(query.price_type)) is not None
        and (usual := usual_price(row, query.price_type)) is not None
    ]
    usual_of = {row.asin: usual for row, _price, usual in priced}
    known = _known_maxima(usual_of, job=job, profile=profile, now=now)
    ranked = [
        RankedDeal(
            row=row,
            price=price,
            usual=usual,
            most=known[row.asin]
            if row.asin in known
            else _about_the_most(usual, job=job, profile=profile),
            is_known=row.asin in known,
            is_alone=is_alone(row, query.price_type),
        )
        for row, price, usual in priced
    ]
    return sorted(ranked, key=lambda deal: (deal.is_alone, -deal.room, deal.row.asin))


def usual_price(row: DealRow, price_type: str) -> Decimal | None:
    """What the product sells for as a rule: its mean of 90 days, new, the lower where two are."""
    means = [row.avg90[name] for name in {price_type, "NEW"} if name in row.avg90]
    return min(means, default=None)


def is_alone(row: DealRow, price_type: str) -> bool:
    """Whether nothing tells that the product still sells for more than a seller asks today.

    Amazon's own price is another matter: what it takes off it puts on again.
    """
    price = row.current[price_type]
    others = (row.current.get(name) for name in DEARER_SERIES)
    return price_type != "AMAZON" and not any(other > price for other in others if other)


def _about_the_most(usual: Decimal, *, job: SourcingJob, profile: ActiveProfile) -> Decimal:
    market = marketplace_of(job.marketplace)
    handling = market.decimal(FULFILMENT) if market.exponent else Decimal(0)
    kept = usual * (1 - REFERRAL_SHARE) - handling
    target = profile.settings.for_marketplace(job.marketplace).roi_target_percent
    return kept / (1 + target / 100)


def _known_maxima(
    usual: Mapping[str, Decimal], *, job: SourcingJob, profile: ActiveProfile, now: datetime
) -> dict[str, Decimal]:
    """The most one may pay for those that are stored, were they sold at their usual price.

    Of one that no price makes a Buy nothing is said: why so may have passed since.
    """
    stored = store.known_products(
        marketplace=job.marketplace, asins=list(usual), newer_than=THE_BEGINNING
    )
    told = {
        product.asin: score(
            product.facts, profile.settings, now=now, what_if=WhatIf(price=usual[product.asin])
        ).max_cost
        for product in stored.products
    }
    return {asin: most for asin, most in told.items() if most is not None}


def _amount(stored: Any) -> Decimal | None:
    return None if stored in (None, "") else Decimal(str(stored))


def _rows(
    query: DealQuery, pages: int, marketplace: str, calls: Calls, asker: Asker
) -> list[DealRow]:
    """The rows of the pages, each product once."""
    rows: dict[str, DealRow] = {}
    for page in range(pages):
        name = f"{marketplace}_{query}_{page}"
        if (told := calls.answer(name)) is None:
            try:
                answer = get_client().deals(
                    query, marketplace=marketplace, page=page, purpose=asker.purpose
                )
            except KeepaError as error:
                error.tokens_spent += calls.spent
                raise
            told = {"rows": [row.as_json() for row in answer.rows], "is_last": answer.is_last}
            calls.keep(name, spent=answer.tokens_spent, answer=told)
        for row in map(DealRow.from_json, told["rows"]):
            rows.setdefault(row.asin, row)
        if told["is_last"]:
            break
    return list(rows.values())


def _evidence(deal: RankedDeal, query: DealQuery) -> dict[str, Any]:
    since = deal.row.since.get(query.price_type)
    return {
        "kind": "deals",
        "price_type": query.price_type,
        "price": str(deal.price),
        "usual": str(deal.usual),
        "percent": deal.row.drop_percent.get(query.price_type),
        "since": since.isoformat() if since else None,
        "category": deal.row.root_category,
        "most": str(deal.most.quantize(Decimal("0.01"))) if deal.is_known else None,
    }
