"""The Keepa client: typed calls, each attempt of which is accounted for in the token budget.

One client serves a whole process and all its threads (``get_client``).
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any, TypeVar

import httpx
from django.conf import settings

from discovery.keepa import costs
from discovery.keepa.answers import (
    CategoryAnswer,
    FinderAnswer,
    ProductAnswer,
    Unreadable,
    read_categories,
    read_finder,
    read_products,
    read_products_by_code,
)
from discovery.keepa.balance import Balance
from discovery.keepa.budget import INTERACTIVE, TokenBudget
from discovery.keepa.deals import DealAnswer, DealQuery, read_deals
from discovery.keepa.errors import GarbledAnswer
from discovery.keepa.http import COME_BACK_IN, Call, Caller
from discovery.keepa.marketplaces import marketplace_of
from discovery.keepa.selection import check_selection
from discovery.keepa.storefronts import (
    MOST_SELLERS,
    SELLER_ID,
    SellersAnswer,
    StorefrontAnswer,
    read_sellers,
    read_storefront,
)
from discovery.keepa.transport import KeepaTransport

MOST_PRODUCTS = 100  # in one /product call
MOST_WITH_OFFERS = 20  # in one that asks for offers
MOST_CATEGORIES = 10  # in one /category call
LONGEST_ADDRESS = 2000  # characters of selection; a longer one is sent as a body

_ASIN = re.compile(r"[A-Z0-9]{10}")
_CODE = re.compile(r"\d{8,14}")
_Read = TypeVar("_Read")


class KeepaClient:
    """Keepa's API under one key; ``budget`` defaults to the shared one of that account.

    ``timeout`` bounds one attempt (seconds, between two pieces of an answer), ``retries`` the
    number of further attempts. ``transport`` replaces the network, ``sleep`` and ``jitter``
    (0 to 1) the waiting before a retry.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str = "https://api.keepa.com",
        transport: httpx.BaseTransport | None = None,
        timeout: float = 60.0,
        retries: int = 2,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        budget: TokenBudget | None = None,
    ) -> None:
        self._transport = KeepaTransport(
            api_key=api_key, base_url=base_url, timeout=timeout, transport=transport
        )
        self.budget = budget or TokenBudget(
            account=account_of(api_key=api_key, base_url=base_url),
            lapse=timedelta(seconds=2 * timeout + 10),
        )
        self._caller = Caller(
            transport=self._transport,
            budget=self.budget,
            retries=retries,
            sleep=sleep,
            jitter=jitter,
        )

    def __repr__(self) -> str:
        return f"KeepaClient({self._transport!r})"

    def close(self) -> None:
        """Close the pooled connections."""
        self._transport.close()

    def token_status(self, *, purpose: str = INTERACTIVE) -> Balance:
        """Ask Keepa for the balance; costs no token. Raises ``KeepaError``."""
        return self._caller.ask_balance(purpose=purpose).balance

    def find(
        self,
        selection: Mapping[str, Any],
        *,
        marketplace: str,
        purpose: str = INTERACTIVE,
    ) -> FinderAnswer:
        """Ask the Product Finder: 10 tokens, and 1 per 100 ASINs returned.

        Raises ``InvalidFilters`` before anything is spent, and ``KeepaError``.
        """
        market = marketplace_of(marketplace)
        check_selection(selection)
        per_page = int(selection.get("perPage", 50))
        text = json.dumps(selection, separators=(",", ":"))
        is_short = len(text) <= LONGEST_ADDRESS
        call = Call(
            "query",
            {"domain": market.domain_id, **({"selection": text} if is_short else {})},
            costs.finder_cost(per_page),
            purpose,
            items=per_page,
            marketplace=market.code,
            body=None if is_short else selection,
        )
        return self._ask(call, read_finder)

    def deals(
        self,
        query: DealQuery,
        *,
        marketplace: str,
        page: int = 0,
        purpose: str = INTERACTIVE,
    ) -> DealAnswer:
        """Ask for one page of deals: 5 tokens, at most 150 rows, pages from 0.

        Raises ``KeepaError``; ``EndpointNotInPlan`` where the plan has no deals.
        """
        market = marketplace_of(marketplace)
        call = Call(
            "deal",
            {},
            costs.DEAL_PAGE,
            purpose,
            items=1,
            marketplace=market.code,
            body=query.to_body(market, page=page),
        )
        return self._ask(call, partial(read_deals, marketplace=market, range_=query.range))

    def storefront(
        self, seller: str, *, marketplace: str, purpose: str = INTERACTIVE
    ) -> StorefrontAnswer:
        """Ask what a seller offers: 10 tokens, 1 where Keepa has no list of it.

        Raises ``KeepaError``, ``EndpointNotInPlan`` among them, and ``ValueError`` for what is not
        the id of a seller.
        """
        return self._ask(
            self._seller_call([seller], marketplace, purpose, storefront=True),
            partial(read_storefront, asked=seller),
        )

    def sellers(
        self, ids: Sequence[str], *, marketplace: str, purpose: str = INTERACTIVE
    ) -> SellersAnswer:
        """Ask who at most 100 sellers are: 1 token each. Raises as ``storefront`` does."""
        asked = tuple(dict.fromkeys(ids))
        return self._ask(
            self._seller_call(asked, marketplace, purpose), partial(read_sellers, asked=asked)
        )

    @staticmethod
    def _seller_call(
        asked: Sequence[str], marketplace: str, purpose: str, *, storefront: bool = False
    ) -> Call:
        _check_batch(asked, SELLER_ID, "id of a seller", most=MOST_SELLERS)
        market = marketplace_of(marketplace)
        params: dict[str, str | int] = {"domain": market.domain_id, "seller": ",".join(asked)}
        params |= {"storefront": 1} if storefront else {}
        cost = costs.seller_cost(len(asked), storefront=storefront)
        return Call("seller", params, cost, purpose, len(asked), market.code)

    def batch_size(
        self, most: int, *, buybox: bool = False, offers: int | None = None, purpose: str
    ) -> int:
        """How many of ``most`` products the next ``products`` call should ask for.

        No more than Keepa takes in one call, than the tokens there are bear, and than the plan
        can ever hold; 1 at least. May ask for the balance, which is free. Raises ``KeepaError``.
        """
        limit = MOST_WITH_OFFERS if offers else MOST_PRODUCTS
        each = costs.product_cost(1, buybox=buybox, offers=offers or 0)
        return self._caller.batch_size(each, most=min(most, limit), purpose=purpose)

    def code_batch_size(self, most: int, *, limit: int, purpose: str) -> int:
        """``batch_size`` for ``products_by_code``: how many codes, ``limit`` products each."""
        each = costs.product_cost(limit)
        return self._caller.batch_size(each, most=min(most, MOST_PRODUCTS), purpose=purpose)

    def products(
        self,
        asins: Sequence[str],
        *,
        marketplace: str,
        stats_days: int = 90,
        buybox: bool = False,
        offers: int | None = None,
        history: bool = True,
        days: int | None = None,
        purpose: str = INTERACTIVE,
    ) -> ProductAnswer:
        """Fetch at most 100 products: 1 token each, 3 with ``buybox``; with ``offers`` at most
        20, and 6 tokens per 10 offers found.

        ``days`` limits the history; ``offers`` (20-100) asks for that many live offers. Every
        ASIN asked for is in exactly one of the answer's parts. Raises ``KeepaError``, and
        ``ValueError`` for what is not an ASIN or for too many.
        """
        asked = tuple(dict.fromkeys(asins))
        _check_batch(asked, _ASIN, "ASIN", most=MOST_WITH_OFFERS if offers else MOST_PRODUCTS)
        market = marketplace_of(marketplace)
        params: dict[str, str | int] = {
            "domain": market.domain_id,
            "asin": ",".join(asked),
            "stats": stats_days,
            "history": int(history),
        }
        options = {"buybox": int(buybox), "offers": offers, "days": days}
        params |= {name: value for name, value in options.items() if value}
        cost = costs.product_cost(len(asked), buybox=buybox, offers=offers or 0)
        detail = buybox or bool(offers)
        return self._ask(
            Call("product", params, cost, purpose, len(asked), market.code),
            partial(read_products, asked=asked, marketplace=market, detail=detail),
        )

    def products_by_code(
        self,
        codes: Sequence[str],
        *,
        marketplace: str,
        limit: int = 1,
        stats_days: int = 90,
        purpose: str = INTERACTIVE,
    ) -> ProductAnswer:
        """Fetch the products of at most 100 EAN, UPC or ISBN-13 codes: 1 token per product.

        At most ``limit`` products come back for each code, and as many are reserved: without a
        limit one code may bring over a thousand. Raises ``KeepaError``, and ``ValueError`` for
        what is not a code or for too many.
        """
        asked = tuple(dict.fromkeys(codes))
        _check_batch(asked, _CODE, "code")
        market = marketplace_of(marketplace)
        params: dict[str, str | int] = {
            "domain": market.domain_id,
            "code": ",".join(asked),
            "code-limit": limit,
            "stats": stats_days,
            "history": 1,
        }
        cost = costs.product_cost(len(asked) * limit)
        return self._ask(
            Call("product", params, cost, purpose, len(asked), market.code),
            partial(read_products_by_code, codes=asked, marketplace=market),
        )

    def categories(
        self,
        ids: Sequence[int],
        *,
        marketplace: str,
        parents: bool = False,
        purpose: str = INTERACTIVE,
    ) -> CategoryAnswer:
        """Look up at most 10 categories by id. Raises ``KeepaError``."""
        if not 0 < len(ids) <= MOST_CATEGORIES:
            raise ValueError(f"Between 1 and {MOST_CATEGORIES} categories are looked up at once.")
        market = marketplace_of(marketplace)
        params: dict[str, str | int] = {
            "domain": market.domain_id,
            "category": ",".join(map(str, ids)),
            "parents": int(parents),
        }
        cost = costs.CATEGORY * len(ids)
        call = Call("category", params, cost, purpose, len(ids), market.code)
        return self._ask(call, read_categories)

    def search_categories(
        self, term: str, *, marketplace: str, purpose: str = INTERACTIVE
    ) -> CategoryAnswer:
        """Categories whose name holds the words of ``term``: 1 token. Raises ``KeepaError``."""
        market = marketplace_of(marketplace)
        params: dict[str, str | int] = {
            "domain": market.domain_id,
            "type": "category",
            "term": term,
        }
        call = Call("search", params, costs.CATEGORY_SEARCH, purpose, 1, market.code)
        return self._ask(call, read_categories)

    def _ask(self, call: Call, reader: Callable[[Mapping[str, Any], int], _Read]) -> _Read:
        """What the answer says. Raises ``GarbledAnswer`` for one paid for and of no use."""
        answer = self._caller.ask(call)
        try:
            return reader(answer.body, answer.tokens_spent)
        except Unreadable as error:
            garbled = GarbledAnswer(
                detail=error.what, tokens_spent=answer.tokens_spent, retry_after=COME_BACK_IN
            )
            garbled.in_vain = int(answer.tokens_spent > 0)
            raise garbled from None


def _check_batch(
    asked: Sequence[str], shape: re.Pattern[str], what: str, *, most: int = MOST_PRODUCTS
) -> None:
    if not 0 < len(asked) <= most:
        raise ValueError(f"Between 1 and {most} are asked for at once.")
    if wrong := [text for text in asked if not shape.fullmatch(text)]:
        raise ValueError(f"Not an {what}: {wrong[0]!r}")


def account_of(*, api_key: str, base_url: str) -> str:
    """A short digest that identifies the account and reveals nothing of the key."""
    return hashlib.sha256(f"{base_url}\n{api_key}".encode()).hexdigest()[:16]


# --- one client a process -------------------------------------------------------------------------

_lock = threading.Lock()
_replacements: list[KeepaClient] = []


def get_client() -> KeepaClient:
    """This process's client, made from the settings; a forked process makes its own."""
    if _replacements:
        return _replacements[-1]
    with _lock:
        return _client_of(
            os.getpid(), settings.KEEPA_API_KEY, settings.KEEPA_BASE_URL, settings.KEEPA_TIMEOUT
        )


# A former client is dropped, not closed: after a fork its sockets are the parent's.
@lru_cache(maxsize=1)
def _client_of(_process: int, key: str, base_url: str, timeout: float) -> KeepaClient:
    # The sandbox takes any key, but the protocol wants one.
    return KeepaClient(api_key=key or "sandbox", base_url=base_url, timeout=timeout)


@contextmanager
def using_client(client: KeepaClient) -> Iterator[KeepaClient]:
    """Make ``get_client`` return this client in the whole process, for the time of the ``with``."""
    _replacements.append(client)
    try:
        yield client
    finally:
        _replacements.remove(client)
