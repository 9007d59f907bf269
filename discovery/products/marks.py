"""The two marks a user gives products, favourite and ignored: one or thousands, and back again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from django.contrib.auth.models import AbstractBaseUser
from django.core import serializers, signing
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q, QuerySet

from discovery.models import Favourite, ProductDecision
from discovery.rows import write_back

UNDO_FOR = timedelta(hours=1)
SALT = "discovery.products.marks"
BATCH = 1000

Product: TypeAlias = tuple[str, str]  # marketplace, ASIN
Marked: TypeAlias = Favourite | ProductDecision


class Mark(StrEnum):
    """What a product is marked as; it may be both."""

    FAVOURITE = "favourite"
    IGNORED = "ignored"


class ToTheMicrosecond(DjangoJSONEncoder):
    """Django's own cuts times to milliseconds, which would reorder what was marked at once."""

    def default(self, o: Any) -> Any:
        """A value JSON knows, for one it does not."""
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


class TooLateToUndo(Exception):
    """The token is older than ``UNDO_FOR``, not one of ours, or somebody else's."""


@dataclass(frozen=True, slots=True)
class MarkChange:
    """What an action changed: ``rows`` were written where the mark was given, else removed.

    Products that had the mark already, or never had it, are none of them.
    """

    mark: Mark
    is_given: bool
    rows: Sequence[Marked]

    @property
    def products(self) -> list[Product]:
        """Those whose mark changed, each once."""
        return list(dict.fromkeys((row.marketplace, row.asin) for row in self.rows))


def mark_products(
    *, user: AbstractBaseUser, products: Iterable[Product], mark: Mark, is_given: bool
) -> MarkChange:
    """Give these products the mark, or take it from them, in as many statements as for one.

    A product that is no longer ignored loses the lines of the log that say so.
    """
    asked = list(dict.fromkeys(products))
    before = list(_rows_of(user, asked, mark)) if asked else []
    if not is_given:
        if before:
            # Not one by one: what refers to a line of the log are purchases, and none to these.
            marked = _all_of(mark).filter(pk__in=[row.pk for row in before])
            marked._raw_delete(marked.db)
        return MarkChange(mark, is_given, before)
    known = {(row.marketplace, row.asin) for row in before}
    rows = [_new_row(user, product, mark) for product in asked if product not in known]
    if rows:
        _all_of(mark).bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
    return MarkChange(mark, is_given, rows)


def favourites_of(*, user: AbstractBaseUser) -> list[Product]:
    """All that the user keeps an eye on, newest first."""
    mine = Favourite.objects.filter(user_id=user.pk)
    return [(marketplace, asin) for marketplace, asin in mine.values_list("marketplace", "asin")]


def ignored_among(*, user: AbstractBaseUser, products: Iterable[Product]) -> frozenset[Product]:
    """Those of these products that the user ignores, in one statement."""
    asked = list(products)
    if not asked:
        return frozenset()
    rows = _rows_of(user, asked, Mark.IGNORED)
    return frozenset(rows.values_list("marketplace", "asin"))


def favourites_among(*, user: AbstractBaseUser, products: Iterable[Product]) -> frozenset[Product]:
    """Those of these products that the user keeps an eye on, in one statement."""
    asked = list(products)
    if not asked:
        return frozenset()
    rows = _rows_of(user, asked, Mark.FAVOURITE)
    return frozenset(rows.values_list("marketplace", "asin"))


def undo_token(*, user: AbstractBaseUser, change: MarkChange) -> str:
    """What takes the change back, for its user and for ``UNDO_FOR``; empty where nothing changed.

    It holds what was changed: nothing of it is stored with us.
    """
    if not change.rows:
        return ""
    # What was given is known by its product, what was removed comes back as it was.
    fields = ("marketplace", "asin") if change.is_given else None
    told = {
        "user": user.pk,
        "mark": change.mark.value,
        "given": change.is_given,
        "rows": serializers.serialize("json", change.rows, fields=fields, cls=ToTheMicrosecond),
    }
    return signing.dumps(told, salt=SALT, compress=True)


def undo(*, user: AbstractBaseUser, token: str) -> MarkChange:
    """Take back what the token tells of; doing so twice changes nothing more.

    Raises ``TooLateToUndo``.
    """
    try:
        told = signing.loads(token, salt=SALT, max_age=UNDO_FOR)
    except signing.BadSignature:  # one that is too old is one too
        raise TooLateToUndo from None
    if told["user"] != user.pk:
        raise TooLateToUndo
    mark = Mark(told["mark"])
    rows: list[Any] = [stored.object for stored in serializers.deserialize("json", told["rows"])]
    if told["given"]:
        products = [(row.marketplace, row.asin) for row in rows]
        return mark_products(user=user, products=products, mark=mark, is_given=False)
    return MarkChange(mark, is_given=True, rows=_brought_back(rows, mark))


def _brought_back(rows: list[Marked], mark: Mark) -> list[Marked]:
    """Under the same keys, and as old as they were: a favourite keeps its place among the others.

    A product that was marked anew meanwhile keeps what it has.
    """
    ages = {row.pk: row.created_at for row in rows}
    with transaction.atomic():
        _all_of(mark).bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
        for row in rows:
            row.created_at = ages[row.pk]  # bulk_create makes every row new
        write_back(rows, ["created_at"])
    return rows


def _new_row(user: AbstractBaseUser, product: Product, mark: Mark) -> Marked:
    marketplace, asin = product
    if mark == Mark.FAVOURITE:
        return Favourite(user_id=user.pk, marketplace=marketplace, asin=asin)
    kind = ProductDecision.Kind.IGNORED
    return ProductDecision(user_id=user.pk, marketplace=marketplace, asin=asin, kind=kind)


def _all_of(mark: Mark) -> QuerySet[Any]:
    if mark == Mark.FAVOURITE:
        return Favourite.objects.all()
    return ProductDecision.objects.filter(kind=ProductDecision.Kind.IGNORED)


def _rows_of(user: AbstractBaseUser, products: Iterable[Product], mark: Mark) -> QuerySet[Any]:
    by_marketplace: dict[str, list[str]] = {}
    for marketplace, asin in products:
        by_marketplace.setdefault(marketplace, []).append(asin)
    asked = Q()
    for marketplace, asins in by_marketplace.items():
        asked |= Q(marketplace=marketplace, asin__in=asins)
    return _all_of(mark).filter(asked, user_id=user.pk)
