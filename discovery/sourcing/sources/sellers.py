"""Candidates of other sellers: what they offer since the last look, and did not before.

What Keepa lists of a storefront is kept for all who watch it, and bought by one for all. The first
look only learns what is there. A look buys a few storefronts, those not looked at for longest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from discovery import leases
from discovery.keepa import costs
from discovery.keepa.client import get_client
from discovery.keepa.errors import KeepaError
from discovery.keepa.storefronts import SELLER_ID, StorefrontAnswer
from discovery.models import SourcingJob, Storefront
from discovery.search.results import Asker
from discovery.search.score_products import WantsDetail
from discovery.sourcing.sources.base import Candidates, SourceGone, is_worth_a_first_look
from discovery.sourcing.sources.calls import Calls

MOST_SELLERS = 50  # of one job
STOREFRONTS_A_LOOK = 5  # 10 tokens each
FRESH_FOR = timedelta(hours=1)
MOST_NEWS = 2000
NEWS_KEPT_FOR = timedelta(days=30)
USUAL_NEWS = 5  # products a look brings, as a rule

# Where a cursor, which tells of each seller the newest news used, keeps those a look had no room
# for, by ASIN with what is told of them.
WAITING = "waiting"
News = list[list[str]]  # ASIN, and when it was found (ISO 8601, UTC); the newest first


class SellersSource:
    """What the job's sellers offer newly."""

    def look(self, job: SourcingJob, *, asker: Asker, now: datetime) -> Candidates:
        """As ``Source.look``. Raises ``EndpointNotInPlan`` where the plan has no sellers."""
        sellers = sellers_of(job)
        calls = Calls(job, now=now)
        _look_at_the_stalest(sellers, job.marketplace, calls, asker=asker, now=now)
        shops = _storefronts(sellers, job.marketplace)
        came_to, found = _news(shops.values(), job.cursor, now=now)
        asins = list(found)[: job.max_results]
        waiting = {asin: found[asin] for asin in list(found)[job.max_results : MOST_NEWS]}
        return Candidates(
            asins=tuple(asins),
            evidence={asin: found[asin] for asin in asins},
            cursor={**came_to, WAITING: waiting} if waiting else came_to,
            told={
                "kind": "sellers",
                "news": len(found),
                "left_out": len(found) - len(asins),
                "sellers": [_told(shops[seller]) for seller in sellers if seller in shops],
            },
            tokens_spent=calls.spent,
        )

    def expected_tokens(self, job: SourcingJob, *, now: datetime) -> int:
        """As ``Source.expected_tokens``."""
        due = _due(sellers_of(job), job.marketplace, now=now)[:STOREFRONTS_A_LOOK]
        is_first = not any(seller in job.cursor for seller in due)
        news = len(job.cursor.get(WAITING, ())) + (0 if is_first else USUAL_NEWS * len(due))
        bought = costs.product_cost(min(news, job.max_results))
        return costs.seller_cost(len(due), storefront=True) + bought

    def look_tokens(self, job: SourcingJob) -> int:
        """As ``Source.look_tokens``: the storefronts of one look."""
        asked = min(len(sellers_of(job)), STOREFRONTS_A_LOOK)
        return costs.seller_cost(asked, storefront=True)

    def wants_detail(self, job: SourcingJob) -> WantsDetail:
        """As ``Source.wants_detail``: what is new is looked at for the first time."""
        return is_worth_a_first_look


def sellers_of(job: SourcingJob) -> tuple[str, ...]:
    """The ids of the job's sellers, at most 50. Raises ``SourceGone`` (``no_sellers``)."""
    asked = [str(seller).strip().upper() for seller in job.criteria.get("sellers") or ()]
    sellers = tuple(dict.fromkeys(seller for seller in asked if SELLER_ID.fullmatch(seller)))
    if not sellers:
        raise SourceGone("no_sellers")
    return sellers[:MOST_SELLERS]


def _storefronts(sellers: Sequence[str], marketplace: str) -> dict[str, Storefront]:
    """Those kept so far, without all they offer."""
    rows = Storefront.objects.filter(marketplace=marketplace, seller_id__in=sellers)
    return {row.seller_id: row for row in rows.defer("known")}


def _due(sellers: Sequence[str], marketplace: str, *, now: datetime) -> list[str]:
    """Those to look at now, the longest not looked at first; never looked at before that."""
    looked_at = {name: row.looked_at for name, row in _storefronts(sellers, marketplace).items()}
    never = [seller for seller in sellers if looked_at.get(seller) is None]
    old = sorted(
        (at, seller) for seller, at in looked_at.items() if at is not None and at <= now - FRESH_FOR
    )
    return [*never, *(seller for _at, seller in old)]


def _look_at_the_stalest(
    sellers: Sequence[str], marketplace: str, calls: Calls, *, asker: Asker, now: datetime
) -> None:
    """Buy a few storefronts, each by one worker only."""

    def stored(left: Sequence[str]) -> set[str]:
        return set(left).difference(_due(left, marketplace, now=now))

    def buy(batch: Sequence[str]) -> Sequence[str]:
        for seller in batch:
            answer = get_client().storefront(seller, marketplace=marketplace, purpose=asker.purpose)
            with transaction.atomic():
                keep_storefront(answer, marketplace=marketplace, now=now)
                calls.keep(seller, spent=answer.tokens_spent)
        return ()

    try:
        leases.buy_once(
            _due(sellers, marketplace, now=now)[:STOREFRONTS_A_LOOK],
            kind=f"storefront_{marketplace}",
            stored=stored,
            buy=buy,
            most=lambda _left: 1,
            holder=asker.holder,
        )
    except KeepaError as error:
        error.tokens_spent += calls.spent
        raise


@transaction.atomic
def keep_storefront(answer: StorefrontAnswer, *, marketplace: str, now: datetime) -> Storefront:
    """Write down what a seller offers at ``now``, and what of it is new.

    A list that is empty, or that Keepa does not have, changes nothing of what is known.
    """
    Storefront.objects.get_or_create(marketplace=marketplace, seller_id=answer.seller_id)
    shop = Storefront.objects.select_for_update().get(
        marketplace=marketplace, seller_id=answer.seller_id
    )
    shop.is_unknown = answer.seller is None
    shop.looked_at = now
    if answer.seller is not None:
        shop.name = answer.seller.name or shop.name
        shop.total = len(answer.asins) if answer.is_listed else answer.seller.total
    known = set(shop.known)
    found = [[asin, now.isoformat()] for asin in answer.asins if asin not in known]
    oldest = (now - NEWS_KEPT_FOR).isoformat()
    kept = [news for news in shop.news if news[1] > oldest]
    shop.news = [*(found if known else ()), *kept][:MOST_NEWS]
    if answer.asins:
        shop.known = list(answer.asins)
    shop.save()
    return shop


def _news(
    shops: Collection[Storefront], cursor: Mapping[str, Any], *, now: datetime
) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """How far the job has come with each seller now, and the products it has not seen yet.

    Those that had to wait come first, unless they have waited for too long; then the newest.
    """
    came_to: dict[str, str] = {}
    found: dict[str, dict[str, Any]] = {}
    watched = {shop.seller_id for shop in shops}
    oldest = (now - NEWS_KEPT_FOR).isoformat()
    waited = {
        asin: told
        for asin, told in cursor.get(WAITING, {}).items()
        if told["found_at"] > oldest and told["seller"] in watched
    }
    for shop in shops:
        if shop.looked_at is None:
            continue
        used = cursor.get(shop.seller_id)
        came_to[shop.seller_id] = max(used or "", shop.looked_at.isoformat())
        if used is None:
            continue  # the first look only learns what is there
        for asin, found_at in shop.news:
            if found_at > used:
                found.setdefault(
                    asin,
                    {
                        "kind": "sellers",
                        "seller": shop.seller_id,
                        "name": shop.name,
                        "found_at": found_at,
                    },
                )
    newest_first = sorted(found.items(), key=lambda item: item[1]["found_at"], reverse=True)
    return came_to, waited | {asin: told for asin, told in newest_first if asin not in waited}


def _told(shop: Storefront) -> dict[str, Any]:
    return {
        "seller": shop.seller_id,
        "name": shop.name,
        "looked_at": shop.looked_at.isoformat() if shop.looked_at else None,
        "total": shop.total,
        "unknown": shop.is_unknown,
    }
