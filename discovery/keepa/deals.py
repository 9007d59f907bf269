"""Deals, as Keepa's ``/deal`` lists them: products whose price has changed lately, one row each.

A row is a summary: today's values, their means, since when; prices without shipping. Sources: the
vendor's classes ``DealRequest`` and ``Deal``. What is documented in two ways is read in both.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from discovery.keepa.answers import Unreadable
from discovery.keepa.csv_types import CSV_TYPES, Kind
from discovery.keepa.decode import asin_of, clean_text, image_of
from discovery.keepa.marketplaces import Marketplace
from discovery.keepa.raw_fields import (
    Raw,
    Undecodable,
    integers,
    items,
    moment,
    positive,
    text,
)

logger = logging.getLogger(__name__)

DEALS_A_PAGE = 150
LEAST_DROP = 10  # percent; Keepa lists none below
# The series deals can be asked about here: prices of offers that can be bought.
DEAL_PRICE_TYPES = (
    "AMAZON",
    "NEW",
    "NEW_FBA",
    "NEW_FBM_SHIPPING",
    "BUY_BOX_SHIPPING",
    "WAREHOUSE",
    "USED",
)
DAY, WEEK, MONTH, NINETY_DAYS = RANGES = range(4)
OPEN_END = 2**31 - 1  # Keepa's integers have 32 bits
_INDEX = {csv_type.name: csv_type.index for csv_type in CSV_TYPES}
_PRICES = tuple(csv_type for csv_type in CSV_TYPES if csv_type.kind is Kind.PRICE)
_RANK = _INDEX["SALES"]
_BY_PERCENT = 4
_MONEY = ("current", "avg30", "avg90")
_MOMENTS = ("found_at", "last_update")


@dataclass(frozen=True, slots=True, kw_only=True)
class DealQuery:
    """Which deals are asked for: a price that fell by ``drop_percent`` within ``range``.

    ``range``: 0 day, 1 week, 2 month, 3 90 days. Prices are of ``price_type``, in the
    marketplace's currency; categories are Keepa's ids. ``no_amazon``: Amazon offers none.

    Raises ``ValueError`` for what Keepa cannot be asked.
    """

    price_type: str = "AMAZON"
    drop_percent: int = 20
    range: int = WEEK
    bsr_max: int | None = None
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    categories: tuple[int, ...] = ()
    no_amazon: bool = False

    def __post_init__(self) -> None:
        if self.price_type not in DEAL_PRICE_TYPES or self.range not in RANGES:
            raise ValueError("price_type, range")
        if not LEAST_DROP <= self.drop_percent <= 100:
            raise ValueError("drop_percent")

    def to_body(self, market: Marketplace, *, page: int = 0) -> dict[str, Any]:
        """The request as Keepa takes it, the largest drop in percent first."""
        body: dict[str, Any] = {
            "page": page,
            "domainId": market.domain_id,
            "priceTypes": [_INDEX[self.price_type]],
            "dateRange": self.range,
            "isRangeEnabled": True,
            "deltaPercentRange": [self.drop_percent, 100],
            "isFilterEnabled": True,
            "filterErotic": True,
            "sortType": _BY_PERCENT,
        }
        if self.price_min is not None or self.price_max is not None:
            low, high = self.price_min, self.price_max
            body["currentRange"] = [
                1 if low is None else market.minor(low),
                OPEN_END if high is None else market.minor(high),
            ]
        if self.bsr_max is not None:
            body["salesRankRange"] = [1, self.bsr_max]
        if self.categories:
            body["includeCategories"] = list(self.categories)
        if self.no_amazon:
            body["mustNotHaveAmazonOffer"] = True
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class DealRow:
    """One product of ``/deal``: prices by series, in the marketplace's currency, without shipping.

    ``avg30`` and ``avg90`` are time-weighted means, ``drop_percent`` by how much each price is
    below its mean of the range asked about (below zero: above it), ``since`` how long it stands. A
    series that is absent is unknown or has no offer, a root category or rank of ``None`` unknown.
    """

    asin: str
    title: str | None
    current: Mapping[str, Decimal]
    avg30: Mapping[str, Decimal]
    avg90: Mapping[str, Decimal]
    drop_percent: Mapping[str, int]
    since: Mapping[str, datetime]
    rank: int | None
    rank_avg90: int | None
    root_category: int | None
    categories: tuple[int, ...]
    image: str | None
    found_at: datetime | None
    last_update: datetime | None

    def as_json(self) -> dict[str, Any]:
        """The row as JSON values, which ``from_json`` reads."""
        row = asdict(self)
        for name in _MONEY:
            row[name] = {series: str(price) for series, price in row[name].items()}
        row["since"] = {series: at.isoformat() for series, at in self.since.items()}
        for name in _MOMENTS:
            row[name] = row[name].isoformat() if row[name] else None
        return row

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> DealRow:
        """The row of which ``as_json`` has told."""
        row = dict(kept)
        for name in _MONEY:
            row[name] = {series: Decimal(price) for series, price in row[name].items()}
        row["since"] = {name: datetime.fromisoformat(at) for name, at in row["since"].items()}
        for name in _MOMENTS:
            row[name] = datetime.fromisoformat(row[name]) if row[name] else None
        row["categories"] = tuple(row["categories"])
        return cls(**row)


@dataclass(frozen=True, slots=True)
class DealAnswer:
    """The rows of one page, in Keepa's order; ``is_last``: there is no further page."""

    rows: tuple[DealRow, ...]
    tokens_spent: int
    is_last: bool


def read_deals(
    body: Mapping[str, Any], tokens_spent: int, *, marketplace: Marketplace, range_: int
) -> DealAnswer:
    """The rows of an answer; one that cannot be read is left out. Raises ``Unreadable``."""
    deals = body.get("deals")
    if deals is None and body.get("tokensConsumed") is not None:
        deals = {"dr": []}  # none, and charged
    listed = deals.get("dr") if isinstance(deals, Mapping) else None
    if not isinstance(listed, list):
        raise Unreadable("deals")
    rows: dict[str, DealRow] = {}
    broken = 0
    for raw in listed:
        try:
            row = _row(raw, marketplace, range_)
        except Undecodable:
            broken += raw is not None
            continue
        rows.setdefault(row.asin, row)
    if broken:
        logger.warning("%d of %d deals could not be read", broken, len(listed))
        if not rows:
            raise Unreadable("deals")
    return DealAnswer(tuple(rows.values()), tokens_spent, is_last=len(listed) < DEALS_A_PAGE)


def _row(raw: Any, market: Marketplace, range_: int) -> DealRow:
    asin = asin_of(raw)
    current = items(raw, "current")
    means = _by_interval(raw, "avg")
    since = items(raw, "currentSince")
    return DealRow(
        asin=asin,
        title=clean_text(text(raw, "title")),
        current=_prices(current, market),
        avg30=_prices(means[MONTH], market),
        avg90=_prices(means[NINETY_DAYS], market),
        drop_percent=_drops(_prices(current, market), _prices(means[range_], market)),
        since={
            csv_type.name: at
            for csv_type in _PRICES
            if (at := _moment(_at(since, csv_type.index))) is not None
        },
        rank=_positive(_at(current, _RANK)),
        rank_avg90=_positive(_at(means[NINETY_DAYS], _RANK)),
        root_category=positive(raw, "rootCat"),
        categories=tuple(number for number in integers(raw, "categories") if number > 0),
        image=image_of(_letters(raw)),
        found_at=moment(raw, "creationDate"),
        last_update=moment(raw, "lastUpdate"),
    )


def _by_interval(raw: Raw, key: str) -> list[Sequence[Any]]:
    """A table of the day, the week, the month and 90 days, each by index of ``csv``.

    The vendor's text says of it both that the interval comes first and that the series does: the
    side with four entries is that of the intervals.
    """
    table = [row if isinstance(row, list) else () for row in items(raw, key)]
    if len(table) == len(RANGES) and any(len(row) > len(RANGES) for row in table):
        return list(table)
    return [[_at(row, interval) for row in table] for interval in RANGES]


def _at(values: Sequence[Any], index: int) -> Any:
    return values[index] if index < len(values) else None


def _prices(values: Sequence[Any], market: Marketplace) -> dict[str, Decimal]:
    return {
        csv_type.name: market.decimal(price)
        for csv_type in _PRICES
        if (price := _positive(_at(values, csv_type.index))) is not None
    }


def _drops(current: Mapping[str, Decimal], means: Mapping[str, Decimal]) -> dict[str, int]:
    """By how much each price is below its mean: Keepa's own figure has a sign of its own."""
    return {
        name: round((1 - price / means[name]) * 100)
        for name, price in current.items()
        if name in means
    }


def _positive(value: Any) -> int | None:
    return positive({"value": value}, "value")


def _moment(value: Any) -> datetime | None:
    return moment({"value": value}, "value")


def _letters(raw: Raw) -> str:
    """The name of the picture, which comes as the codes of its letters."""
    name = raw.get("image")
    if isinstance(name, str):
        return name
    codes = integers(raw, "image")
    return "".join(map(chr, codes)) if all(31 < code < 127 for code in codes) else ""
