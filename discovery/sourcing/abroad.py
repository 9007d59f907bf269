"""What a product costs on Amazon's other European stores: asked where it may pay, a token each.

A token buys one product of one store. It is spent on products that nothing but their cost keeps
from being a Buy, and for which a price that other stores do ask would be low enough; those first
that may earn most. It goes store by store, the one with the least carriage first, and no further
for a product that is a Buy by then: another store could only add to what it earns. A price that
was far above what may be paid is not asked for again for ``FAR_FOR``; what a store does not have,
not for ``UNKNOWN_FOR``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from discovery import leases
from discovery.keepa.client import get_client
from discovery.keepa.errors import KeepaError
from discovery.models import KeepaProduct
from discovery.products import store
from discovery.runs.turn import Interrupted, Stopped, Turn
from discovery.scoring import Profile, Score, score
from discovery.scoring.engine import resolved
from discovery.scoring.europe import carriage, cost_abroad, price_abroad, stores_abroad
from discovery.scoring.found_cost import FoundCost
from discovery.scoring.identity import Identified, same_product
from discovery.scoring.verdict import BUYS

UNKNOWN_FOR = timedelta(days=30)
FAR_FOR = timedelta(days=3)
FAR = Decimal("1.15")  # times what may be paid
# Of the price here: what other stores hardly ever undercut, new and from a seller who sends it.
LOWEST_ABROAD = Decimal("0.40")
MOST_AT_ONCE = 100  # products in one call, Keepa's limit


@dataclass(frozen=True, slots=True)
class Home:
    """A product as it is sold: what is stored of it, and its best score so far."""

    product: store.StoredProduct
    score: Score

    @property
    def asin(self) -> str:
        """Its ASIN, the same in every store."""
        return self.product.asin


@dataclass(frozen=True, slots=True)
class Offer:
    """A price found in another store, and the score of buying there; money as paid, with VAT."""

    store: str
    found: FoundCost
    score: Score
    price: Decimal
    carriage: Decimal
    seen_at: datetime

    def as_evidence(self) -> dict[str, Any]:
        """What is kept with a line: JSON values, amounts as text."""
        return {
            "source": self.store,
            "asin": self.score.asin,
            "price": str(self.price),
            "carriage": str(self.carriage),
            "identity": self.found.identity.value,
            "seen_at": self.seen_at.isoformat(),
        }


@dataclass(slots=True)
class LookAbroad:
    """What looking abroad has brought: offers and looks by ASIN, and what broke it off.

    ``spent`` are the tokens of this look, ``asked`` the products they bought, by store; ``before``
    are those of a look that was interrupted, found at hand. ``left`` are products whose look was
    broken off.
    """

    offers: dict[str, list[Offer]] = field(default_factory=dict)
    looks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)
    before: dict[str, list[str]] = field(default_factory=dict)
    spent: int = 0
    left: tuple[str, ...] = ()
    problem: KeepaError | None = None
    stop: Stopped | Interrupted | None = None

    @property
    def is_broken_off(self) -> bool:
        """Whether no further call may be made."""
        return self.problem is not None or self.stop is not None


def look_abroad(
    homes: Sequence[Home],
    *,
    turn: Turn,
    spent: int,
    most_tokens: int | None,
    may_ask: bool,
    now: datetime,
) -> LookAbroad:
    """Find what these products cost abroad, at hand or for a token each.

    ``spent`` are the tokens of the batch so far; ``most_tokens`` bounds what is spent here, without
    a bound ``None``. What is bought is written down as it comes.
    """
    look = LookAbroad()
    profile = turn.profile.settings
    wanted = sorted((home for home in homes if is_worth_a_look(home)), key=_promise, reverse=True)
    for code in _nearest_first(wanted, profile):
        is_open = [home for home in wanted if not _is_a_buy(look, home)]
        payable = [home for home in is_open if _may_pay(home, code, profile)]
        if not payable:
            continue
        known = _Known.of(code, payable, now=now)
        if turn.interrupted_since is not None:
            look.before[code] = _bought_before(turn, code, payable)
        due = [home for home in payable if known.is_due(home, profile, now=now)]
        if most_tokens is not None:
            due = due[: max(most_tokens - look.spent, 0)]
        if due and may_ask and not look.is_broken_off:
            _ask(look, code, [home.asin for home in due], turn=turn, spent=spent)
            known = _Known.of(code, payable, now=timezone.now())
        elif due:
            look.left = tuple({*look.left, *(home.asin for home in due)})
        for home in payable:
            _take(look, home, code, known, profile, now=now)
        if look.is_broken_off:
            late = {home.asin for home in due} - known.fresh(now).keys() - known.unknown
            look.left = tuple({*look.left, *late})
    return look


def is_worth_a_look(home: Home) -> bool:
    """Whether nothing but its cost keeps the product from being a Buy."""
    known = home.score
    return known.verdict not in BUYS and not known.buy_forbidden_by and bool(known.max_cost)


def _promise(home: Home) -> tuple[float, str]:
    """The most one may pay times what may be sold a month: the money that can be put to work."""
    sales = home.score.expected_sales_per_month or 0.0
    return float(home.score.max_cost or 0) * sales, home.asin


def _nearest_first(homes: Sequence[Home], profile: Profile) -> Iterator[str]:
    """The stores to ask, that with the least carriage first."""
    if not homes:
        return iter(())
    home = homes[0].product
    own = resolved(home.facts, profile)
    codes = stores_abroad(home.marketplace)
    return iter(sorted(codes, key=lambda code: (getattr(own, f"carriage_{code}"), code)))


def _may_pay(home: Home, code: str, profile: Profile) -> bool:
    """Whether a price that the store may well ask leaves enough, its carriage paid."""
    base: Decimal = getattr(resolved(home.product.facts, profile), f"carriage_{code}")
    most, price = home.score.max_cost or Decimal(0), home.score.sell_price or Decimal(0)
    return most - base >= price * LOWEST_ABROAD > 0


def _is_a_buy(look: LookAbroad, home: Home) -> bool:
    return any(offer.score.verdict in BUYS for offer in look.offers.get(home.asin, ()))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored of one store's products: usable ones by ASIN, those it does not have."""

    products: dict[str, store.StoredProduct]
    unknown: frozenset[str]

    @classmethod
    def of(cls, code: str, homes: Sequence[Home], *, now: datetime) -> _Known:
        asins = [home.asin for home in homes]
        known = store.known_products(marketplace=code, asins=asins, newer_than=now - UNKNOWN_FOR)
        return cls({product.asin: product for product in known.products}, frozenset(known.unusable))

    def fresh(self, now: datetime) -> dict[str, store.StoredProduct]:
        """Those whose price is still taken for today's."""
        return {
            asin: product
            for asin, product in self.products.items()
            if product.known_at > now - settings.SCORING_TTL
        }

    def is_due(self, home: Home, profile: Profile, *, now: datetime) -> bool:
        """Whether a token is worth spending on its price in the store."""
        if home.asin in self.unknown:
            return False
        product = self.products.get(home.asin)
        if product is None or product.known_at <= now - FAR_FOR:
            return True
        if product.known_at > now - settings.SCORING_TTL:
            return False
        price = price_abroad(product.facts)
        if price is None:
            return False
        paid = price + carriage(home.product.facts, product.facts, profile)
        return paid <= (home.score.max_cost or 0) * FAR


def _take(
    look: LookAbroad, home: Home, code: str, known: _Known, profile: Profile, *, now: datetime
) -> None:
    """Score the product at what it costs in the store, where that is known and fresh."""
    abroad = known.fresh(now).get(home.asin)
    bought = home.asin in look.asked.get(code, ()) or home.asin in look.before.get(code, ())
    seen = {"marketplace": code, "tokens": int(bought), "found": False}
    if abroad is None:
        if home.asin in known.unknown:
            look.looks.setdefault(home.asin, []).append(seen)
        return
    look.looks.setdefault(home.asin, []).append(seen)
    own = resolved(home.product.facts, profile)
    identity = same_product(
        _identified(home.product),
        _identified(abroad),
        least_percent=own.identity_title_percent,
    )
    price = price_abroad(abroad.facts)
    if identity is None or price is None:
        return
    found = cost_abroad(home.product.facts, abroad.facts, own, identity=identity)
    if found is None:
        return
    seen["found"] = True
    look.offers.setdefault(home.asin, []).append(
        Offer(
            store=code,
            found=found,
            score=score(home.product.facts, profile, now=now, found=found),
            price=price,
            carriage=carriage(home.product.facts, abroad.facts, own),
            seen_at=abroad.seen_at,
        )
    )


def _identified(product: store.StoredProduct) -> Identified:
    card = store.product_card(product)
    return Identified(
        asin=product.asin,
        title=card.title,
        brand=card.brand,
        gtins=card.eans,
        pack_size=product.facts.pack_size,
    )


def _bought_before(turn: Turn, code: str, homes: Sequence[Home]) -> list[str]:
    """What this run had bought in the store when it was interrupted, and not written down."""
    booked = booked_abroad(turn.run.outcome).get(code, ())
    rows = KeepaProduct.objects.filter(
        marketplace=code,
        asin__in={home.asin for home in homes}.difference(booked),
        fetched_at__gte=turn.interrupted_since,
    )
    return sorted(rows.values_list("asin", flat=True))


def booked_abroad(outcome: dict[str, Any] | None) -> dict[str, Collection[str]]:
    """What a run has bought abroad and counted, by store."""
    booked: dict[str, Collection[str]] = (outcome or {}).get("abroad") or {}
    return booked


def _ask(look: LookAbroad, code: str, asins: Sequence[str], *, turn: Turn, spent: int) -> None:
    """Buy these products of the store, each stored as it arrives; what breaks it off is noted."""

    def stored(left: Sequence[str]) -> Collection[str]:
        newest = timezone.now() - settings.SCORING_TTL
        known = store.known_products(marketplace=code, asins=left, newer_than=newest)
        return {*(product.asin for product in known.products), *known.unusable}

    def most(left: int) -> int:
        return get_client().batch_size(min(MOST_AT_ONCE, left), purpose=turn.purpose)

    def buy(batch: Sequence[str]) -> Collection[str]:
        answer = get_client().products(batch, marketplace=code, stats_days=90, purpose=turn.purpose)
        look.spent += answer.tokens_spent
        look.asked.setdefault(code, []).extend(batch)
        kept = store.store(
            answer, marketplace=code, buybox=False, tokens_each=1, now=timezone.now()
        )
        return [*answer.undecodable, *store.unstored(answer, kept)]

    try:
        leases.buy_once(
            asins,
            kind=store.lease_kind(code),
            stored=stored,
            buy=buy,
            most=most,
            on_wait=lambda: turn.on_wait(spent + look.spent),
            holder=turn.holder,
        )
        turn.on_wait(spent + look.spent)
    except KeepaError as error:
        look.problem = error
        look.spent += error.tokens_spent
    except (Stopped, Interrupted) as stopped:
        look.stop = stopped
    turn.write_down(spent + look.spent)
