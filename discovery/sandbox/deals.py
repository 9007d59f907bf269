"""`/deal`: the products whose price stands under its own mean, 150 a page."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from discovery.sandbox import kinds
from discovery.sandbox.answer import Answer
from discovery.sandbox.attributes import TEXTS_OF, WORDS_OF
from discovery.sandbox.catalogue import Catalogue, Store
from discovery.sandbox.categories import category_tree
from discovery.sandbox.deal_request import DAYS, NEWEST, DealQuery, parse_deals
from discovery.sandbox.deal_request import DELTA as BY_DELTA
from discovery.sandbox.deal_request import RANK as BY_RANK
from discovery.sandbox.deal_rows import DealMarket, Fall, deal_row
from discovery.sandbox.figures import Figures
from discovery.sandbox.products import Product
from discovery.sandbox.requests import Request
from discovery.sandbox.times import DAY

DEAL: Final = 5
PAGE: Final = 150
KEPT_SECONDS: Final = 120
"""How long Keepa answers the same query with the same deals."""

_MOST_ROWS: Final = 3_000
_UNRANKED: Final = 10**9


class Deal(NamedTuple):
    """A product, and how the price that was asked for stands."""

    product: Product
    fall: Fall


class WorkedOut:
    """Falls and rows by product, as of a look: most looks are older than a step of the world."""

    def __init__(self) -> None:
        self.falls: dict[tuple[int, int, int, int], tuple[int, Fall]] = {}
        self.rows: dict[tuple[int, int, int], tuple[int, dict[str, Any]]] = {}


_LOCK: Final = threading.Lock()
_WORKED_OUT: Final[WeakKeyDictionary[Catalogue, WorkedOut]] = WeakKeyDictionary()
"""Shared by all the sandboxes over a catalogue."""


class Deals:
    """The deals of one catalogue; `store` and `figures` tell the present one."""

    def __init__(
        self,
        catalogue: Catalogue,
        store: Callable[[int], Store],
        figures: Callable[[], Figures],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._figures = figures
        self._clock = clock
        self._kept: dict[str, tuple[float, Figures, list[Deal]]] = {}
        with _LOCK:
            self._worked_out = _WORKED_OUT.setdefault(catalogue, WorkedOut())
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """5 a page, whatever is on it; the query as a posted body or as `selection=`."""
        raw = request.selection()
        domain = request.domain() if request.text("domain") else None
        query = parse_deals(raw, domain)
        figures, found = self._find(query, raw)
        page = found[query.page * PAGE : (query.page + 1) * PAGE]
        roots = Counter(deal.product.category.root for deal in found)
        tree = category_tree(query.domain)
        rows = [self._row(query, figures, deal.product) for deal in page]
        return Answer(
            DEAL,
            {
                "deals": {
                    "dr": rows,
                    "categoryIds": list(roots),
                    "categoryNames": [tree[root].name for root in roots],
                    "categoryCount": list(roots.values()),
                }
            },
        )

    def _find(self, query: DealQuery, raw: object) -> tuple[Figures, list[Deal]]:
        """Every deal in order, as it was up to 120 seconds ago."""
        fields = raw if isinstance(raw, dict) else {}
        asked = {name: value for name, value in fields.items() if name != "page"}
        key = f"{query.domain} {json.dumps(asked, sort_keys=True)}"
        now = self._clock().timestamp()
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and 0 <= now - kept[0] < KEPT_SECONDS:
            return kept[1:]
        figures = self._figures()
        found = self._search(query, figures)
        with self._lock:
            # What is too old holds the figures of its day, and is dropped with them.
            self._kept = {
                each: kept for each, kept in self._kept.items() if 0 <= now - kept[0] < KEPT_SECONDS
            }
            self._kept[key] = (now, figures, found)
        return figures, found

    def _search(self, query: DealQuery, figures: Figures) -> list[Deal]:
        products = [
            product
            for product in self._store(query.domain).live
            if _passes(query, product) and _is_offered(query, figures, product)
        ]
        deals = [Deal(each, self._fall(query, figures, each)) for each in products]
        found = [deal for deal in deals if _is_deal(query, figures, deal)]
        found = _sorted(query, figures, found)
        if "singleVariation" in query.flags:
            families: dict[str, Deal] = {}
            for deal in found:
                families.setdefault(deal.product.parent_asin or deal.product.asin, deal)
            found = list(families.values())
        return found

    def _fall(self, query: DealQuery, figures: Figures, product: Product) -> Fall:
        seen = figures.seen(product)
        key = (query.domain, product.number, query.kind, query.date_range)
        known = self._worked_out.falls.get(key)
        if known is None or known[0] != seen.now:
            market = DealMarket(seen, product)
            known = seen.now, market.fall(query.kind, DAYS[query.date_range])
            self._worked_out.falls[key] = known
        return known[1]

    def _row(self, query: DealQuery, figures: Figures, product: Product) -> dict[str, Any]:
        seen = figures.seen(product)
        key = (query.domain, product.number, query.kind)
        known = self._worked_out.rows.get(key)
        if known is None or known[0] != seen.now:
            if len(self._worked_out.rows) >= _MOST_ROWS:
                self._worked_out.rows.clear()
            known = self._worked_out.rows[key] = seen.now, deal_row(seen, product, query.kind)
        return known[1]


def _passes(query: DealQuery, product: Product) -> bool:
    """What the product is for good; a sub-category holds what is listed directly in it."""
    listed = {product.category.root, product.category.id}
    if query.included and not query.included & listed:
        return False
    if query.excluded & listed or product.plan.rating < query.min_rating:
        return False
    if "hasReviews" in query.flags and not product.plan.rating:
        return False
    if "filterErotic" in query.flags and product.is_adult:
        return False
    title = product.title.casefold()
    return all(word in title for word in query.title_words)


def _is_offered(query: DealQuery, figures: Figures, product: Product) -> bool:
    """What a look at its present market tells."""
    flags = query.flags
    if flags & {"mustHaveAmazonOffer", "mustNotHaveAmazonOffer"}:
        sells = figures.value(product, "current_AMAZON") is not None
        if "mustHaveAmazonOffer" in flags and not sells:
            return False
        if "mustNotHaveAmazonOffer" in flags and sells:
            return False
    if "salesRankRange" in query.ranges:
        rank = figures.value(product, "current_SALES")
        low, high = query.ranges["salesRankRange"]
        if rank is None or not low <= rank <= high:
            return False
    for name, options in query.texts.items():
        told = WORDS_OF[name](product) if name in WORDS_OF else TEXTS_OF[name](figures, product)
        if str(told).casefold() not in options:
            return False
    return True


def _is_deal(query: DealQuery, figures: Figures, deal: Deal) -> bool:
    product, fall = deal
    now = figures.seen(product).now
    if "isOutOfStock" in query.flags:
        # It was there within the last day, and is gone.
        return fall.current < 0 < fall.since and now - fall.since <= DAY
    if fall.current < 0 or now - fall.since > DAYS[query.date_range] * DAY:
        return False
    told = {
        "currentRange": fall.current,
        "deltaRange": fall.delta,
        "deltaPercentRange": fall.percent,
        "deltaLastRange": fall.last,
    }
    for name, value in told.items():
        low, high = query.ranges.get(name, (value, value))
        if not low <= value <= high:
            return False
    return _stands_low(query, figures, product, fall)


def _stands_low(query: DealQuery, figures: Figures, product: Product, fall: Fall) -> bool:
    flags = query.flags
    if "isLowest" in flags and not figures.is_lowest(product, query.kind):
        return False
    if "isBackInStock" in flags and not figures.is_back(product, query.kind, DAY):
        return False
    if "isLowest90" in flags:
        series = DealMarket(figures.seen(product), product).series(query.kind)
        values = [value for value in series.values if value >= 0] if series is not None else []
        if not values or fall.current > min(values):
            return False
    if "isLowestOffer" in flags:
        new = figures.value(product, "current_NEW")
        return query.kind in {kinds.AMAZON, kinds.NEW} and fall.current == new
    return True


def _sorted(query: DealQuery, figures: Figures, found: list[Deal]) -> list[Deal]:
    """Newest, highest difference, best rank or highest share first; negative inverts."""

    def place(deal: Deal) -> int:
        if abs(query.sort) == NEWEST:
            return -deal.fall.since
        if abs(query.sort) == BY_RANK:
            return figures.value(deal.product, "current_SALES") or _UNRANKED
        return -(deal.fall.delta if abs(query.sort) == BY_DELTA else deal.fall.percent)

    sign = -1 if query.sort < 0 else 1
    return sorted(found, key=lambda deal: (sign * place(deal), deal.product.asin))
