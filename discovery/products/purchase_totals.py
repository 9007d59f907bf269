"""What purchases came to, and what each month earned: by currency, never added across."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import TruncMonth

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import Sale
from discovery.products.purchase_queries import MONEY, SUMS, ZERO, Narrowing, narrowed


@dataclass(frozen=True, slots=True)
class Totals:
    """What purchases in one currency came to; ``untold`` as in ``ShownPurchase``."""

    currency: str
    bought: int = 0
    sold: int = 0
    invested: Decimal = ZERO
    revenue: Decimal = ZERO
    profit: Decimal = ZERO
    stock: Decimal = ZERO
    expected: Decimal = ZERO
    untold: int = 0


@dataclass(frozen=True, slots=True)
class Month:
    """What the sales of a month earned."""

    first: date
    profit: Decimal


def totals_of(*, owner: AbstractBaseUser, narrowing: Narrowing) -> tuple[Totals, ...]:
    """What the purchases that are looked at came to, one for each currency, in two statements."""
    found = narrowed(owner, narrowing)
    bought: Iterable[Any] = (
        found.values("marketplace")
        .order_by()
        .annotate(
            units=Sum("quantity"),
            cost=Sum("invested"),
            stock=Sum("tied_up"),
            awaited=Sum(F("expected_profit") * F("left"), output_field=MONEY),
        )
    )
    sums: dict[str, dict[str, Any]] = {}
    for row in bought:
        mine = sums.setdefault(MARKETPLACES[row["marketplace"]].currency, {})
        for name, value in (
            ("bought", row["units"]),
            ("invested", row["cost"]),
            ("stock", row["stock"]),
            ("expected", row["awaited"] or ZERO),
        ):
            mine[name] = mine.get(name, 0) + value
    sold: Iterable[Any] = _sales(found).values("purchase__marketplace").order_by().annotate(**SUMS)
    for row in sold:
        mine = sums[MARKETPLACES[row["purchase__marketplace"]].currency]
        for name, value in (
            ("sold", row["units"]),
            ("revenue", row["turnover"]),
            ("profit", row["earned"] or ZERO),
            ("untold", row["unknown"] or 0),
        ):
            mine[name] = mine.get(name, 0) + value
    return tuple(Totals(currency, **sums[currency]) for currency in sorted(sums, key=_euros_first))


def months_of(*, owner: AbstractBaseUser, narrowing: Narrowing) -> Mapping[str, tuple[Month, ...]]:
    """Currency -> the months in which something was sold, the first one first."""
    rows: Iterable[Any] = (
        _sales(narrowed(owner, narrowing))
        .filter(received__isnull=False)
        .annotate(month=TruncMonth("sold_on"))
        .values("month", "purchase__marketplace")
        .order_by("month")
        .annotate(earned=SUMS["earned"])
    )
    earned: dict[str, dict[date, Decimal]] = {}
    for row in rows:
        months = earned.setdefault(MARKETPLACES[row["purchase__marketplace"]].currency, {})
        months[row["month"]] = months.get(row["month"], ZERO) + row["earned"]
    return {
        currency: tuple(Month(first, profit) for first, profit in earned[currency].items())
        for currency in sorted(earned, key=_euros_first)
    }


def _euros_first(currency: str) -> tuple[bool, str]:
    return currency != "EUR", currency


def _sales(purchases: QuerySet[Any]) -> QuerySet[Sale]:
    return Sale.objects.filter(purchase__in=purchases.order_by().values("pk"))
