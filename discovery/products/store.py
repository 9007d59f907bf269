"""The products we have paid to know: stored as soon as they arrive, read back for no token."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import DataError, transaction
from django.db.models import ExpressionWrapper, F, QuerySet, TextField
from django.db.models.functions import Greatest
from pydantic import TypeAdapter

from discovery.keepa.answers import ProductAnswer
from discovery.keepa.categories.stored import learn_categories
from discovery.keepa.finder import finder_values
from discovery.models import KeepaProduct
from discovery.products.from_keepa import (
    LONGEST_TITLE,
    ProductCard,
    card_of,
    facts_of,
    history_of,
)
from discovery.products.sparks import rank_points
from discovery.rows import upsert
from discovery.scoring import ProductFacts, facts_from_json, facts_to_json

logger = logging.getLogger(__name__)


def as_text(column: str) -> ExpressionWrapper[F]:
    """A column of JSON as the text PostgreSQL sends, without a cast (which runs before a sort)."""
    return ExpressionWrapper(F(column), output_field=TextField())


@dataclass(frozen=True, slots=True)
class StoredProduct:
    """A product as last fetched. ``tokens_invested`` is what knowing it this well has cost.

    ``gone_at``: asked for its Buy Box since, Keepa had nothing on it any more. ``confirmed_at``:
    when Keepa last said that it had not looked at it since it was fetched.
    """

    marketplace: str
    asin: str
    facts: ProductFacts
    card: dict[str, Any]
    has_buy_box: bool
    tokens_invested: int
    fetched_at: datetime
    gone_at: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def known_at(self) -> datetime:
        """Up to when it is known to be all that Keepa has to tell."""
        return max(self.fetched_at, self.confirmed_at or self.fetched_at)

    @property
    def seen_at(self) -> datetime:
        """When Keepa looked; when we asked, where it does not say."""
        return self.facts.seen_at or self.fetched_at


@dataclass(frozen=True, slots=True)
class _Facts:
    """The column of that name; ``card`` holds a ``ProductCard`` without its two names."""

    facts: ProductFacts
    card: dict[str, Any]


THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)  # after which everything was fetched
_FACTS = TypeAdapter(_Facts)
_IDENTITY = ("marketplace", "asin")
# In the order of the fields of ``StoredProduct``, the column of facts as the text PostgreSQL sends:
# it is decoded without the dicts in between.
_COLUMNS = (
    *_IDENTITY,
    as_text("facts"),
    "has_buy_box",
    "tokens_spent",
    "fetched_at",
    "gone_at",
    "confirmed_at",
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of some ASINs; ``unusable`` ones were asked for and Keepa has nothing."""

    products: tuple[StoredProduct, ...]
    unusable: tuple[str, ...]


def lease_kind(marketplace: str) -> str:
    """What whoever buys products of the marketplace leases, at whatever level of detail.

    Two who want different details of one product follow each other: the second finds what the
    first has stored, and neither overwrites the other's.
    """
    return f"product_{marketplace}"


def known_since(rows: QuerySet[KeepaProduct], newer_than: datetime) -> QuerySet[KeepaProduct]:
    """Those fetched after ``newer_than``, or confirmed since: as good as fetched then."""
    # PostgreSQL's GREATEST passes over what is NULL.
    return rows.alias(known_at=Greatest("fetched_at", "confirmed_at")).filter(
        known_at__gt=newer_than
    )


def known_products(*, marketplace: str, asins: Sequence[str], newer_than: datetime) -> Known:
    """What was fetched or confirmed after ``newer_than``, in one statement, histories left out."""
    if not asins:
        return Known((), ())
    rows = known_since(
        KeepaProduct.objects.filter(marketplace=marketplace, asin__in=asins), newer_than
    )
    products, unusable = [], []
    for is_usable, *columns in rows.values_list("is_usable", *_COLUMNS):
        if is_usable:
            products.append(_product(*columns))
        else:
            unusable.append(columns[1])
    return Known(tuple(products), tuple(unusable))


def confirm_unchanged(*, marketplace: str, asins: Sequence[str], now: datetime) -> int:
    """Note that Keepa has not looked at these since they were fetched; returns how many there are.

    They count as fetched now: asked again, Keepa would tell the same. Only what time alone moves
    (means and counts of the last days) goes on from there.
    """
    with transaction.atomic():
        rows = KeepaProduct.objects.filter(marketplace=marketplace, asin__in=asins)
        # In ASIN order, as they are written: two searches never wait for each other in a circle.
        locked = rows.order_by("asin").select_for_update(no_key=True)
        numbers = list(locked.values_list("pk", flat=True))
        return KeepaProduct.objects.filter(pk__in=numbers).update(confirmed_at=now)


def product_of(*, marketplace: str, asin: str) -> StoredProduct | None:
    """What is stored of one product, however old; ``None`` when nothing usable is."""
    rows = KeepaProduct.objects.filter(marketplace=marketplace, asin=asin, is_usable=True)
    columns = rows.values_list(*_COLUMNS).first()
    return _product(*columns) if columns else None


def history_of_product(*, marketplace: str, asin: str) -> dict[str, Any]:
    """The stored series of one product: name to times (unix seconds) and values (smallest unit)."""
    rows = KeepaProduct.objects.filter(marketplace=marketplace, asin=asin)
    return rows.values_list("history", flat=True).first() or {}


def product_card(product: StoredProduct) -> ProductCard:
    """What a page shows of a stored product beside its score."""
    # JSON knows no tuples, and products stored by older versions have no EANs.
    stored = product.card | {"eans": tuple(product.card.get("eans", ()))}
    return ProductCard(marketplace=product.marketplace, asin=product.asin, **stored)


def store(
    answer: ProductAnswer, *, marketplace: str, buybox: bool, tokens_each: int, now: datetime
) -> tuple[StoredProduct, ...]:
    """Keep every product of an answer in one statement, and what Keepa does not know as such;
    in a second one, the categories they came with. Returns those that are usable.

    A product the database does not take loses itself and not the others: it is logged, and
    ``unstored`` names it. Rows are written in ASIN order, so that two searches never wait for each
    other in a circle. ``tokens_each`` is what knowing one of them has cost, earlier stages of the
    search included.

    Nothing paid for is replaced by less: a product whose Buy Box is known and fresh stays as it is
    where the answer has none, and one without an answer as to its Buy Box keeps what was known.
    """
    kept = () if buybox else _with_fresh_buy_box(answer, marketplace=marketplace, now=now)
    known = {product.asin for product in kept}
    if buybox and answer.missing:
        known |= _mark_gone(answer.missing, marketplace=marketplace, now=now)
    shared = {"marketplace": marketplace, "has_buy_box": buybox, "fetched_at": now}
    rows = [
        KeepaProduct(
            asin=asin,
            title=(snapshot.title or "")[:LONGEST_TITLE],
            facts={"facts": facts_to_json(facts_of(snapshot, now=now)), "card": card_of(snapshot)},
            finder_values=finder_values(snapshot),
            history=history_of(snapshot),
            rank_spark=rank_points(snapshot.series.get("SALES", ()), until=now),
            tokens_spent=tokens_each,
            **shared,
        )
        for asin, snapshot in answer.snapshots.items()
        if asin not in known
    ]
    unknown = {"facts": {}, "finder_values": {}, "history": {}, "is_usable": False}
    rows += [
        KeepaProduct(asin=asin, **unknown, **shared) for asin in answer.missing if asin not in known
    ]
    rows = _written(sorted(rows, key=lambda row: row.asin))
    learn_categories(
        (snapshot.category_tree for snapshot in answer.snapshots.values()), marketplace=marketplace
    )
    fresh = tuple(
        StoredProduct(
            marketplace,
            row.asin,
            # As stored and read back, so that scoring it again tells the same.
            facts_from_json(row.facts["facts"]),
            row.facts["card"],
            buybox,
            tokens_each,
            now,
        )
        for row in rows
        if row.is_usable
    )
    return (*fresh, *kept)


def _with_fresh_buy_box(
    answer: ProductAnswer, *, marketplace: str, now: datetime
) -> tuple[StoredProduct, ...]:
    known = known_products(
        marketplace=marketplace,
        asins=list(answer.snapshots),
        newer_than=now - settings.SCORING_TTL,
    )
    return tuple(product for product in known.products if product.has_buy_box)


def _mark_gone(asins: Sequence[str], *, marketplace: str, now: datetime) -> set[str]:
    """Note of the products known otherwise that Keepa has nothing on them; returns which."""
    rows = KeepaProduct.objects.filter(marketplace=marketplace, asin__in=asins, is_usable=True)
    known = set(rows.values_list("asin", flat=True))
    for asin in sorted(known):  # in ASIN order, as they are written
        rows.filter(asin=asin).update(gone_at=now)
    return known


def unstored(answer: ProductAnswer, stored: Iterable[StoredProduct]) -> tuple[str, ...]:
    """The products of the answer that are not among the ``stored``."""
    kept = {product.asin for product in stored}
    return tuple(asin for asin in answer.snapshots if asin not in kept)


def _written(rows: list[KeepaProduct]) -> list[KeepaProduct]:
    """The rows that were written: all of them, unless the database refuses one's data."""
    try:
        with transaction.atomic():
            upsert(rows, identity=_IDENTITY)
    except DataError as error:
        if len(rows) > 1:
            return [row for each in rows for row in _written([each])]
        logger.warning("%s could not be stored: %s", rows[0].asin, error)
        return []
    return rows


def _product(marketplace: str, asin: str, text: str, *others: Any) -> StoredProduct:
    stored = _FACTS.validate_json(text)
    return StoredProduct(marketplace, asin, stored.facts, stored.card, *others)
